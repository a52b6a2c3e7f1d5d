/** Inputs as pages and programs have them; every other argument is a typed error. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import {
  decodeImage,
  FourMError,
  type HostInput,
  InvalidInputError,
  loadModel,
  loadTokenizer,
  type Model,
} from '../../src/index.js';
import { encodePng } from '../../src/media/encode.js';
import { toyboxSample } from '../../src/toybox/sample.js';

beforeAll(async () => {
  await useBackend('wasm');
});
afterAll(releaseBackend);

const { rgb, depth } = toyboxSample(3);
const png = encodePng(rgb);
const rgba = new Uint8ClampedArray(64 * 64 * 4).map((_, i) => (i % 4 === 3 ? 255 : rgb.data[(i >> 2) * 3 + (i % 4)]!));
/** The same value made by the classes of another realm. */
const foreign = (name: string, values: ArrayLike<number>) =>
  runInNewContext(`new ${name}(values)`, { values: Array.from(values) });

let model: Model;
let expected: Int32Array;
let folder: string;
beforeAll(async () => {
  model = await loadModel('toybox');
  expected = (await model.generate({ rgb }, { to: ['depth'] })).depth.tokens;
  folder = await mkdtemp(join(tmpdir(), 'fourm inputs '));
  await writeFile(join(folder, 'photo.png'), png);
});
afterAll(async () => {
  await model.dispose();
  await rm(folder, { recursive: true });
});

const tokensOf = async (input: HostInput) => (await model.generate({ rgb: input }, { to: ['depth'] })).depth.tokens;

describe('a picture is taken as', () => {
  const forms: Record<string, () => unknown> = {
    'a Blob': () => new Blob([png]),
    'a File': () => new File([png], 'photo.png'),
    'an ArrayBuffer': () => png.buffer.slice(png.byteOffset, png.byteOffset + png.byteLength),
    'a SharedArrayBuffer': () => {
      const shared = new SharedArrayBuffer(png.length);
      new Uint8Array(shared).set(png);
      return shared;
    },
    'a Buffer': () => Buffer.from(png),
    'a DataView of a part of a buffer': () => {
      const larger = new Uint8Array(png.length + 10);
      larger.set(png, 7);
      return new DataView(larger.buffer, 7, png.length);
    },
    'bytes of another realm': () => foreign('Uint8Array', png),
    'a buffer of another realm': () => foreign('Uint8Array', png).buffer,
    'the pixels of a canvas': () => ({ width: 64, height: 64, data: rgba, colorSpace: 'srgb' }),
    'an RGBA raster': () => ({ width: 64, height: 64, channels: 4, data: new Uint8Array(rgba) }),
    'a raster of another realm': () => ({ ...rgb, data: foreign('Uint8Array', rgb.data) }),
    'clamped values of three channels': () => ({ ...rgb, data: new Uint8ClampedArray(rgb.data) }),
    'the address of a file': () => pathToFileURL(join(folder, 'photo.png')),
    'a data: address': () => new URL(`data:image/png;base64,${Buffer.from(png).toString('base64')}`),
  };
  test.each(Object.keys(forms))('%s', async (form) => {
    expect(await tokensOf(forms[form]!() as HostInput)).toEqual(expected);
  });
});

test('maps and tokens of another realm are accepted', async () => {
  const data = foreign('Float32Array', depth.data);
  const [own, other] = [depth, { ...depth, data }].map((map) => model.generate({ depth: map }, { to: ['caption'] }));
  expect((await other!).caption.text).toBe((await own!).caption.text);
  const tokens = foreign('Int32Array', expected);
  const given = model.generate({ depth: { tokens } }, { to: ['caption'] });
  expect((await given).caption.text).toBe(
    (await model.generate({ depth: { tokens: expected } }, { to: ['caption'] })).caption.text,
  );
});

