import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../../../backends/index.js';
import { loadModel } from '../../../../src/api/loading/load-model.js';
import { loadTokenizer } from '../../../../src/api/loading/load-tokenizer.js';
import type { Inputs, Model } from '../../../../src/api/model.js';
import type { InstancesResult, PosesResult } from '../../../../src/api/types/results.js';
import { InvalidInputError } from '../../../../src/errors.js';
import { toyboxSample } from '../../../../src/toybox/sample.js';
import { tinyTokenizerFile, tinyVectorTokenizerFile, writePublishedFolder } from './tiny-checkpoints.js';

const { rgb } = toyboxSample(3);

const FACTS = { original_width: 640, n_humans: 2, walkability: 0.5 };
const COLOURS = [
  [1, 2, 3],
  [255, 0, 128],
] as const;
const PERSON = {
  box: { xmin: 0.25, ymin: 0, xmax: 0.75, ymax: 1 },
  poseTokens: [0, 1, 2, 3, 511, 512, 513, 1023],
  globalOrientation: [1, 0, 0, 0, -1, 0, 0, 0, -1],
  camera: [1, 0, 0],
  shape: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
};
const OBJECT = {
  box: { xmin: 20, ymin: 30, xmax: 120, ymax: 200 },
  tokens: Array.from({ length: 16 }, (_, i) => 64 * i),
  point: { x: 70, y: 100 },
};
const BOXES = [{ label: 'dog', box: { xmin: 0, ymin: 0.5, xmax: 0.5, ymax: 1 } }];

let folder: string;
let model: Model;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-values-'));
  await useBackend('wasm');
  const global = (network: string, codebooks: number) => {
    return tinyVectorTokenizerFile(`vqvae__${network}__BMLP1024-BMLP1024_8k_224`, codebooks);
  };
  await writePublishedFolder(folder, '4M-21_B', {
    '4M_tokenizers_human-poses_1k_8': tinyVectorTokenizerFile('vqvae__human_poses__BMLP1024-BMLP1024_1k_224', 8),
    '4M_tokenizers_sam-instance_1k_64': tinyTokenizerFile('vqvae__sam_mask__ViTB-ViTB_1k_224_64'),
    '4M_tokenizers_DINOv2-B14-global_8k_16_224': global('DINOv2-B14-global', 16),
    '4M_tokenizers_ImageBind-H14-global_8k_16_224': global('ImageBind-H14-global', 16),
  });
  model = await loadModel(folder);
});
afterAll(async () => {
  await model.dispose();
  await releaseBackend();
  await rm(folder, { recursive: true, force: true });
});

/** Completes a text of which the end is given; an untrained model hardly ever generates a complete value. */
async function completed<Name extends string>(name: Name, end: string) {
  return (await model.generate({ [name]: `[S_1] ${end}` }, { to: [name], decoding: { [name]: { temperature: 1 } } }))[
    name
  ];
}

const MASK = OBJECT.tokens.map((id) => (id < 512 ? `v0=${id}` : `v1=${id - 512}`)).join(' ');

