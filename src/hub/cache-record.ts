/** What a cache knows of a file. Node only: nothing that runs in a browser may import this. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { readFile } from '../io/read-file.js';
import { writeFileAtomic } from '../io/write-file.js';
import { writing } from './cache-folder.js';

const schema = v.object({
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  validator: v.string(),
  sha256: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
  commit: v.optional(v.string()),
  // Whether all of it was there once, and its checksum was right.
  checked: v.boolean(),
});

/** What the server said of the version that is cached. */
export interface CacheRecord {
  readonly size: number;
  readonly validator: string;
  readonly sha256: string | undefined;
  readonly commit: string | undefined;
  readonly checked: boolean;
}

const FILE = 'about.json';

/** @returns undefined if the file is not cached, or its record cannot be read */
export async function readRecord(folder: string): Promise<CacheRecord | undefined> {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(await readFile(join(folder, FILE))));
    const { sha256, commit, ...rest } = v.parse(schema, json);
    return { ...rest, sha256, commit };
  } catch {
    return undefined;
  }
}

/** @throws OutputError if it cannot be written */
export async function writeRecord(folder: string, record: CacheRecord): Promise<void> {
  await writing(folder, () => mkdir(folder, { recursive: true }));
  await writeFileAtomic(join(folder, FILE), `${JSON.stringify(record, null, 2)}\n`);
}
