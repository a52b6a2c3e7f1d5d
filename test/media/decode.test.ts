import { readFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { encode as encodeJpeg } from 'jpeg-js';
import { describe, expect, test } from 'vitest';
import { CancelledError, MediaError } from '../../src/errors.js';
import { decodeImage, decodeImageAsync, decodeMap, decodeRaster } from '../../src/media/decode.js';
import { encodePng } from '../../src/media/encode.js';
import { decodePng } from '../../src/media/png/decode.js';
import type { Raster } from '../../src/media/raster.js';
import { Random } from '../../src/random.js';
import { vectorCase } from '../vectors.js';
import { pngFileOf, pngFiles, samplesOf } from './png-files.js';

interface FileCase {
  readonly file: string;
  readonly about: string;
  /** `either`: Pillow reads it, stricter decoders do not. */
  readonly result: 'ok' | 'error' | 'either';
  readonly width: number;
  readonly height: number;
  readonly tolerance: number;
  readonly tensor: string;
  readonly rgba?: string;
}

const folder = new URL('../../spec/vectors/media/', import.meta.url);
const fileBytes = (file: string) => new Uint8Array(readFileSync(new URL(file, folder)));
const { files } = JSON.parse(readFileSync(new URL('data.json', folder), 'utf8')) as { files: FileCase[] };
const { data: pixels } = vectorCase('media');

/** Stored channels as 8-bit RGBA, transparency kept apart: the vectors are not composited. */
function channelsOf({ width, height, channels, data }: Raster<Uint8Array | Uint16Array>) {
  const shift = data instanceof Uint16Array ? 8 : 0;
  const pick = (c: (i: number) => number) => Array.from({ length: width * height }, (_, i) => c(i) >> shift);
  const colour = [0, 1, 2].map((c) => pick((i) => data[i * channels + (channels < 3 ? 0 : c)]!));
  const alpha = pick((i) => (channels % 2 === 0 ? data[i * channels + channels - 1]! : 0xffff >> (8 - shift)));
  return { colour, alpha };
}

describe('files of all kinds', () => {
  test.each(files.filter((f) => f.result === 'ok').map((f) => [f.file, f.about, f] as const))('%s: %s', (_, __, f) => {
    const raster = decodeRaster(fileBytes(f.file));
    expect([raster.width, raster.height]).toEqual([f.width, f.height]);
    const { colour, alpha } = channelsOf(raster);
    const expected = pixels.read(f.tensor) as Uint8Array;
    let worst = 0;
    expected.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - colour[i % 3]![Math.floor(i / 3)]!));
    });
    expect(worst).toBeLessThanOrEqual(f.tolerance);
    if (f.rgba) {
      const expectedAlpha = (pixels.read(f.rgba) as Uint8Array).filter((__, i) => i % 4 === 3);
      expect(alpha).toEqual([...expectedAlpha]);
    }
  });

  test('16-bit grey keeps its bits', () => {
    const raster = decodeRaster(fileBytes('files/gray16.png'));
    expect([...raster.data]).toEqual([...(pixels.read('out.gray16_png.gray16') as Int32Array)]);
  });

  test.each(files.filter((f) => f.result === 'either').map((f) => [f.file, f.about, f] as const))(
    '%s: %s, is refused as damaged',
    (_, __, f) => {
      expect(() => decodeImage(fileBytes(f.file))).toThrow(MediaError);
    },
  );

  const withPalette = files.filter((f) => f.result === 'ok' && /pal/.test(f.file)).map((f) => f.file);
  test.each(withPalette)('%s as a map: the palette indices of its pixels', (file) => {
    const bytes = Buffer.from(fileBytes(file));
    const palette = bytes.subarray(bytes.indexOf('PLTE') + 4);
    const { channels, data } = decodeMap(bytes);
    const coloured = decodeRaster(bytes);
    expect(channels).toBe(1);
    data.forEach((index, i) => {
      const colour = coloured.data.subarray(i * coloured.channels, i * coloured.channels + 3);
      expect([...colour]).toEqual([...palette.subarray(3 * index, 3 * index + 3)]);
    });
  });

  test('grey maps keep their bits, and lose transparency', () => {
    expect(decodeMap(fileBytes('files/gray16.png'))).toEqual(decodeRaster(fileBytes('files/gray16.png')));
    const opaque = decodeRaster(fileBytes('files/gray8_trns.png'));
    expect(opaque.channels).toBe(2);
    expect([...decodeMap(fileBytes('files/gray8_trns.png')).data]).toEqual(
      [...opaque.data].filter((_, i) => i % 2 === 0),
    );
  });

  test.each(files.filter((f) => f.result === 'error').map((f) => [f.file, f.about, f] as const))(
    '%s: %s, is refused',
    (_, __, f) => {
      expect(() => decodeImage(fileBytes(f.file))).toThrow(MediaError);
    },
  );
});

test('every legal kind of PNG gives its samples', () => {
  fc.assert(
    fc.property(pngFiles, ({ kind, samples, file }) => {
      const { width, height, depth, colourType, palette } = kind;
      const raster = decodeRaster(file);
      const expected =
        colourType === 3
          ? samples.flatMap((index) => [...palette!.subarray(3 * index, 3 * index + 3)])
          : samples.map((sample) => (depth < 8 ? (sample * 255) / (2 ** depth - 1) : sample));
      const channels = colourType === 3 ? 3 : samplesOf(kind);
      expect({ ...raster, data: [...raster.data] }).toEqual({ width, height, channels, data: expected });
      expect(raster.data).toBeInstanceOf(depth === 16 ? Uint16Array : Uint8Array);
      if (colourType === 3) expect([...decodeMap(file).data]).toEqual(samples);
    }),
    { numRuns: 300 },
  );
});

