import type { Input } from '../api/types/inputs.js';
import { InvalidInputError } from '../errors.js';
import { decodeImageAsync } from '../media/decode.js';
import type { Raster, RgbImage } from '../media/raster.js';
import { padToSquare, resize } from '../media/resize.js';
import type { Fit } from './options.js';
import { note, type Terminal } from './terminal.js';

/** More pixels a side than any model reads. Larger pictures are scaled down before they are padded or stretched. */
const MAX_SIDE = 2048;

/**
 * Makes the picture among the inputs square, and notes how if that changes it. Other inputs are not changed: the model crops
 * maps that are not square.
 *
 * @throws InvalidInputError for `contain` and `stretch` if a map is not square, which would no longer match the picture
 */
export async function fitInputs(
  inputs: Readonly<Record<string, Input>>,
  fit: Fit,
  terminal: Terminal,
): Promise<Record<string, Input>> {
  const fitted = { ...inputs };
  for (const [name, input] of Object.entries(inputs)) {
    const raster = await rasterOf(input, terminal);
    if (!raster || raster.width === raster.height) continue;
    const size = `'${name}' has ${raster.width} × ${raster.height} pixels`;
    if (fit === 'crop') {
      const side = Math.min(raster.width, raster.height);
      note(terminal, `${size}: only the middle ${side} × ${side} are used (see --fit)`);
    } else if (raster !== input || !/^rgb(@|$)/.test(name)) {
      throw new InvalidInputError(`--fit ${fit} changes the picture only, and ${size}: make it square`);
    } else {
      fitted[name] = fit === 'contain' ? contain(raster) : stretch(raster);
      note(terminal, fit === 'contain' ? `${size}: padded with black to a square` : `${size}: stretched to a square`);
    }
  }
  return fitted;
}

/** A picture or a map; undefined for everything else. */
async function rasterOf(input: Input, terminal: Terminal): Promise<Raster | undefined> {
  if (input instanceof Uint8Array) return decodeImageAsync(input, terminal.signal);
  return typeof input === 'object' && 'width' in input && 'data' in input ? (input as Raster) : undefined;
}

function contain(image: Raster): RgbImage {
  const { width, height } = image;
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
  const side = (length: number) => Math.max(1, Math.round(scale * length));
  const scaled = scale < 1 ? resize(image, side(width), side(height), 'bicubic') : image;
  return padToSquare(scaled) as RgbImage;
}

function stretch(image: Raster): RgbImage {
  const side = Math.min(MAX_SIDE, Math.max(image.width, image.height));
  return resize(image, side, side, 'bicubic') as RgbImage;
}
