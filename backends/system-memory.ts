/**
 * Memory available to this process, in bytes; undefined if unknown. macOS counts its file cache as used, so its number is not
 * usable.
 */
export function freeSystemMemory(): number | undefined {
  if (typeof process === 'undefined' || process.versions?.node === undefined || process.platform === 'darwin') {
    return undefined;
  }
  try {
    return process.availableMemory?.();
  } catch {
    return undefined; // Deno needs its permission `sys` for this.
  }
}
