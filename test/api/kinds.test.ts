/** Every kind of modality that a package may have, in and out. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadModel } from '../../src/api/loading/load-model.js';
import type { Inputs, Model } from '../../src/api/model.js';
import type { ModelPackage } from '../../src/api/types/package.js';
import type { Result } from '../../src/api/types/results.js';
import { InvalidInputError } from '../../src/errors.js';
import { decodeImage } from '../../src/media/decode.js';
import { encodePng } from '../../src/media/encode.js';
import { cannyEdges } from '../../src/toybox/annotations/edges.js';
import { CAPTION_EMBEDDING_WIDTH, TOYBOX_MODALITIES } from '../../src/toybox/modalities.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { writeTinyModel } from '../cli/tiny-model.js';
import { onBackends } from '../on-backends.js';
import { givenValues } from '../toybox/given-values.js';

const sample = toyboxSample(1);
const [person] = sample.people;
const GIVEN = givenValues(sample);

onBackends(['cpu', 'wasm'], () => {
  let folder: string;
  let model: Model;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fourm-kinds-'));
    await writeTinyModel(folder);
    model = await loadModel(folder);
  }, 300_000);
  afterAll(async () => {
    await model.dispose();
    await rm(folder, { recursive: true });
  });

  /** A text that ends with given words: an untrained model generates no complete value by itself. */
  async function completed<Name extends string>(name: Name, end: string) {
    const results = await model.generate(
      { [name]: `[S_1] ${end}` },
      { to: [name], decoding: { [name]: { temperature: 1 } } },
    );
    return results[name];
  }

  test('the package has all modalities, each under its usual name', () => {
    expect([...model.modalities].sort()).toEqual([...new Set(TOYBOX_MODALITIES.map(({ name }) => name))].sort());
    expect(Object.keys(GIVEN).sort()).toEqual([...model.modalities].sort());
  });

  test('a chain of boxes and classes gives the tokens of explicit targets in that order; inputs are not generated', async () => {
    const file = join(folder, 'fourm.json');
    const json = await readFile(file, 'utf8');
    const described = JSON.parse(json) as ModelPackage;
    const rgb = { ...described.modalities.rgb!, chain: ['det', 'semseg'] };
    await writeFile(file, JSON.stringify({ ...described, modalities: { ...described.modalities, rgb } }));
    const chained = await loadModel(folder).finally(() => writeFile(file, json));
    const decoding = { rgb: { steps: 2 } };
    for (const [inputs, to] of [
      [{ caption: 'a red ball' }, ['det', 'semseg', 'rgb']],
      [{ caption: 'a red ball', det: GIVEN.det }, ['semseg', 'rgb']],
    ] as [Inputs, string[]][]) {
      const result = await chained.generate(inputs, { to: ['rgb'], decoding });
      expect(Object.keys(result)).toEqual(['rgb']);
      expect(result.rgb.tokens).toEqual((await model.generate(inputs, { to, decoding })).rgb!.tokens);
    }
    await chained.dispose();
  });

  test.each(Object.keys(GIVEN))('%s is taken as the only input, and leaves no tensor behind', async (name) => {
    const to = name === 'depth' ? 'normal' : 'depth';
    const first = await model.generate({ [name]: GIVEN[name]! }, { to: [to] });
    const before = tf.memory().numTensors;
    const again = await model.generate({ [name]: GIVEN[name]! }, { to: [to] });
    expect(tf.memory().numTensors).toBe(before);
    expect(again[to]!.tokens).toEqual(first[to]!.tokens);
    expect(again[to]!.tokens).toHaveLength(64);
  });

  describe('of a picture', () => {
    let results: Record<string, Result>;
    beforeAll(async () => {
      const { rgb } = GIVEN;
      const to = ['canny_edge', 'sam_edge', 'clip', 'dinov2', 'imagebind', 'dinov2_global', 'imagebind_global'];
      results = await model.generate({ rgb: rgb! }, { to });
    });

    test.each(['canny_edge', 'sam_edge'])('%s is a grey map, drawn white on black', (name) => {
      const result = results[name]!;
      if (result.kind !== 'image') throw new Error(result.kind);
      expect(result.values).toMatchObject({ width: 64, height: 64, channels: 1 });
      expect(result.values.data).toBeInstanceOf(Uint8Array);
      const drawn = result.toImage();
      expect(drawn.channels).toBe(3);
      result.values.data.forEach((value, p) => {
        expect([...drawn.data.subarray(3 * p, 3 * p + 3)]).toEqual([value, value, value]);
      });
    });

    test.each(['clip', 'dinov2', 'imagebind'])('%s is a map of vectors, drawn in colours', (name) => {
      const result = results[name]!;
      if (result.kind !== 'features') throw new Error(result.kind);
      expect(result.values).toMatchObject({ width: 8, height: 8, channels: 64, data: { length: 8 * 8 * 64 } });
      expect(result.tokens).toHaveLength(64);
      expect(decodeImage(result.toPng())).toMatchObject({ width: 256, height: 256 });
    });

    test.each(['dinov2_global', 'imagebind_global'])('%s is a vector of 16 tokens, drawn as a strip', (name) => {
      const result = results[name]!;
      if (result.kind !== 'embedding') throw new Error(result.kind);
      expect(result.values).toHaveLength(64);
      expect(result.tokens).toHaveLength(16);
      expect(result.toImage()).toMatchObject({ width: 256, height: 64 });
    });
  });

  test('people have poses, and joints where a skeleton is drawn', async () => {
    const numbers = (count: number, number = 507) => Array.from({ length: count }, () => `v0=${number}`).join(' ');
    const text = `human v0=254 v1=0 v2=761 v3=999 pose ${numbers(8, 5)} global ${numbers(9)} camera ${numbers(3, 100)} shape ${numbers(10)}`;
    const result = await completed('human_poses', text);
    const [person] = result.values.slice(-1);
    expect(person!.bodyPose).toHaveLength(207);
    expect(person!.joints).toHaveLength(24);
    expect(person!.joints!.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true);
    const [decoded] = await model.bodyPoses([person!]);
    expect(person!.bodyPose).toEqual(decoded);
    const black = { width: 64, height: 64, channels: 3, data: new Uint8Array(64 * 64 * 3) };
    expect(result.drawOn(black).data.some((x) => x > 0)).toBe(true);
    // Tokens outside the codebook of the package's tokenizer are no person.
    const wrong = await completed('human_poses', text.replace('v0=5 ', 'v0=255 '));
    expect(wrong.values).toHaveLength(result.values.length - 1);
    expect(wrong.unparsed).toBeGreaterThanOrEqual(39);
  });

  test('objects have masks', async () => {
    const mask = Array.from({ length: 16 }, (_, i) => `v0=${i}`).join(' ');
    const end = `point v0=20 v1=30 polygon v0=10 v1=10 v2=50 v3=50 ${mask} point v0=1 v1=1 none`;
    const result = await completed('sam_instance', end);
    expect(result.size).toBe(64);
    const [object] = result.values;
    expect(object!.mask).toMatchObject({ width: 64, height: 64, channels: 1 });
    expect(object!.mask!.data.every((x) => x >= 0 && x <= 1)).toBe(true);
    expect(result.drawOn(sample.rgb)).toMatchObject({ width: 448, height: 448 });
  });

  test('facts and colours are values with a drawing', async () => {
    const facts = await completed('metadata', 'v1=0 v0=20 v1=5 v0=2');
    expect(facts.values).toMatchObject({ original_width: 640, n_humans: 2 });
    expect(facts.toImage()).toMatchObject({ width: 256, height: 256 });
    const palette = await completed('color_palette', 'v0=1 v0=2 v0=3 v0=4 v0=5 v0=6 v0=7 v0=8 v0=9');
    expect(palette.values.length).toBeGreaterThan(0);
    expect(palette.toImage().channels).toBe(3);
  });

  test('features of a picture are computed by the network, and read from it', async () => {
    const [map] = await model.features('clip', [sample.rgb]);
    expect(map).toMatchObject({ width: 8, height: 8, channels: 64 });
    const [again] = await model.features('clip', [encodePng(sample.rgb)]);
    expect(again).toEqual(map);
    const [vector] = await model.features('dinov2_global', [sample.rgb]);
    expect(vector).toBeInstanceOf(Float32Array);
    const length = (vector as Float32Array).reduce((sum, x) => sum + x * x, 0);
    expect(length).toBeCloseTo(1, 3);
    const fromMap = await model.reconstruct('clip', [map!]);
    const fromPicture = await model.reconstruct('clip', [sample.rgb]);
    expect(fromPicture[0]!.tokens).toEqual(fromMap[0]!.tokens);
    await expect(model.features('depth', [sample.rgb])).rejects.toThrow(InvalidInputError);
  });

  test('both kinds of edges share a tokenizer', async () => {
    const edges = cannyEdges(sample);
    const [canny] = await model.reconstruct('canny_edge', [edges]);
    const [sam] = await model.reconstruct('sam_edge', [encodePng(edges)]);
    expect(sam!.tokens).toEqual(canny!.tokens);
    expect([canny!.modality, sam!.modality]).toEqual(['tok_canny_edge@64', 'tok_sam_edge@64']);
  });

  test('vectors of a text are taken in rows', async () => {
    const vectors = Float32Array.from({ length: 3 * CAPTION_EMBEDDING_WIDTH }, (_, i) => Math.sin(i));
    const rows = { width: CAPTION_EMBEDDING_WIDTH, height: 3, channels: 1, data: vectors };
    const [flat, raster] = [
      await model.generate({ t5_caption: vectors }, { to: ['depth'] }),
      await model.generate({ t5_caption: rows }, { to: ['depth'] }),
    ];
    expect(raster.depth.tokens).toEqual(flat.depth.tokens);
  });

  test.each([
    ['t5_caption', { to: 't5_caption' }, /'t5_caption' can only be given/],
    ['features of another size', { clip: sample.depth }, /'clip' takes features, \[8, 8, 64\] floats, not 64 × 64 × 1/],
    ['text for features', { clip: 'a ball' }, /'clip' takes features/],
    [
      'an embedding of another length',
      { dinov2_global: new Float32Array(7) },
      /'dinov2_global' takes 64 floats, not 7/,
    ],
    ['edges with floats', { canny_edge: sample.depth }, /edges are of 8 bits/],
    [
      'rows of another length',
      { t5_caption: { width: 3, height: 2, channels: 1, data: new Float32Array(6) } },
      /'t5_caption' takes a text, or the vectors/,
    ],
    ['people without a pose', { human_poses: [{ box: person!.box }] }, /'human_poses' takes text or people/],
    ['objects without a mask', { sam_instance: [{ box: person!.box }] }, /'sam_instance' takes text or objects/],
    ['an unknown pose token', { human_poses: [{ ...person!, poseTokens: Array(8).fill(200) }] }, /0 to 127, and 200/],
    [
      'an unknown mask token',
      { sam_instance: [{ box: person!.box, tokens: Array(16).fill(300) }] },
      /0 to 255, and 300/,
    ],
  ] as const)('refuses %s', async (_, given, message) => {
    const { to = 'depth', ...inputs } = given as Record<string, unknown> & { to?: string };
    const attempt = model.generate(inputs as Inputs, { to: [to] });
    await expect(attempt).rejects.toThrow(InvalidInputError);
    await expect(attempt).rejects.toThrow(message);
  });
});
