import { MediaError } from '../errors.js';
import type { Bytes } from '../typed-arrays.js';
import type { Raster } from './raster.js';

/** Numbers with a shape, as in NumPy's `.npy` files: row-major, the last axis contiguous. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint16Array | Uint8Array;
}

/** `\x93NUMPY` */
export const NPY_SIGNATURE: readonly number[] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** The types that are read, by NumPy's names without byte order: bytes an element, and how one is read. */
const TYPES: Readonly<
  Record<string, readonly [bytes: number, read: (view: DataView, at: number, little: boolean) => number]>
> = {
  f4: [4, (view, at, little) => view.getFloat32(at, little)],
  f8: [8, (view, at, little) => view.getFloat64(at, little)],
  u1: [1, (view, at) => view.getUint8(at)],
  b1: [1, (view, at) => view.getUint8(at)],
  i1: [1, (view, at) => view.getInt8(at)],
  u2: [2, (view, at, little) => view.getUint16(at, little)],
  i2: [2, (view, at, little) => view.getInt16(at, little)],
  i4: [4, (view, at, little) => view.getInt32(at, little)],
  u4: [4, (view, at, little) => view.getUint32(at, little)],
  i8: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  u8: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
};

/** An array for numbers of a type. Integers of more than 32 bits are refused later. */
function arrayFor(type: string, length: number): NumberArray['data'] {
  if (type === 'u1' || type === 'b1') return new Uint8Array(length);
  if (type === 'u2') return new Uint16Array(length);
  return type.startsWith('f') ? new Float32Array(length) : new Int32Array(length);
}

/**
 * Reads a `.npy` file (format 1 to 3 of `numpy.lib.format`): real numbers of 1 to 8 bytes, in either byte order. Numbers of 8
 * bytes become floats of 4, and whole numbers of 4.
 *
 * @throws MediaError if it is damaged or cut short, of complex numbers, objects or texts, or in Fortran's order
 */
export function decodeNpy(bytes: Uint8Array): NumberArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || NPY_SIGNATURE.some((byte, i) => bytes[i] !== byte)) throw new MediaError('not a .npy file');
  const isOld = bytes[6] === 1;
  const start = isOld ? 10 : 12;
  const end = start + (isOld ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end > bytes.length) throw new MediaError('truncated .npy: it ends inside its header');
  const header = new TextDecoder().decode(bytes.subarray(start, end));
  const [, order, type] = /'descr':\s*'([<>|=])(\w+)'/.exec(header) ?? [];
  const [, shapeText] = /'shape':\s*\(([\d,\sL]*)\)/.exec(header) ?? [];
  const [, fortran] = /'fortran_order':\s*(True|False)/.exec(header) ?? [];
  if (order === undefined || shapeText === undefined || fortran === undefined) {
    throw new MediaError('damaged .npy: no header of plain numbers');
  }
  const known = Object.hasOwn(TYPES, type!) ? TYPES[type!] : undefined;
  if (!known)
    throw new MediaError(`a .npy of type '${order}${type}' is not supported (${Object.keys(TYPES).join(', ')})`);
  const shape = (shapeText.match(/\d+/g) ?? []).map(Number);
  if (fortran === 'True' && shape.length > 1) {
    throw new MediaError("a .npy in Fortran's order is not supported; save numpy.ascontiguousarray(x)");
  }
  const length = shape.reduce((product, side) => product * side, 1);
  const [size, read] = known;
  if (length * size !== bytes.length - end) {
    throw new MediaError(
      `damaged .npy: ${bytes.length - end} bytes do not hold ${shape.join(' × ')} numbers of ${size}`,
    );
  }
  const data = arrayFor(type!, length);
  for (let i = 0; i < length; i++) {
    const value = read(view, end + i * size, order !== '>');
    data[i] = value;
    if (data instanceof Int32Array && data[i] !== value) throw new MediaError(`.npy: ${value} has more than 32 bits`);
  }
  return { shape, data };
}

/** A raster from a file of [height, width] or [height, width, channels]. @throws MediaError for other shapes */
export function npyRaster({ shape, data }: NumberArray): Raster {
  const [height, width, channels = 1] = shape;
  if (shape.length < 2 || shape.length > 3 || data.length === 0) {
    throw new MediaError(
      `a .npy of shape (${shape.join(', ')}) is no map (height, width) or (height, width, channels)`,
    );
  }
  return { height: height!, width: width!, channels, data };
}

const NAMES = { Float32Array: '<f4', Int32Array: '<i4', Uint16Array: '<u2', Uint8Array: '|u1' };

/** A `.npy` file, format 1.0. */
export function encodeNpy({ shape, data }: NumberArray): Bytes {
  const descr = NAMES[data.constructor.name as keyof typeof NAMES];
  const shapeText = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shapeText}), }`;
  // The header ends with a line end, and the numbers begin at a multiple of 64.
  const header = new TextEncoder().encode(`${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`);
  const file = new Uint8Array(10 + header.length + data.byteLength);
  const view = new DataView(file.buffer);
  file.set([...NPY_SIGNATURE, 1, 0]);
  view.setUint16(8, header.length, true);
  file.set(header, 10);
  const start = 10 + header.length;
  if (data instanceof Uint8Array) file.set(data, start);
  for (let i = 0; i < data.length && !(data instanceof Uint8Array); i++) {
    const at = start + i * data.BYTES_PER_ELEMENT;
    if (data instanceof Float32Array) view.setFloat32(at, data[i]!, true);
    else if (data instanceof Int32Array) view.setInt32(at, data[i]!, true);
    else view.setUint16(at, data[i]!, true);
  }
  return file;
}
