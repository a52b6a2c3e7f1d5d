/**
 * A cached block and its checksum in one entry. A block that is truncated, changed, filled with zeros or stored under another
 * key fails the check and is fetched again.
 *
 * The checksum is the SHA-256 of the block's bytes and its label; it guards against accidents, not against an attacker who can
 * write the cache. `crypto.subtle` computes it outside the JavaScript thread, in browsers and in Node.
 */

/** Bytes of a label, and of a checksum. */
const DIGEST_BYTES = 32;

/**
 * Seals a block.
 *
 * @param label of the block, different for every block of every version of every file
 * @returns     the block's bytes and the checksum
 */
export async function seal(bytes: Uint8Array, label: string): Promise<Uint8Array> {
  const sealed = new Uint8Array(bytes.length + DIGEST_BYTES);
  sealed.set(bytes);
  sealed.set(labelBytes(label), bytes.length);
  sealed.set(await sha256(sealed), bytes.length);
  return sealed;
}

/**
 * The bytes of a sealed block; undefined if the checksum does not match.
 *
 * @param sealed is written to: the result shares its memory
 * @param length bytes that the block must have
 */
export async function unseal(sealed: Uint8Array, label: string, length: number): Promise<Uint8Array | undefined> {
  if (sealed.length !== length + DIGEST_BYTES) return undefined;
  const expected = new Uint8Array(sealed.subarray(length)); // not slice(): on Node's Buffer that shares memory
  sealed.set(labelBytes(label), length);
  const actual = await sha256(sealed);
  return actual.every((byte, i) => byte === expected[i]) ? sealed.subarray(0, length) : undefined;
}

function labelBytes(label: string): Uint8Array {
  return new TextEncoder().encode(label.padStart(DIGEST_BYTES, '0')).subarray(-DIGEST_BYTES);
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
}
