import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../../backends/index.js';
import { Random } from '../../../src/random.js';
import { buildTokenizer } from '../../../src/tokenizers/tokenizer.js';
import { inputLayout } from '../../../src/tokenizers/vq/vqvae.js';
import { buildStandIn, type FrozenNetworks } from '../../../src/toybox/features/stand-ins.js';
import { TOYBOX_MASK_TOKENS, TOYBOX_POSE_TOKENS } from '../../../src/toybox/modalities.js';
import { STAND_INS, TOYBOX_TOKENIZERS } from '../../../src/toybox/names.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { toyboxSeed } from '../../../src/toybox/splits.js';
import { exampleBatches, exampleLength, exampleSize, examplesOf } from '../../../src/toybox/training/examples.js';
import { networkOf, toyboxTokenizerConfig } from '../../../src/toybox/training/tokenizers.js';

let networks: FrozenNetworks;
beforeAll(async () => {
  await useBackend('wasm');
  networks = Object.fromEntries(
    STAND_INS.map((name) => {
      const network = buildStandIn(name, 10);
      network.initialize(new Random(1));
      return [name, network.kept];
    }),
  );
});
afterAll(releaseBackend);

describe.each(TOYBOX_TOKENIZERS)('the tokenizer %s', (name) => {
  test('has the inputs of its configuration', async () => {
    const tokenizer = buildTokenizer(toyboxTokenizerConfig(name));
    const side = exampleSize(name);
    const { channels, grid } = inputLayout(tokenizer, side, side);
    expect(side * side * channels).toBe(exampleLength(name));
    const samples = [0, 1, 2, 3].map((seed) => toyboxSample(seed));
    const examples = await examplesOf(name, samples, networks);
    expect(examples.length).toBe(4);
    for (const values of examples.flat()) {
      expect(values.length).toBe(exampleLength(name));
      expect(values.every(Number.isFinite)).toBe(true);
    }
    if (name === 'sam_mask') expect(grid[0] * grid[1]).toBe(TOYBOX_MASK_TOKENS.count);
    if (name === 'human_poses') expect(tokenizer.quantizer.heads).toBe(TOYBOX_POSE_TOKENS.count);
  });

  test('gets the same batch from the same seed, of whole examples', async () => {
    const needed = networkOf(name) && networks;
    const batches = await exampleBatches(name, 3, 8, { networks: needed });
    const [first, again] = [batches(new Random(5)), batches(new Random(5))];
    expect(first).toEqual(again);
    expect(first.values.length).toBe(3 * exampleLength(name));
    const seeds = Array.from({ length: 8 }, (_, i) => toyboxSeed('train', i));
    const plain = ['depth', 'normal', 'semseg', 'human_poses', 'sam_mask'].includes(name) && { supersampling: 1 };
    const samples = seeds.map((seed) => toyboxSample(seed, { size: 64, ...plain }));
    const all = (await examplesOf(name, samples, networks)).flat().map((values) => values.join());
    for (let i = 0; i < 3; i++) {
      const length = exampleLength(name);
      expect(all).toContain(first.values.slice(i * length, (i + 1) * length).join());
    }
  });
});

test('features need their network', async () => {
  await expect(examplesOf('clip', [toyboxSample(0)], {})).rejects.toThrow(
    'the features of clip need its network, which is not loaded',
  );
});