describe('is refused', () => {
  test.each([
    ['undefined', undefined, "'rgb' is undefined: a modality that is not known is left out of the inputs"],
    ['null', null, "'rgb' is null"],
    ['a number', 7, "'rgb' takes a PNG or JPEG file or a raster"],
    ['an empty object', {}, "'rgb' takes"],
    [
      'a raster without data',
      { width: 64, height: 64, channels: 3, data: undefined },
      "the data of 'rgb' are undefined",
    ],
    ['a list as data', { width: 1, height: 1, channels: 3, data: [1, 2, 3] }, "the data of 'rgb' are a list"],
    [
      'a raster without a size',
      { width: 0, height: 64, channels: 3, data: new Uint8Array() },
      "'rgb' is a raster of 0 × 64",
    ],
    ['a short raster', { ...rgb, data: rgb.data.subarray(1) }, "the data of 'rgb' are 12287 values, not"],
    ['a picture of a page, where there is none', { width: 64, height: 64 }, 'there is no canvas here to read it'],
    ['a picture that is not loaded', { width: 0, height: 0 }, "the picture of 'rgb' has no size"],
    [
      'an address without a server',
      new URL('http://127.0.0.1:1/a?secret=1'),
      "'rgb' could not be read from 127.0.0.1:1",
    ],
    ['a file that is not there', pathToFileURL('/nowhere/a.png'), 'nowhere'],
  ])('%s', async (_, input, message) => {
    const generated = model.generate({ rgb: input as HostInput }, { to: ['depth'] });
    await expect(generated).rejects.toThrow(InvalidInputError);
    await expect(generated).rejects.toThrow(message as string);
    await expect(generated).rejects.not.toThrow('secret');
  });

  test('a mask with fewer values than its size', async () => {
    const known = { width: 64, height: 64, channels: 1, data: new Uint8Array(3) };
    await expect(model.generate({ rgb: { image: rgb, known } }, { to: ['rgb'] })).rejects.toThrow(
      "the data of 'rgb' are 3 values, not a typed array of 64 × 64 × 1 = 4096",
    );
  });

  test.each([undefined, null, 'rgb', 3, [rgb]])('inputs that are %s', async (inputs) => {
    await expect(model.generate(inputs as never, { to: ['depth'] })).rejects.toThrow(
      'inputs are an object of modalities',
    );
  });

  test('any JSON value, with a typed error or a result', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        await model.generate({ rgb: value as never }, { to: ['det'] }).catch((error: unknown) => {
          expect(error).toBeInstanceOf(InvalidInputError);
        });
      }),
      { numRuns: 30 },
    );
  });
});

