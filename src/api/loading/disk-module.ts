/** The module that uses files on disk; undefined in browsers, where bundlers put nothing in its place, and others cannot resolve it. */
export async function diskModule(): Promise<typeof import('./disk.js') | undefined> {
  if (globalThis.process?.versions?.node === undefined) return undefined;
  const disk: Partial<typeof import('./disk.js')> = await import('./disk.js');
  return disk.fromDisk && (disk as typeof import('./disk.js'));
}
