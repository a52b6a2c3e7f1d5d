import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { type MaskingConfig, maskSample, type SampleModality } from '../../src/masking/masking.js';
import { type ModalityInfo, type ModalityKind, modalityId } from '../../src/modalities/modality.js';
import { Random } from '../../src/random.js';

const vocabulary = { padId: 0, eosId: 3, sentinelIds: Array.from({ length: 40 }, (_, k) => 4 + k) };

function info(name: string, kind: ModalityKind, maxTokens: number): ModalityInfo {
  return { name, id: modalityId(name), kind, maxTokens };
}

const modalities = [
  info('rgb@64', 'pixels', 64),
  info('tok_rgb@64', 'image-tokens', 64),
  info('tok_depth@64', 'image-tokens', 64),
  info('caption', 'sequence', 30),
];
const grid = Int32Array.from({ length: 64 }, (_, i) => i);
const sample: Record<string, SampleModality> = {
  'rgb@64': { kind: 'pixels' },
  'tok_rgb@64': { kind: 'image-tokens', tokens: grid },
  'tok_depth@64': { kind: 'image-tokens', tokens: grid },
  caption: { kind: 'sequence', tokens: [300, 301, 302, 303, 304] },
};
const config: MaskingConfig = {
  inputTokens: [1, 96],
  targetTokens: 96,
  mixture: [
    {
      weight: 1,
      inputAlphas: { 'rgb@64': 0.5, 'tok_rgb@64': 0.5, 'tok_depth@64': 0.5, caption: 0.5 },
      targetAlphas: { 'tok_rgb@64': 0.5, 'tok_depth@64': 0.5, caption: 0.5 },
    },
    { weight: 3, inputAlphas: { 'rgb@64': 10 }, targetAlphas: { 'tok_depth@64': 1, caption: 1 } },
  ],
  vocabulary,
};
const open = (mask: Uint8Array) => mask.filter((m) => m === 0).length;

test('a masked sample respects its budgets, and no token is both input and target', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const masked = maskSample(sample, modalities, config, new Random(seed));
      expect(Object.keys(masked)).toEqual(modalities.map((m) => m.name));
      const all = Object.values(masked);
      expect(all.reduce((sum, m) => sum + open(m.inputMask), 0)).toBeLessThanOrEqual(96);
      expect(all.reduce((sum, m) => sum + open(m.targetMask), 0)).toBeLessThanOrEqual(96);
      for (const m of all) expect(m.inputMask.every((v, i) => v === 1 || m.targetMask[i] === 1)).toBe(true);
      expect(open(masked['rgb@64']!.targetMask)).toBe(0);
      expect(masked['tok_depth@64']!.ids).toEqual(grid);
    }),
  );
});

test('the same seed masks in the same way', () => {
  const mask = (seed: number) => maskSample(sample, modalities, config, new Random(seed));
  expect(mask(7)).toEqual(mask(7));
  expect(mask(7)).not.toEqual(mask(8));
});

test('pixels and tokens of the same image are masked independently', () => {
  const both = { 'rgb@64': 50, 'tok_rgb@64': 50 };
  const mixture = [{ weight: 1, inputAlphas: both, targetAlphas: { caption: 1 } }];
  const masked = maskSample(sample, modalities, { ...config, inputTokens: 64, mixture }, new Random(1));
  expect(open(masked['rgb@64']!.inputMask)).toBeGreaterThan(0);
  expect(open(masked['tok_rgb@64']!.inputMask)).toBeGreaterThan(0);
  expect(masked['rgb@64']!.inputMask).not.toEqual(masked['tok_rgb@64']!.inputMask);
});

test('mixture components are sampled in proportion to their weights', () => {
  const random = new Random(5);
  let rgbOnly = 0;
  for (let i = 0; i < 1000; i++) {
    const masked = maskSample(sample, modalities, config, random);
    if (open(masked['rgb@64']!.inputMask) > 0 && open(masked['tok_rgb@64']!.targetMask) === 0) rgbOnly++;
  }
  expect(rgbOnly).toBeGreaterThan(700);
  expect(rgbOnly).toBeLessThan(900);
});

test('without a target budget everything that is not input is target', () => {
  const masked = maskSample(sample, modalities, { ...config, targetTokens: null }, new Random(2));
  const { inputMask, targetMask } = masked['tok_depth@64']!;
  expect(targetMask).toEqual(inputMask.map((m) => 1 - m));
});

const component = config.mixture[0]!;
test.each<[string, () => unknown]>([
  ["the sample has no modality 'caption'", () => mask({ sample: { ...sample, caption: undefined } })],
  [
    "modality 'caption' is of kind sequence, but the sample has pixels",
    () => mask({ sample: { ...sample, caption: { kind: 'pixels' } } }),
  ],
  [
    "modality 'tok_rgb@64' has 64 tokens, but the sample has 2",
    () => mask({ sample: { ...sample, 'tok_rgb@64': { kind: 'image-tokens', tokens: [1, 2] } } }),
  ],
  [
    "the mixture has the unknown modality 'rbg'; known are rgb@64, tok_rgb@64, tok_depth@64, caption",
    () => mask({ mixture: [{ ...component, inputAlphas: { rbg: 1 } }] }),
  ],
  [
    "the alpha of 'caption' must be at least 0, not -1",
    () => mask({ mixture: [{ ...component, targetAlphas: { caption: -1 } }] }),
  ],
  [
    'a mixture component must have an alpha above 0 for some input and some target',
    () => mask({ mixture: [{ ...component, targetAlphas: {} }] }),
  ],
  [
    'the weight of a mixture component must be above 0, not NaN',
    () => mask({ mixture: [{ ...component, weight: Number.NaN }] }),
  ],
  ['the masking mixture is empty; it needs at least one component', () => mask({ mixture: [] })],
  ['a number of tokens must be a whole number or a range of two, not 5,2', () => mask({ inputTokens: [5, 2] })],
  ...[2.5, [2, 5.5] as const, [1.5, 5] as const, [-1, 5] as const].map((inputTokens): [string, () => unknown] => [
    `a number of tokens must be a whole number or a range of two, not ${inputTokens}`,
    () => mask({ inputTokens }),
  ]),
  ["modality 'caption' is a sequence, and masking it needs a text vocabulary", () => mask({ vocabulary: undefined })],
])('%s', (message, act) => {
  expect(act).toThrow(new InvalidInputError(message));
});

function mask(change: Partial<MaskingConfig> & { sample?: Record<string, SampleModality | undefined> }): unknown {
  const { sample: changed = sample, ...rest } = change;
  return maskSample(changed as Record<string, SampleModality>, modalities, { ...config, ...rest }, new Random(0));
}