describe('options', () => {
  test.each([
    [
      { to: ['depth'], progress_callback: () => {} },
      'generate has no option "progress_callback"; did you mean "onProgress"?',
    ],
    [{ to: ['depth'], sed: 1 }, 'generate has no option "sed"; did you mean "seed"?'],
    [{ to: ['depth'], colour: 1 }, 'generate has no option "colour"; it takes to, conditions,'],
    [undefined, "'to' is a list of what to generate"],
    [{ to: 'depth' }, "'to' is a list of what to generate, such as ['depth', 'caption'], not depth"],
    [{ to: ['dept'] }, "did you mean 'depth'?"],
    [
      { to: ['depth'], decoding: { depth: { tempreture: 1 } } },
      "decoding.depth.tempreture (did you mean 'temperature'?)",
    ],
    [
      { to: ['depth'], decoding: { depth: { steps: 1e9 } } },
      'the option decoding.depth.steps: Invalid value: Expected <=',
    ],
    [{ to: ['depth'], decoding: { depth: 3 } }, 'the option decoding.depth: '],
    [{ to: ['depth'], decoding: { dpeth: {} } }, "did you mean 'depth'?"],
    [{ to: ['depth'], decoding: [] }, "'decoding' is an object of settings by modality"],
    [{ to: ['depth'], decoding: null }, "'decoding' is an object of settings by modality"],
    [{ to: [null] }, "unknown modality 'null'"],
    [{ to: ['depth'], onTokens: 5 }, 'the option onTokens of generate is a function, not a value of the type number'],
    [{ to: ['depth'], onProgress: 'x' }, 'the option onProgress of generate is a function'],
    [{ to: ['depth'], signal: {} }, 'the option signal of generate is an AbortSignal'],
    [{ to: ['depth'], signal: true }, 'the option signal of generate is an AbortSignal'],
    [{ to: ['depth'], conditions: {} }, "'conditions' is a list of { inputs, weight }"],
    [{ to: ['depth'], conditions: [null] }, "'conditions' is a list of { inputs, weight }"],
    [{ to: ['depth'], conditions: [{ inputs: 'a ball', weight: 1 }] }, "'conditions' is a list of { inputs, weight }"],
  ])('%j are refused, with what may have been meant', async (options, message) => {
    await expect(model.generate({ rgb }, options as never)).rejects.toThrow(message);
  });

  test('of loadModel too', async () => {
    await expect(loadModel('toybox', { progress_callback: () => {} } as never)).rejects.toThrow(
      'loadModel has no option "progress_callback"; did you mean "onDownload"?',
    );
    await expect(loadModel('toybx')).rejects.toThrow("cannot load the model 'toybx' (did you mean 'toybox'?)");
    await expect(useBackend('wsam' as never)).rejects.toThrow("unknown backend 'wsam' (did you mean 'wasm'?)");
    await expect(loadTokenizer('EPFL-VILAB/4M_tokenizers_rgb_16k_224-44')).rejects.toThrow(
      "(did you mean 'EPFL-VILAB/4M_tokenizers_rgb_16k_224-448'?)",
    );
    await expect(loadModel('toybox', { dtpye: 'int8' } as never)).rejects.toThrow('did you mean "dtype"?');
  });
});

describe('of every function, an argument of another type is a typed error', () => {
  test.each<[string, () => unknown, string]>([
    ['loadModel', () => loadModel(null as never), 'the id is a string, not a value of the type object'],
    ['loadModel', () => loadModel({} as never), 'the id is a string'],
    ['loadModel', () => loadModel(''), 'the id is empty'],
    ['loadModel', () => loadModel('toybox', null as never), 'the options of loadModel are an object, not null'],
    ['loadTokenizer', () => loadTokenizer(undefined as never), 'the id is a string'],
    ['generateMany', () => model.generateMany(null as never, { to: ['depth'] }), 'are given as a list'],
    ['reconstruct', () => model.reconstruct('rgb', null as never), 'are given as a list'],
    ['reconstruct', () => model.reconstruct('rgb', {} as never), 'are given as a list'],
    ['features', () => model.features('clip', rgb as never), 'pictures are given as a list'],
    ['bodyPoses', () => model.bodyPoses(null as never), 'people are given as a list'],
    ['masks', () => model.masks({} as never), 'objects are given as a list'],
    ['masks', () => model.masks([], { signal: 1 } as never), 'the option signal of masks is an AbortSignal'],
  ])('%s', async (_, call, message) => {
    const error = await Promise.resolve(call()).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(FourMError);
    expect((error as Error).message).toContain(message);
  });

  test.each([null, undefined, 'a.png', {}, new ArrayBuffer(8)])('decodeImage', (bytes) => {
    expect(() => decodeImage(bytes as never)).toThrow(FourMError);
  });
});

test('a result of another modality is an error', async () => {
  const { semseg } = await model.generate({ rgb }, { to: ['semseg'] });
  expect(semseg.modality).toBe('tok_semseg@64');
  await expect(model.generate({ depth: semseg }, { to: ['caption'] })).rejects.toThrow(
    "tokens of 'tok_semseg@64' were given for 'tok_depth@64', where they mean something else",
  );
  await model.generate({ semseg }, { to: ['det'] });
});
