/** Partly given inputs: pictures with a mask, texts with masked spans. */
import { InvalidInputError } from '../../errors.js';
import { decodeImage } from '../../media/decode.js';
import type { Raster } from '../../media/raster.js';
import { cropToSquare } from '../../media/resize.js';
import type { HostInput, Input, PartialImage } from '../types/inputs.js';

/** Marker of a masked span in a text. */
const GAP = /\[S_\d+\]/;

/** Whether an input is a picture with a mask. */
function isPartialImage(input: HostInput): input is PartialImage {
  return typeof input === 'object' && input !== null && 'known' in input;
}

/** Whether a part of an input is masked, so that it can be generated. */
export function isPartial(input: HostInput): boolean {
  return typeof input === 'string' ? GAP.test(input) : isPartialImage(input);
}

/** The picture of an input that may be partly given. */
export function imageOf<T extends Input>(input: T): Exclude<T, PartialImage> | Uint8Array | Raster {
  return isPartialImage(input) ? input.image : (input as Exclude<T, PartialImage>);
}

/**
 * Which patches of pictures are given: those whose pixels are all given. Pictures and masks are cropped to centred squares.
 *
 * @param grid [h, w]
 * @returns    for each picture 1 for given patches, [h·w]; undefined if all pictures are given completely
 * @throws InvalidInputError for a mask of another size than its picture
 */
export function knownPatches(inputs: readonly Input[], grid: readonly [number, number]): Uint8Array[] | undefined {
  if (!inputs.some(isPartialImage)) return undefined;
  return inputs.map((input) =>
    isPartialImage(input) ? patchesOf(input, grid) : new Uint8Array(grid[0] * grid[1]).fill(1),
  );
}

function patchesOf(input: PartialImage, [h, w]: readonly [number, number]): Uint8Array {
  const [image, known] = [input.image, input.known].map((x) => (x instanceof Uint8Array ? decodeImage(x) : x));
  if (image!.width !== known!.width || image!.height !== known!.height) {
    throw new InvalidInputError(
      `what is known of a picture of ${image!.width} × ${image!.height} pixels has ${known!.width} × ${known!.height}`,
    );
  }
  const { width: side, channels, data } = cropToSquare(known!);
  const patches = new Uint8Array(h * w).fill(1);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (data[(y * side + x) * channels]) continue;
      patches[Math.floor((y * h) / side) * w + Math.floor((x * w) / side)] = 0;
    }
  }
  return patches;
}
