import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MediaError } from '../../src/errors.js';
import { decodeNpy, encodeNpy, npyRaster } from '../../src/media/npy.js';

/** `numpy.save` of `numpy.array([[1.5, -2], [0, 3e8]], dtype=dtype)` and the like: header and numbers, put together by hand. */
function npy(descr: string, shape: string, numbers: Uint8Array, { version = 1, fortran = 'False' } = {}): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;
  const header = Buffer.from(`${text.padEnd(version === 1 ? 117 : 115)}\n`);
  const size = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) size.writeUInt16LE(header.length);
  else size.writeUInt32LE(header.length);
  const signature = Buffer.from([0x93, ...Buffer.from('NUMPY'), version, 0]);
  return new Uint8Array(Buffer.concat([signature, size, header, numbers]));
}

const bytesOf = (array: { buffer: ArrayBufferLike }) => new Uint8Array(array.buffer);

describe('reading', () => {
  test.each([
    ['<f4', Float32Array.of(1.5, -2), Float32Array],
    ['<f8', Float64Array.of(1.5, -2), Float32Array],
    ['<i8', BigInt64Array.of(7n, -2n), Int32Array],
    ['<u8', BigUint64Array.of(7n, 2n), Int32Array],
    ['<i4', Int32Array.of(7, -2), Int32Array],
    ['<i2', Int16Array.of(7, -2), Int32Array],
    ['|i1', Int8Array.of(7, -2), Int32Array],
    ['<u2', Uint16Array.of(7, 65535), Uint16Array],
    ['|u1', Uint8Array.of(7, 255), Uint8Array],
    ['|b1', Uint8Array.of(0, 1), Uint8Array],
  ])('%s', (descr, numbers, kind) => {
    for (const version of [1, 2]) {
      const { shape, data } = decodeNpy(npy(descr, '(1, 2)', bytesOf(numbers), { version }));
      expect(shape).toEqual([1, 2]);
      expect(data).toBeInstanceOf(kind);
      expect([...data]).toEqual([...numbers].map(Number));
    }
  });

  test('the other byte order', () => {
    expect([...decodeNpy(npy('>f4', '(2,)', Uint8Array.of(0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0))).data]).toEqual([1.5, -2]);
    expect([...decodeNpy(npy('>i2', '(2,)', Uint8Array.of(1, 2, 0xff, 0xff))).data]).toEqual([258, -1]);
  });

  test.each([
    ['<c8', '(1,)', 8, /type '<c8' is not supported/],
    ['|O', '(1,)', 8, /type '\|O'/],
    ['<f4', '(3,)', 8, /8 bytes do not hold 3 numbers of 4/],
    ['<f4', '(1, 99999999999)', 8, /do not hold/],
    ['<f4', '(x,)', 8, /no header/],
  ])('%s %s is refused', (descr, shape, bytes, message) => {
    expect(() => decodeNpy(npy(descr, shape, new Uint8Array(bytes)))).toThrow(MediaError);
    expect(() => decodeNpy(npy(descr, shape, new Uint8Array(bytes)))).toThrow(message);
  });

  test('column-major order is an error with a remedy', () => {
    const file = npy('<f4', '(2, 1)', new Uint8Array(8), { fortran: 'True' });
    expect(() => decodeNpy(file)).toThrow(/ascontiguousarray/);
  });

  test('numbers beyond 32 bits are refused', () => {
    expect(() => decodeNpy(npy('<i8', '(1,)', bytesOf(BigInt64Array.of(2n ** 40n))))).toThrow(/1099511627776/);
  });

  test('damaged files are read, or refused in one line', () => {
    const whole = npy('<f4', '(2, 2)', new Uint8Array(16));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, length) => {
        const damaged = whole.slice(0, length);
        if (at < length) damaged[at] = byte;
        try {
          const { shape, data } = decodeNpy(damaged);
          expect(data).toHaveLength(shape.reduce((product, side) => product * side, 1));
        } catch (error) {
          expect(error).toBeInstanceOf(MediaError);
        }
      }),
    );
  });
});

test('written files can be read', () => {
  const arrays = fc.oneof(
    fc.float32Array({ noNaN: true }),
    fc.int32Array(),
    fc.uint16Array(),
    fc.uint8Array(),
  ) as fc.Arbitrary<Float32Array>;
  fc.assert(
    fc.property(arrays, (data) => {
      const file = encodeNpy({ shape: [1, data.length], data });
      expect((file.length - data.byteLength) % 64).toBe(0);
      expect(decodeNpy(file)).toEqual({ shape: [1, data.length], data });
    }),
  );
});

test('rasters have two or three axes', () => {
  const data = new Float32Array(6);
  expect(npyRaster({ shape: [2, 3], data })).toEqual({ height: 2, width: 3, channels: 1, data });
  expect(npyRaster({ shape: [1, 2, 3], data })).toEqual({ height: 1, width: 2, channels: 3, data });
  expect(() => npyRaster({ shape: [6], data })).toThrow(/shape \(6\) is no map/);
});
