import * as v from 'valibot';
import type { CacheStore } from './cache-store.js';

const schema = v.object({
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  validator: v.string(),
  sha256: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
  commit: v.optional(v.string()),
});

/** The version of a file that a cache holds, as its server described it. */
export interface CacheRecord {
  readonly size: number;
  readonly validator: string;
  readonly sha256: string | undefined;
  readonly commit: string | undefined;
}

const FILE = 'version.json';

/**
 * The cached version of a file.
 *
 * @param slot key of the file in the cache
 * @returns    undefined if the file is not cached, or its record is damaged
 */
export async function readRecord(store: CacheStore, slot: string): Promise<CacheRecord | undefined> {
  const bytes = await store.get(`${slot}/${FILE}`);
  if (!bytes) return undefined;
  try {
    const { size, validator, sha256, commit } = v.parse(schema, JSON.parse(new TextDecoder().decode(bytes)));
    return { size, validator, sha256, commit };
  } catch {
    return undefined;
  }
}

/** Records which version is cached. @throws OutputError if it cannot be written */
export async function writeRecord(store: CacheStore, slot: string, record: CacheRecord): Promise<void> {
  await store.put(`${slot}/${FILE}`, new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`));
}
