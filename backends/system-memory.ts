/**
 * Memory that the system can still give to this process, in bytes; undefined if unknown. macOS counts memory that holds
 * nothing but copies of files as taken, so that next to nothing would ever be free there.
 */
export function freeSystemMemory(): number | undefined {
  if (typeof process === 'undefined' || process.versions?.node === undefined || process.platform === 'darwin') {
    return undefined;
  }
  try {
    return process.availableMemory?.();
  } catch {
    return undefined; // Deno does not say without its permission `sys`.
  }
}
