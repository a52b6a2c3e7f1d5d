/** Formats a number of bytes: `834.4 MB`, `3.37 GB`. */
export function formatBytes(bytes: number): string {
  return formatScaled(bytes, [' bytes', ' kB', ' MB', ' GB', ' TB']);
}

/** Formats a number with the largest fitting unit; each unit is 1000 times the previous one. */
export function formatScaled(count: number, units: readonly string[]): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(count, 1)) / 3));
  const value = count / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 2 : 1)}${units[power]}`;
}