/** Of an ordinary RGB file. */
const kindOf = (width: number, height: number) => ({
  width,
  height,
  colourType: 2,
  depth: 8,
  isInterlaced: false,
  filters: [0],
  pieceSize: 1e9,
});

/** Pieces of compressed data that are inflated before a file is refused. */
function stepsOf(file: Uint8Array): number {
  const steps = decodePng(file);
  let count = 0;
  try {
    while (!steps.next().done) count++;
  } catch (error) {
    expect(error).toBeInstanceOf(MediaError);
  }
  return count;
}

describe('what decodeImage makes of them', () => {
  test('transparent pixels are blended over white, 16 bits become 8', () => {
    const image = decodeImage(fileBytes('files/rgba8.png'));
    const rgba = pixels.read('out.rgba8_png.rgba') as Uint8Array;
    image.data.forEach((value, i) => {
      const [stored, alpha] = [rgba[Math.floor(i / 3) * 4 + (i % 3)]!, rgba[Math.floor(i / 3) * 4 + 3]! / 255];
      expect(Math.abs(value - (stored * alpha + 255 * (1 - alpha)))).toBeLessThanOrEqual(0.501);
    });
    expect(decodeImage(fileBytes('files/rgb16.png')).data).toEqual(pixels.read('out.rgb16_png.rgb'));
  });

  test('a picture that announces too much is refused with figures, before anything is unpacked', () => {
    const png = encodePng({ width: 1, height: 1, channels: 1, data: new Uint8Array(1) });
    const view = new DataView(png.buffer, png.byteOffset);
    view.setUint32(16, 20_000);
    view.setUint32(20, 20_000);
    view.setUint32(29, crc32(png.subarray(12, 29)));
    expect(() => decodeImage(png)).toThrow(/20000 × 20000 = 400 megapixels; the limit is 64/);
    const jpeg = new Uint8Array([0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0xff, 0xff, 0xff, 0xff, 1, 1, 0x11, 0]);
    expect(() => decodeImage(jpeg)).toThrow(/65535 × 65535/);
  });

  test('a tiny picture with an absurd amount of data is refused', () => {
    const random = new Random(1);
    const noise = Uint8Array.from({ length: 3000 }, () => random.integer(0, 255));
    const png = encodePng({ width: 100, height: 10, channels: 3, data: noise });
    const view = new DataView(png.buffer, png.byteOffset);
    view.setUint32(16, 1);
    view.setUint32(20, 1);
    new DataView(png.buffer).setUint32(29, crc32(png.subarray(12, 29)));
    expect(() => decodeImage(png)).toThrow(/unpacks to more than 4 bytes/);
  });

  test('a small PNG with much compressed data is inflated only to the announced size', () => {
    const bomb = pngFileOf(kindOf(8, 8), deflateSync(new Uint8Array(60e6)));
    expect(() => decodeImage(bomb)).toThrow(/unpacks to more than 200 bytes/);
    expect(stepsOf(bomb)).toBeLessThan(2);
  });

  test('a JPEG of 37 bytes that announces 8000 × 8000 is refused before anything is allocated', () => {
    const frame = [0xff, 0xc0, 0, 17, 8, 0x1f, 0x40, 0x1f, 0x40, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0];
    for (const marker of [0xc0, 0xc2]) {
      const jpeg = Uint8Array.from([
        0xff,
        0xd8,
        ...frame,
        0xff,
        0xda,
        0,
        12,
        3,
        1,
        0,
        2,
        0,
        3,
        0,
        0,
        63,
        0,
        0xff,
        0xd9,
      ]);
      jpeg[3] = marker;
      expect(() => decodeImage(jpeg)).toThrow(/truncated JPEG: 2 bytes of pixels cannot hold 8000 × 8000/);
    }
  });

  test('a picture of 40 megapixels is decoded, and can be cancelled', async () => {
    const [width, height] = [8000, 5000];
    const rows = deflateSync(new Uint8Array(height * (1 + 3 * width)), { level: 1 });
    const whole = new Uint8Array(pngFileOf(kindOf(width, height), rows));
    const image = decodeImage(whole);
    expect([image.width, image.height, image.data.length]).toEqual([width, height, 3 * width * height]);
    expect(image.data.indexOf(1) === -1 && image.data[0] === 0).toBe(true);
    const controller = new AbortController();
    const decoding = decodeImageAsync(whole, controller.signal);
    setImmediate(() => controller.abort());
    await expect(decoding).rejects.toThrow(CancelledError);
  });

  test.each([
    ['nothing', [], 'the file is empty'],
    ['text', [0x68, 0x69], 'not a PNG or JPEG file'],
  ])('%s', (_, bytes, message) => expect(() => decodeImage(new Uint8Array(bytes))).toThrow(new MediaError(message)));

  test('damaged files are decoded or refused, never anything else', () => {
    const grey = new Uint8Array(8 * 8 * 4).map((_, i) => i * 5);
    const jpeg = new Uint8Array(encodeJpeg({ width: 8, height: 8, data: grey }, 80).data);
    const png = encodePng({ width: 8, height: 8, channels: 4, data: grey });
    fc.assert(
      fc.property(
        fc.constantFrom(jpeg, png),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(),
        (file, at, flip, cut) => {
          const damaged = file.slice(0, cut % 3 === 0 ? cut % file.length : file.length);
          if (damaged.length > 0) damaged[at % damaged.length]! ^= flip;
          try {
            const { width, height, data } = decodeImage(damaged);
            expect(data).toHaveLength(width * height * 3);
          } catch (error) {
            expect(error).toBeInstanceOf(MediaError);
            expect((error as Error).message).not.toContain('\n');
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
