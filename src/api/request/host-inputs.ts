import { InvalidInputError, throwIfCancelled } from '../../errors.js';
import { rgbOver } from '../../media/decode.js';
import type { Raster } from '../../media/raster.js';
import { bytesOf, isBuffer, isTypedArray, ownArray } from '../../typed-arrays.js';
import type { HostInput, HostInputs, Input, Inputs, PageImage, WeightedInputs } from '../types/inputs.js';

/**
 * Converts inputs of pages and programs (files, buffers, pictures in a page, typed arrays of another realm) to the library's
 * own types.
 *
 * @param signal stops downloads
 * @throws InvalidInputError naming the modality, for anything else
 */
export async function ownInputs(inputs: HostInputs, signal?: AbortSignal): Promise<Inputs> {
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) {
    throw new InvalidInputError(`inputs are an object of modalities, such as { rgb: image }, not ${nameOf(inputs)}`);
  }
  const own: Record<string, Input> = {};
  for (const [name, input] of Object.entries(inputs)) own[name] = await ownInput(name, input, signal);
  return own;
}

/** {@link ownInputs} of one modality. @param name in error messages */
export async function ownInput(name: string, input: HostInput, signal?: AbortSignal): Promise<Input> {
  if (input === null || input === undefined) {
    throw new InvalidInputError(
      `'${name}' is ${nameOf(input)}: a modality that is not known is left out of the inputs`,
    );
  }
  if (typeof input !== 'object') return input;
  if (isTypedArray(input, 'Float32Array')) return ownArray(input as unknown as Float32Array);
  if (ArrayBuffer.isView(input)) return bytesOf(input);
  if (isBuffer(input)) return new Uint8Array(input);
  if (Array.isArray(input)) return input.map(ownFields) as Input;
  if (input instanceof URL || Object.prototype.toString.call(input) === '[object URL]')
    return download(name, input as URL, signal);
  if (isBlob(input)) return new Uint8Array(await input.arrayBuffer());
  if ('tokens' in input) return { ...input, tokens: ownArray(input.tokens) } as Input;
  if ('image' in input && 'known' in input) {
    const [image, known] = await Promise.all([
      ownInput(name, input.image, signal),
      ownInput(name, input.known, signal),
    ]);
    return { image, known } as Input;
  }
  if ('data' in input && 'width' in input) return ownRaster(name, input as unknown as Raster);
  return isPageImage(input) ? drawn(name, input) : (input as Input);
}

/** The fields of a list entry, such as a pose, with arrays possibly of another realm. */
function ownFields(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, ownArray(field)]));
}

/**
 * A raster, or the pixels of a canvas (`ImageData`), which have no `channels`.
 *
 * @throws InvalidInputError if the number of values does not match the size
 */
function ownRaster(name: string, { width, height, channels, data }: Raster): Raster {
  const clamped = isTypedArray(data, 'Uint8ClampedArray');
  const values = clamped ? bytesOf(data) : ownArray(data);
  const perPixel = channels ?? (clamped ? 4 : Number.NaN);
  const sides = [width, height, perPixel];
  if (!sides.every((side) => Number.isInteger(side) && side > 0)) {
    throw new InvalidInputError(`'${name}' is a raster of ${width} × ${height} × ${channels}, which are not sizes`);
  }
  if (!ArrayBuffer.isView(values) || values.length !== width * height * perPixel) {
    const found = ArrayBuffer.isView(values) ? `${values.length} values` : nameOf(values);
    const expected = `${width} × ${height} × ${perPixel} = ${width * height * perPixel}`;
    throw new InvalidInputError(`the data of '${name}' are ${found}, not a typed array of ${expected}`);
  }
  const raster = { width, height, channels: perPixel, data: values };
  return values instanceof Uint8Array && perPixel === 4 ? rgbOver(raster as Raster<Uint8Array>) : raster;
}

function isBlob(input: object): input is Blob {
  return 'arrayBuffer' in input && typeof input.arrayBuffer === 'function' && 'size' in input;
}

function isPageImage(input: object): input is PageImage {
  return ('width' in input || 'displayWidth' in input) && ('height' in input || 'displayHeight' in input);
}

/** The pixels of a picture in a page. */
function drawn(name: string, image: PageImage): Raster {
  const side = (...keys: string[]) => keys.map((key) => Number((image as never)[key])).find((size) => size > 0);
  const width = side('naturalWidth', 'videoWidth', 'displayWidth', 'width');
  const height = side('naturalHeight', 'videoHeight', 'displayHeight', 'height');
  if (width === undefined || height === undefined) {
    throw new InvalidInputError(`the picture of '${name}' has no size: it is not loaded yet, or was closed`);
  }
  const context = contextOf(width, height);
  if (!context) throw new InvalidInputError(`'${name}' is a picture of a page, and there is no canvas here to read it`);
  context.drawImage(image as CanvasImageSource, 0, 0, width, height);
  let pixels: ImageData;
  try {
    pixels = context.getImageData(0, 0, width, height);
  } catch {
    throw new InvalidInputError(`the picture of '${name}' is from another origin, which does not let pages read it`);
  }
  return ownRaster(name, pixels as unknown as Raster);
}

function contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D | null {
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(width, height).getContext('2d');
  if (typeof document === 'undefined') return null;
  return Object.assign(document.createElement('canvas'), { width, height }).getContext('2d');
}

/** The bytes at an address (http, https, file, blob, data). */
async function download(name: string, url: URL, signal?: AbortSignal): Promise<Uint8Array> {
  if (url.protocol === 'file:') {
    const source = await (await import('../loading/disk.js')).fromDisk(url);
    return source.read(0, source.size);
  }
  try {
    const response = await fetch(url, { signal: signal ?? null });
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
  } catch {
    throwIfCancelled(signal, `reading '${name}'`);
  }
  // Without the whole address, which may hold a secret.
  throw new InvalidInputError(
    `'${name}' could not be read from ${url.host || `an address of the scheme ${url.protocol}`}`,
  );
}

/** Describes a value in error messages. */
function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? `a ${value.constructor?.name ?? 'value'}` : `the ${typeof value} ${String(value)}`;
}

/** {@link ownInputs} of conditions. */
export async function ownConditions(
  conditions: readonly WeightedInputs<HostInputs>[],
  signal?: AbortSignal,
): Promise<WeightedInputs[]> {
  return Promise.all(
    conditions.map(async ({ inputs, weight }) => ({ inputs: await ownInputs(inputs, signal), weight })),
  );
}
