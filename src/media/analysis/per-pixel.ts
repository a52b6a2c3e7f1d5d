/** Three numbers: a colour in any colour space. */
export type Triple = readonly [number, number, number];

/** Converts every pixel of three channels. [h · w · 3] to [h · w · 3] */
export function perPixel<T extends Uint8Array | Float64Array>(
  values: ArrayLike<number>,
  result: T,
  convert: (first: number, second: number, third: number) => Triple,
): T {
  for (let i = 0; i < values.length; i += 3) result.set(convert(values[i]!, values[i + 1]!, values[i + 2]!), i);
  return result;
}
