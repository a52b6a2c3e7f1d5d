/** The model in one file against the library, on the shipped checkpoint. */
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import {
  autoregressive,
  decode,
  encode,
  imageTokens,
  loss,
  type Model,
  maskgit,
  maskSample,
  readModel,
  roarStep,
  textTokens,
} from '../../examples/one-file/fourm.js';
import { parseConfig } from '../../src/checkpoints/metadata.js';
import { readSafetensors } from '../../src/checkpoints/safetensors.js';
import { generateTokens } from '../../src/decoding/generate.js';
import { predictLogits } from '../../src/decoding/image-tokens.js';
import { emptyImageTarget, fullImage } from '../../src/decoding/state.js';
import { loadParameters } from '../../src/nn/state-dict.js';
import { Random } from '../../src/random.js';
import { loadWordPiece } from '../../src/tokenizers/text/word-piece.js';
import { toyboxSample } from '../../src/toybox/index.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { fourMLoss } from '../../src/transformer/loss.js';
import { buildFourM, type FourM } from '../../src/transformer/model.js';

const FOLDER = new URL('../../models/toybox/', import.meta.url);
const read = (name: string) => readFile(new URL(name, FOLDER));
const positions = Array.from({ length: 64 }, (_, i) => i);
const scene = toyboxSample(3, { size: 64, people: false });
const rgb = imageTokens('rgb@64', scene.rgb.data, 64, 8);
const pixels = new Float32Array(3 * 64 * 64);
scene.rgb.data.forEach((value, i) => {
  pixels[(i % 3) * 64 * 64 + Math.floor(i / 3)] = value / 127.5 - 1;
});
const text = loadWordPiece(JSON.parse((await read('text.json')).toString()));
const greedy = { temperature: 0, random: () => 0 };

let model: Model;
let library: FourM;
beforeAll(async () => {
  await useBackend('wasm');
  const bytes = await read('model.safetensors');
  model = readModel(bytes);
  const file = readSafetensors(bytes);
  const { infos } = JSON.parse((await read('fourm.json')).toString());
  const byName = Object.fromEntries(infos.map((info: { name: string }) => [info.name, info]));
  library = buildFourM(parseFourMConfig(parseConfig(file.metadata)), byName);
  await loadParameters(library.parameters.all, file);
});
afterAll(() => tf.disposeVariables());

const known = () => ({ 'rgb@64': { pixels: [pixels] } });
const generate = async (target: Parameters<typeof generateTokens>[1]['targets'][number]) => {
  const request = { inputs: known(), targets: [target], vocabulary: text, random: new Random(0) };
  return (await generateTokens(library, request))[target.modality]![0]!;
};

