import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { loadModel } from '../../src/api/loading/load-model.js';
import type { GenerationProgress, Inputs, Model } from '../../src/api/model.js';
import { CancelledError, CheckpointError, InvalidInputError, MediaError } from '../../src/errors.js';
import { colourNormals } from '../../src/media/colormap.js';
import { encodePng } from '../../src/media/encode.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { writeTinyModel } from '../cli/tiny-model.js';
import { onBackends, onOneBackend } from '../on-backends.js';

let folder: string;
const sample = toyboxSample(3);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm api #1 '));
  await useBackend('cpu');
  await writeTinyModel(folder);
  await releaseBackend();
});
afterAll(() => rm(folder, { recursive: true }));

describe('generate', () => {
  onOneBackend();
  let model: Model;
  beforeAll(async () => {
    model = await loadModel(folder);
  });

  test('returns typed results for all targets', async () => {
    const result = await model.generate({ rgb: sample.rgb }, { to: ['depth', 'normal', 'semseg', 'caption', 'det'] });
    const { depth, normal, semseg, caption, det } = result;
    expect(depth.values).toMatchObject({ width: 64, height: 64, channels: 1 });
    const metres: Float32Array = depth.values.data;
    const ids: Uint8Array = semseg.values.data;
    expect(metres.every((distance) => distance >= 2 && distance <= 11)).toBe(true);
    expect(depth.tokens).toHaveLength(64);
    const [x, y, z] = normal.values.data;
    expect(Math.hypot(x!, y!, z!)).toBeCloseTo(1, 5);
    expect(semseg.classes).toContain('ball');
    expect(ids.every((id) => id < semseg.classes!.length)).toBe(true);
    expect(typeof caption.text).toBe('string');
    expect(Array.isArray(det.objects)).toBe(true);
    expect([...depth.toPng().subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    expect(det.drawOn(sample.rgb, 2)).toMatchObject({ width: 128, height: 128, channels: 3 });
  });

  test('accepts pictures of any size and format, and every other modality', async () => {
    const large = toyboxSample(3, { size: 100 }).rgb;
    await model.generate({ rgb: encodePng(large) }, { to: ['det'] });
    const boxes = [{ label: 'ball', box: { xmin: 0.1, ymin: 0.2, xmax: 0.5, ymax: 0.6 } }];
    const known = {
      depth: sample.depth,
      normal: sample.normal,
      semseg: sample.semseg,
      caption: 'a red ball',
      det: boxes,
    };
    const { rgb } = await model.generate(known, { to: ['rgb'], decoding: { rgb: { steps: 2 } } });
    expect(rgb.values.data).toBeInstanceOf(Uint8Array);
    expect(rgb.values).toMatchObject({ width: 64, height: 64, channels: 3 });
  });

  test('the result depends on the seed only', async () => {
    const draw = async (seed: number) =>
      (await model.generate({ caption: 'a red ball' }, { to: ['rgb'], seed, decoding: { rgb: { steps: 3 } } })).rgb;
    const [first, again, other] = [await draw(1), await draw(1), await draw(2)];
    expect(first.tokens).toEqual(again.tokens);
    expect(first.tokens).not.toEqual(other.tokens);
  });

  test('a picture from text is generated after classes, which are not in the result', async () => {
    const paint = async (inputs: Inputs) => {
      const modalities = new Set<string>();
      const decoding = { rgb: { steps: 2 }, semseg: { steps: 2 } };
      const onProgress = ({ phase, modality }: GenerationProgress) =>
        phase === 'generating' && modalities.add(modality!);
      const results = await model.generate(inputs, { to: ['rgb'], decoding, onProgress });
      expect(Object.keys(results)).toEqual(['rgb']);
      return [...modalities];
    };
    expect(await paint({ caption: 'a red ball' })).toEqual(['semseg', 'rgb']);
    expect(await paint({ caption: 'a red ball', depth: sample.depth })).toEqual(['rgb']);
  });

  test('a signal cancels', async () => {
    const controller = new AbortController();
    const options = { to: ['depth', 'normal'], signal: controller.signal, onProgress: () => controller.abort() };
    await expect(model.generate({ rgb: sample.rgb }, options)).rejects.toThrow(CancelledError);
  });

  test('leaks no tensors', async () => {
    const run = () => model.generate({ rgb: sample.rgb }, { to: ['depth', 'caption'] });
    await run();
    const before = tf.memory().numTensors;
    await run();
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([
    [
      'an unknown target',
      { rgb: sample.rgb },
      ['dpeth'],
      /unknown modality 'dpeth' \(did you mean 'depth'\?\); known are rgb, depth/,
    ],
    ['an unknown input', { thermal: sample.rgb }, ['depth'], /unknown modality 'thermal'/],
    ['what is an inherited name', { rgb: sample.rgb }, ['constructor'], /unknown modality/],
    ['no targets', { rgb: sample.rgb }, [], /no targets/],
    ['given and a target', { rgb: sample.rgb }, ['rgb'], /given and a target/],
    ['a target twice', { rgb: sample.rgb }, ['depth', 'depth'], /twice/],
    ['text for a picture', { rgb: 'a red ball' }, ['depth'], /takes a PNG or JPEG/],
    ['a picture for text', { caption: sample.rgb }, ['depth'], /takes text/],
    ['a map with three channels', { depth: sample.rgb }, ['rgb'], /1 channels, not 3; one that was drawn/],
    ['classes that are none', { semseg: { ...sample.depth } }, ['rgb'], /no class id/],
  ] as const)('refuses %s', async (_, inputs, to, message) => {
    const attempt = model.generate(inputs, { to });
    await expect(attempt).rejects.toThrow(InvalidInputError);
    await expect(attempt).rejects.toThrow(message);
  });

  test('maps can be files: class ids in grey, normals as colours', async () => {
    const { data, width, height } = sample.semseg;
    const ids = encodePng({ width, height, channels: 1, data: Uint8Array.from(data) });
    const [fromFile, fromRaster] = await model.reconstruct('semseg', [ids, sample.semseg]);
    expect(fromFile!.tokens).toEqual(fromRaster!.tokens);
    const normals = encodePng(colourNormals(sample.normal));
    const [drawn, vectors] = await model.reconstruct('normal', [normals, sample.normal]);
    const same = drawn!.tokens.filter((id, i) => id === vectors!.tokens[i]);
    expect(same.length).toBeGreaterThan(0.9 * drawn!.tokens.length);
  });

  test.each([
    [{ depth: { temperature: Number.NaN } }, /the option decoding\.depth\.temperature: .*NaN/],
    [{ depth: { topP: 2 } }, /decoding\.depth\.topP: /],
    [{ depth: { steps: 1e9 } }, /decoding\.depth\.steps: /],
    [{ depth: { stepz: 2 } }, /no option decoding\.depth\.stepz/],
    [{ dpeth: { steps: 2 } }, /unknown modality 'dpeth'/],
  ])('refuses settings that are none: %o', async (decoding, message) => {
    const attempt = model.generate({ rgb: sample.rgb }, { to: ['depth'], decoding: decoding as never });
    await expect(attempt).rejects.toThrow(InvalidInputError);
    await expect(attempt).rejects.toThrow(message);
  });

  test('rejects arguments of wrong types', async () => {
    const generate = model.generate.bind(model) as (...args: unknown[]) => Promise<unknown>;
    await expect(generate({ rgb: null }, { to: ['depth'] })).rejects.toThrow(
      "'rgb' is null: a modality that is not known is left out of the inputs",
    );
    await expect(generate({ rgb: sample.rgb }, { to: 'depth' })).rejects.toThrow("'to' is a list of what to generate");
    await expect(generate({ rgb: sample.rgb })).rejects.toThrow("'to' is a list of what to generate");
    await expect(generate({ rgb: sample.rgb }, { to: [] })).rejects.toThrow('no targets; this model has rgb, depth');
  });

  test('rejects bytes that are not a picture', async () => {
    await expect(model.generate({ rgb: Uint8Array.of(1, 2, 3) }, { to: ['depth'] })).rejects.toThrow(MediaError);
  });

  test('reconstructs modalities with a tokenizer', async () => {
    const [result] = await model.reconstruct('semseg', [sample.semseg]);
    expect(result).toMatchObject({ kind: 'image', values: { width: 64, height: 64 } });
    await expect(model.reconstruct('caption', [])).rejects.toThrow("there is nothing to reconstruct of 'caption'");
    const signal = AbortSignal.abort();
    await expect(model.reconstruct('semseg', [sample.semseg], { signal })).rejects.toThrow(CancelledError);
  });
});

const tokensOn: Record<string, number[][]> = {};
onBackends(['cpu', 'wasm'], (name) => {
  test('the same seed gives the same tokens', async () => {
    const model = await loadModel(folder);
    const { rgb, caption } = await model.generate(
      { depth: sample.depth },
      { to: ['rgb', 'caption'], seed: 5, decoding: { rgb: { steps: 4 }, caption: { temperature: 1 } } },
    );
    await model.dispose();
    tokensOn[name] = [[...rgb.tokens], [...caption.tokens]];
    for (const other of Object.values(tokensOn)) expect(tokensOn[name]).toEqual(other);
  });
});

describe('loadModel', () => {
  onOneBackend();

  /** A copy of the model with one file changed. */
  async function broken(file: string, change: (bytes: Buffer) => Uint8Array | string): Promise<string> {
    const copy = await mkdtemp(join(tmpdir(), 'fourm-broken-'));
    await cp(folder, copy, { recursive: true });
    await writeFile(join(copy, file), change(await readFile(join(copy, file))));
    return copy;
  }

  test('the error names a missing model', async () => {
    await expect(loadModel('nothing-here')).rejects.toThrow(/cannot load the model 'nothing-here': no such file/);
    await expect(loadModel('./nothing/here')).rejects.toThrow(InvalidInputError);
  });

  test.each([
    ['fourm.json', () => '{', /fourm\.json is not JSON/],
    ['fourm.json', () => '{"format":1}', /fourm\.json, "\w+"/],
    [
      'fourm.json',
      (bytes: Buffer) => bytes.toString().replace('"chain":["semseg"]', '"chain":["rgb"]'),
      /fourm\.json, "modalities\.rgb\.chain": 'rgb'/,
    ],
    ['text.json', () => 'x', /text\.json is not JSON/],
    ['model.safetensors', (bytes: Buffer) => bytes.subarray(0, 1000), /model\.safetensors/],
    [
      'model.safetensors',
      (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace('"mask_token"', '"mask_tokem"'), 'latin1'),
      /no tensor "mask_token"/,
    ],
  ] as const)('names what is wrong with %s', async (file, change, message) => {
    const copy = await broken(file, change);
    const attempt = loadModel(copy);
    await expect(attempt).rejects.toThrow(CheckpointError);
    await expect(attempt).rejects.toThrow(message);
    await rm(copy, { recursive: true });
  });

  test('dispose frees everything loaded', async () => {
    const before = tf.memory().numTensors;
    const model = await loadModel(folder);
    await model.generate({ rgb: sample.rgb }, { to: ['depth'] });
    await model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
