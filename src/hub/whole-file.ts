import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { CacheStore } from './cache-store.js';
import { seal, unseal } from './sealed-block.js';

/** A stored file. */
interface Kept {
  readonly bytes: Uint8Array;
  /** Name and value of the header of a conditional request. */
  readonly condition: readonly [name: string, value: string];
}

/**
 * Fetches a whole file and stores it. A stored file is downloaded again only if the server has another version; if the server
 * cannot be reached, the stored version is used.
 *
 * @param store  nothing is stored if absent
 * @param accept checks a response before it is stored, and throws if it is not the file
 */
export async function fetchWhole(
  address: URL,
  store: CacheStore | undefined,
  accept: (response: Response, bytes: Uint8Array<ArrayBuffer>) => void,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): Promise<Uint8Array<ArrayBuffer>> {
  const slot = `whole/${bytesToHex(sha256(utf8ToBytes(address.href))).slice(0, 32)}`;
  const kept = store && (await readKept(store, slot));
  try {
    const response = await fetch(address, kept ? { headers: [[...kept.condition]] } : {});
    if (response.status === 304 && kept) return copy(kept.bytes);
    const bytes = new Uint8Array(await response.arrayBuffer());
    accept(response, bytes);
    if (store) await keep(store, slot, bytes, conditionOf(response));
    return bytes;
  } catch (cause) {
    // Thrown by `fetch` if the server cannot be reached, or is of another origin and does not allow the conditional request.
    if (kept && cause instanceof TypeError) return copy(kept.bytes);
    throw cause;
  }
}

function conditionOf({ headers }: Response): Kept['condition'] | undefined {
  const [etag, date] = [headers.get('etag'), headers.get('last-modified')];
  if (etag !== null) return ['if-none-match', etag];
  return date === null ? undefined : ['if-modified-since', date];
}

async function keep(
  store: CacheStore,
  slot: string,
  bytes: Uint8Array,
  condition: Kept['condition'] | undefined,
): Promise<void> {
  if (!condition) return;
  const text = JSON.stringify([condition, bytes.length]);
  await store.put(`${slot}/file`, await seal(bytes, labelOf(text)));
  await store.put(`${slot}/version.json`, utf8ToBytes(text));
}

async function readKept(store: CacheStore, slot: string): Promise<Kept | undefined> {
  const [version, sealed] = [await store.get(`${slot}/version.json`), await store.get(`${slot}/file`)];
  if (!version || !sealed) return undefined;
  const text = new TextDecoder().decode(version);
  try {
    const [condition, length] = JSON.parse(text) as [Kept['condition'], number];
    const bytes = await unseal(sealed, labelOf(text), length);
    return bytes && { bytes, condition };
  } catch {
    return undefined;
  }
}

/** Label for sealing a file, different for every version. */
function labelOf(version: string): string {
  return bytesToHex(sha256(utf8ToBytes(version))).slice(0, 32);
}

function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