describe('the model in one file', () => {
  test('is at most 400 lines', async () => {
    const source = await readFile(new URL('../../examples/one-file/fourm.ts', import.meta.url), 'utf8');
    expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(400);
    expect([...source.matchAll(/^import .* from '(.*)';$/gm)].map(([, name]) => name)).toEqual([
      '@tensorflow/tfjs-core',
    ]);
  });

  test('has the logits of the library', async () => {
    const target = { modality: 'tok_normal@64', positions };
    const [logits] = tf.tidy(() => decode(model, encode(model, [rgb]), [target]));
    const info = (name: string) => library.modalities[name]!;
    const batch = {
      size: 1,
      modalities: {
        'rgb@64': fullImage(info('rgb@64'), 1, { pixels }),
        'tok_normal@64': emptyImageTarget(info('tok_normal@64'), 1),
      },
    };
    const expected = await predictLogits(library, { batches: [batch], weights: [] }, 'tok_normal@64', [[positions]]);
    const found = await logits!.data();
    const worst = expected.reduce((largest, value, i) => Math.max(largest, Math.abs(value - found[i]!)), 0);
    expect([found.length, expected.length]).toEqual([64 * 512, 64 * 512]);
    expect(worst).toBeLessThan(1e-4);
  });

  test('generates the tokens of the library by MaskGIT', async () => {
    for (const [modality, steps] of [
      ['tok_depth@64', 1],
      ['tok_semseg@64', 6],
    ] as const) {
      const expected = await generate({ modality, method: 'maskgit', steps, schedule: 'cosine', temperature: 0 });
      expect(await maskgit(model, [rgb], modality, { count: 64, steps, ...greedy })).toEqual([...expected]);
    }
  });

  test('generates the caption of the library from left to right', async () => {
    const expected = await generate({ modality: 'caption', method: 'autoregressive', temperature: 0 });
    const found = await autoregressive(model, [rgb], 'caption', text, { length: 48, ...greedy });
    expect(found).toEqual([...expected]);
    expect(text.decode(found)).toMatch(/\w+ \w+/);
  });

  test('takes steps of ROAR that end in the same tokens as the library, given the same order', async () => {
    const batch = (ids: readonly number[]) => {
      const target = emptyImageTarget(library.modalities['tok_depth@64']!, 1);
      ids.forEach((id, p) => {
        target.ids![p] = id;
        target.inputMask[p] = 0;
        target.targetMask[p] = 1;
      });
      const image = fullImage(library.modalities['rgb@64']!, 1, { pixels });
      return { size: 1, modalities: { 'rgb@64': image, 'tok_depth@64': target } };
    };
    let image = { modality: 'tok_depth@64', positions: [] as readonly number[], ids: [] as readonly number[] };
    for (let start = 0; start < 64; start += 16) {
      const asked = positions.slice(start, start + 16);
      const passes = { batches: [batch(image.ids)], weights: [] };
      const logits = await predictLogits(library, passes, image.modality, [[asked]]);
      const likeliest = asked.map((_, i) => {
        const row = logits.subarray(512 * i, 512 * (i + 1));
        return row.indexOf(Math.max(...row));
      });
      const next = await roarStep(model, [rgb], image, asked, greedy);
      expect(next.positions).toEqual(positions.slice(0, start + 16));
      expect(next.ids!.slice(start)).toEqual(likeliest);
      image = { ...image, ...next, ids: next.ids! };
    }
  });

  test('samples the token at which the cumulative probability passes the random number', async () => {
    const asked = [20];
    const image = fullImage(library.modalities['rgb@64']!, 1, { pixels });
    const target = emptyImageTarget(library.modalities['tok_rgb@64']!, 1);
    const passes = { batches: [{ size: 1, modalities: { 'rgb@64': image, 'tok_rgb@64': target } }], weights: [] };
    const logits = await predictLogits(library, passes, 'tok_rgb@64', [[asked]]);
    const weights = Array.from(logits, (logit) => Math.exp(logit / 0.7));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const none = { modality: 'tok_rgb@64', positions: [], ids: [] };
    const drawn = new Set<number>();
    for (const share of [0.05, 0.35, 0.65, 0.95]) {
      let passed = 0;
      const expected = weights.findIndex((weight) => {
        passed += weight / total;
        return passed >= share;
      });
      const next = await roarStep(model, [rgb], none, asked, { temperature: 0.7, random: () => share });
      expect(next.ids).toEqual([expected]);
      drawn.add(expected);
    }
    expect(drawn.size).toBeGreaterThan(1);
  });
});

describe('a masked sample in one file', () => {
  const depth = { modality: 'tok_depth@64', positions, ids: positions.map((p) => (7 * p) % 512) };
  const caption = textTokens('caption', text.encode('a big red ball left of a small green box'));
  const all = [rgb, depth, caption];
  const sentinels = new Set(text.sentinelIds);

  test('keeps to its budgets, and every token is input or target or left out', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = new Random(seed);
      const masked = maskSample(all, { inputs: 40, targets: 30 }, text, () => random.uniform());
      const count = (parts: readonly { positions: readonly number[] }[]) =>
        parts.reduce((sum, part) => sum + part.positions.length, 0);
      expect(count(masked.inputs)).toBeLessThanOrEqual(40);
      expect(count(masked.targets)).toBeLessThanOrEqual(30);
      const [input, target] = [masked.inputs, masked.targets].map((side) =>
        side.find(({ modality }) => modality === depth.modality),
      );
      for (const p of input?.positions ?? []) expect(target?.positions ?? []).not.toContain(p);
      masked.targets.forEach(({ modality, positions: asked, ids }, i) => {
        const labels = masked.labels[i]!;
        expect(labels).toHaveLength(asked.length);
        if (modality === depth.modality) expect(labels).toEqual(asked.map((p) => depth.ids[p]!));
        else expect(labels.slice(0, -1)).toEqual(ids!.slice(1));
      });
      const words = masked.inputs.find(({ modality }) => modality === 'caption')?.ids ?? [];
      const whole = [...caption.ids!, text.eosId];
      let at = 0;
      for (const id of words.filter((word) => !sentinels.has(word))) {
        at = whole.indexOf(id, at) + 1;
        expect(at).toBeGreaterThan(0);
      }
    }
  });

  test('has the loss of the library', async () => {
    const masked = { inputs: [rgb], targets: [{ modality: depth.modality, positions }], labels: [depth.ids] };
    const info = library.modalities['tok_depth@64']!;
    const target = { ...emptyImageTarget(info, 1), ids: Int32Array.from(depth.ids) };
    target.decoderAttentionMask[0] = 64;
    const image = fullImage(library.modalities['rgb@64']!, 1, { pixels });
    const batch = { size: 1, modalities: { 'rgb@64': image, 'tok_depth@64': target } };
    const [own, expected] = tf.tidy(() => [
      loss(model, masked).dataSync()[0]!,
      fourMLoss(library, batch, { lossType: 'mod', decoderOrder: ['tok_depth@64'] }).loss.dataSync()[0]!,
    ]);
    expect(own).toBeCloseTo(expected!, 4);
  });
});
