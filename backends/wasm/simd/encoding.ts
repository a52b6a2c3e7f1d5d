/** How numbers are written in WebAssembly. */

/** A whole number from 0, seven bits a byte. */
export function leb(value: number): number[] {
  const low = value & 0x7f;
  return value < 128 ? [low] : [low | 0x80, ...leb(value >>> 7)];
}

/** A whole number of either sign, seven bits a byte. */
export function signedLeb(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const done = (rest === 0 && low < 64) || (rest === -1 && low >= 64);
  return done ? [low] : [low | 0x80, ...signedLeb(rest)];
}

/** A single number. */
export function float(value: number): readonly number[] {
  return [...new Uint8Array(new Float32Array([value]).buffer)];
}
