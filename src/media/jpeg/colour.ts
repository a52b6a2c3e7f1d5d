/** Rows of components to rows of RGB, with the integer arithmetic of libjpeg (`jdcolor`) and of Pillow. */

/** Meaning of the components. */
export type ColourSpace = 'grey' | 'rgb' | 'ycc' | 'cmyk' | 'ycck';

/** Fixed-point factors with 16 fractional bits (JFIF: the colour space of ITU-R BT.601). */
const FACTOR = { crToRed: 91881, cbToBlue: 116130, crToGreen: -46802, cbToGreen: -22554 };
const HALF = 1 << 15;

/**
 * @param isInverted  CMYK only: whether 255 stands for no ink, as Adobe's programs store it
 * @param rows        a row of each component; those of `ycck` and `ycc` are changed
 * @param data        where the pixels go, from `to` on: one channel for grey, else three
 */
export function writeColours(
  space: ColourSpace,
  isInverted: boolean,
  rows: readonly Uint8ClampedArray[],
  width: number,
  data: Uint8Array,
  to: number,
): void {
  if (space === 'grey') {
    data.set(rows[0]!.subarray(0, width), to);
    return;
  }
  const [first, second, third, black] = rows as [
    Uint8ClampedArray,
    Uint8ClampedArray,
    Uint8ClampedArray,
    Uint8ClampedArray | undefined,
  ];
  if (space === 'ycc' || space === 'ycck') toRgb(first, second, third, width);
  if (black === undefined) {
    for (let x = 0, at = to; x < width; x++, at += 3) {
      data[at] = first[x]!;
      data[at + 1] = second[x]!;
      data[at + 2] = third[x]!;
    }
    return;
  }
  const complement = inkComplement(space, isInverted);
  for (let x = 0, at = to; x < width; x++, at += 3) {
    const light = isInverted ? black[x]! : 255 - black[x]!;
    data[at] = light - product(complement ^ first[x]!, light);
    data[at + 1] = light - product(complement ^ second[x]!, light);
    data[at + 2] = light - product(complement ^ third[x]!, light);
  }
}

/**
 * The inks of a row: cyan, magenta, yellow and black, 0 = none.
 *
 * @param rows as in {@link writeColours}, four of them
 * @param data where the pixels go, from `to` on: four channels
 */
export function writeInks(
  space: 'cmyk' | 'ycck',
  isInverted: boolean,
  rows: readonly Uint8ClampedArray[],
  width: number,
  data: Uint8Array,
  to: number,
): void {
  if (space === 'ycck') toRgb(rows[0]!, rows[1]!, rows[2]!, width);
  const complement = inkComplement(space, isInverted);
  const black = isInverted ? 255 : 0;
  for (let x = 0, at = to; x < width; x++, at += 4) {
    for (let c = 0; c < 3; c++) data[at + c] = complement ^ rows[c]![x]!;
    data[at + 3] = black ^ rows[3]![x]!;
  }
}

/** XOR mask for cyan, magenta and yellow, so that 0 is no ink: YCCK stores their complements. */
function inkComplement(space: ColourSpace, isInverted: boolean): 0 | 255 {
  return (space === 'ycck') === isInverted ? 0 : 255;
}

/** a · b / 255, rounded. */
function product(a: number, b: number): number {
  const scaled = a * b + 128;
  return ((scaled >> 8) + scaled) >> 8;
}

/** Luma and chroma become red, green and blue, in place. */
function toRgb(luma: Uint8ClampedArray, blue: Uint8ClampedArray, red: Uint8ClampedArray, width: number): void {
  for (let x = 0; x < width; x++) {
    const [y, cb, cr] = [luma[x]!, blue[x]! - 128, red[x]! - 128];
    luma[x] = y + ((FACTOR.crToRed * cr + HALF) >> 16);
    blue[x] = y + ((FACTOR.cbToGreen * cb + FACTOR.crToGreen * cr + HALF) >> 16);
    red[x] = y + ((FACTOR.cbToBlue * cb + HALF) >> 16);
  }
}