describe('texts are parsed to values', () => {
  test('facts, by name', async () => {
    const result = await completed('metadata', 'v1=0 v0=20 v1=5 v0=2');
    expect(result).toMatchObject({ kind: 'metadata', values: { original_width: 640, n_humans: 2 } });
    expect(result.text).toMatch(/v1=0 v0=20 v1=5 v0=2$/);
    expect(result.unparsed).toBeGreaterThan(0);
    expect(result.tokens.length).toBeGreaterThan(4);
  });

  test('colours, which can be drawn', async () => {
    // Whatever is invented before them, at least one of the three phases of these words is whole.
    const result = await completed('color_palette', 'v0=1 v0=2 v0=3 v0=4 v0=5 v0=6 v0=7 v0=8 v0=9');
    expect(result.kind).toBe('palette');
    expect(result.values.length).toBeGreaterThanOrEqual(2);
    for (const channel of result.values.flat()) expect(channel).toBeLessThan(256);
    expect(result.toImage().width).toBe(25 * result.values.length);
    expect([...result.toPng().subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
  });

  test('people, their bodies, and a drawing', async () => {
    const numbers = (count: number) => Array.from({ length: count }, () => 'v0=500').join(' ');
    const person = `human v0=250 v1=0 v2=750 v3=999 pose v0=0 v0=1 v0=2 v0=3 v0=511 v1=0 v1=1 v1=511 global ${numbers(9)} camera ${numbers(3)} shape ${numbers(10)}`;
    const result: PosesResult = await completed('human_poses', person);
    expect(result.values).toMatchObject([{ poseTokens: PERSON.poseTokens }]);
    const [body] = await model.bodyPoses(result.values);
    expect(body).toHaveLength(207);
    expect(body!.every(Number.isFinite)).toBe(true);
    expect(result.drawOn(rgb)).toMatchObject({ width: 256, height: 256, channels: 3 });
  });

  test('objects, their masks, and a drawing', async () => {
    const result: InstancesResult = await completed(
      'sam_instance',
      `point v0=100 v1=70 polygon v0=20 v1=30 v2=120 v3=200 ${MASK} point v0=1 v1=1 none`,
    );
    expect(result.values).toEqual([OBJECT]);
    for (const { mask } of await model.masks(result.values)) expect(mask.width).toBe(64);
    const flat = { width: 8, height: 8, channels: 1, data: new Float32Array(64).fill(1) };
    const outlined = result.drawOn(rgb, [{ box: OBJECT.box, mask: flat, count: 1 }]);
    expect(outlined).toMatchObject({ width: 448, height: 448, channels: 3 });
    expect(result.drawOn(rgb).data).not.toEqual(outlined.data);
  });

  test('boxes with labels', async () => {
    const result = await completed('det', 'v0=0 v1=500 v2=500 v3=999 dog');
    expect(result.objects).toEqual([{ label: 'dog', box: { xmin: 0, ymin: 500 / 999, xmax: 500 / 999, ymax: 1 } }]);
    expect(result.unparsed).toBeGreaterThan(0);
  });

  test('embeddings, which the tokenizer reconstructs approximately', async () => {
    const vector = Float32Array.from({ length: 768 }, (_, i) => Math.sin(i));
    const [there] = await model.reconstruct('dinov2_global', [vector]);
    expect(there).toMatchObject({ kind: 'embedding', tokens: { length: 16 }, values: { length: 768 } });
    const [again] = await model.reconstruct('dinov2_global', [vector]);
    const { tokens, values } = there!;
    expect(again).toMatchObject({ tokens, values });
    expect(again!.toImage()).toMatchObject({ width: 768, height: 64, channels: 3 });
    await expect(model.reconstruct('dinov2_global', [vector.subarray(1)])).rejects.toThrow(InvalidInputError);
    const [facts] = await model.reconstruct('metadata', [FACTS]);
    expect(facts).toMatchObject({ kind: 'metadata', text: 'v1=0 v0=20 v1=5 v0=2 v1=14 v0=24' });
    await expect(model.reconstruct('caption', ['a [S_1] dog'])).rejects.toThrow('only whole values');
    await expect(model.reconstruct('t5_caption', ['a dog'])).rejects.toThrow("'t5_caption' can only be given");
  });

  test('embeddings', async () => {
    const { dinov2_global } = await model.generate({ caption: 'dog' }, { to: ['dinov2_global'] });
    expect(dinov2_global).toMatchObject({ kind: 'embedding', tokens: { length: 16 }, values: { length: 768 } });
    expect(dinov2_global.values.every(Number.isFinite)).toBe(true);
  });
});

const TARGET = 'imagebind_global';

/** Tokens generated from an input. The model is untrained, so guidance amplifies the input's effect. */
async function generatedFrom(inputs: Inputs): Promise<number[]> {
  const decoding = { [TARGET]: { temperature: 1, topP: 1, guidanceScale: 1e6 } };
  return [...(await model.generate(inputs, { to: [TARGET], decoding }))[TARGET].tokens];
}

describe('values are converted to text', () => {
  test.each([
    ['metadata', FACTS, 'v1=0 v0=20 v1=5 v0=2 v1=14 v0=24'],
    ['color_palette', COLOURS, 'v1=2 v0=1 v0=2 v0=3 v0=255 v0=0 v0=128'],
    ['sam_instance', [OBJECT], `point v0=100 v1=70 polygon v0=20 v1=30 v2=120 v3=200 ${MASK}`],
    ['det', BOXES, 'v0=0 v1=500 v2=500 v3=999 dog'],
  ] as const)('%s', async (name, values, text) => {
    const expected = await generatedFrom({ [name]: text });
    expect(await generatedFrom({ [name]: values })).toEqual(expected);
    expect(await generatedFrom({ [name]: text.replace('v0=', 'v0=9') })).not.toEqual(expected);
  });

  test('people by pose tokens, and by the pose', async () => {
    const { poseTokens, ...rest } = PERSON;
    const pose = (phase: number) => new Float32Array(207).map((_, i) => Math.sin(i + phase));
    const expected = await generatedFrom({ human_poses: [{ ...rest, bodyPose: pose(0) }] });
    const tokenizer = await loadTokenizer(join(folder, '4M_tokenizers_human-poses_1k_8'), {
      as: 'EPFL-VILAB/4M_tokenizers_human-poses_1k_8',
    });
    const { tokens } = await tokenizer.tokenize(pose(0));
    tokenizer.dispose();
    expect(await generatedFrom({ human_poses: [{ ...rest, poseTokens: tokens }] })).toEqual(expected);
    expect(await generatedFrom({ human_poses: [PERSON] })).not.toEqual(expected);
  });

  test('an embedding', async () => {
    const vector = (phase: number) => new Float32Array(768).map((_, i) => 100 * Math.cos(i * (1 + phase)));
    const fromVector = (phase: number) => generatedFrom({ dinov2_global: vector(phase) });
    expect(await fromVector(0)).not.toEqual(await fromVector(1));
    await expect(generatedFrom({ dinov2_global: vector(0).subarray(1) })).rejects.toThrow(/must be 768 numbers/);
  });

  test.each([
    ['a list for facts', { metadata: COLOURS }, /'metadata' takes text or facts/],
    ['a fact that is no number', { metadata: { n_humans: 'two' } }, /"n_humans": /],
    ['an unknown fact', { metadata: { colour: 1 } }, /unknown metadata 'colour'/],
    ['a picture for facts', { metadata: rgb }, /'metadata' takes text or facts/],
    ['a colour of two channels', { color_palette: [[1, 2]] }, /'color_palette' takes text or colours/],
    ['a channel out of range', { color_palette: [[1, 2, 256]] }, /from 0 to 255, not 256/],
    ['a short camera', { human_poses: [{ ...PERSON, camera: [1] }] }, /camera of a person must be 3 numbers/],
    ['a shape in words', { human_poses: [{ ...PERSON, shape: 'thin' }] }, /'human_poses' takes text or people/],
    ['a short mask', { sam_instance: [{ ...OBJECT, tokens: [1] }] }, /must have 16 tokens/],
    ['a number for objects', { sam_instance: 7 }, /'sam_instance' takes text or objects/],
    ['a label without box', { det: [{ label: 'dog' }] }, /'det' takes text or boxes; "0.box"/],
  ] as const)('refuses %s', async (_, inputs, message) => {
    const attempt = generatedFrom(inputs as never);
    await expect(attempt).rejects.toThrow(InvalidInputError);
    await expect(attempt).rejects.toThrow(message);
  });
});
