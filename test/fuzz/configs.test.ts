import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseConfig, parseConfigValue } from '../../src/checkpoints/metadata.js';
import { CheckpointError } from '../../src/errors.js';
import { publishedModalities } from '../../src/modalities/published.js';
import type { ParameterList } from '../../src/nn/parameters.js';
import { buildDiVae } from '../../src/tokenizers/diffusion/divae.js';
import { buildVqVae } from '../../src/tokenizers/vq/vqvae.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { buildFourM } from '../../src/transformer/model.js';
import { type Config, configs, DECODER, FOUR_M, PAINTER, TOKENIZER } from './configs.js';
import { fuzzing, outcomeOf } from './fuzzing.js';

/** Names and shapes of two thousand layers and their tables; no weights. */
const MODEL_BYTES = 2 ** 20;

/** A checkpoint's configuration builds a model with possible tensors, or is refused where it is wrong. */
function checkBuilding({ metadata, right }: Config, build: (config: object) => { parameters: ParameterList }) {
  const outcome = outcomeOf(MODEL_BYTES, () => build(parseConfig(metadata)));
  if ('refusal' in outcome) expect({ right, refusal: outcome.refusal.message }).toMatchObject({ right: false });
  else {
    expect(right).toBe(true);
    const sizes = outcome.value.parameters.all.flatMap(({ shape }) => shape);
    expect(sizes.filter((size) => !(Number.isSafeInteger(size) && size >= 1))).toEqual([]);
    expect(outcome.value.parameters.all.some((p) => p.loaded)).toBe(false);
  }
}

describe('a configuration is built if each of its values is right, and refused otherwise', () => {
  test('of a 4M model', () => {
    fc.assert(
      fc.property(configs(FOUR_M, ['domains_in', 'domains_out'], true), (config) => {
        checkBuilding(config, (c) => buildFourM(parseFourMConfig(c as Record<string, unknown>), publishedModalities));
      }),
      fuzzing(0.2),
    );
  });

  test('of a tokenizer', () => {
    const all = configs({ ...TOKENIZER, ...DECODER }, [], false);
    fc.assert(
      fc.property(all, (config) => checkBuilding(config, buildVqVae)),
      fuzzing(0.2),
    );
  });

  test('of a tokenizer that paints', () => {
    const all = configs({ ...TOKENIZER, ...PAINTER }, [], false);
    fc.assert(
      fc.property(all, (config) => checkBuilding(config, buildDiVae)),
      fuzzing(0.2),
    );
  });
});

test.each([
  ['encoder_depth', { encoder_depth: 1_000_000 }],
  ['num_heads', { dim: 1_048_576, num_heads: 1_048_573 }],
  ['mlp_ratio', { mlp_ratio: 1e6 }],
  ['mlp_ratio', { dim: 4, num_heads: 1, mlp_ratio: 0.25, gated_mlp: true }],
  ['mlp_ratio', { mlp_ratio: 1e-9 }],
  ['domains_in', { domains_in: ['rgb@224', 'rgb@224'] }],
  ['__proto__', { domains_in: ['__proto__'] }],
  ['constructor', { domains_out: ['constructor'] }],
])('what would exhaust the memory or reach into objects is refused, naming "%s": %j', (key, change) => {
  const build = () =>
    buildFourM(parseFourMConfig({ domains_in: ['rgb@224'], domains_out: [], ...change }), publishedModalities);
  expect(build).toThrow(key);
});

test.each([
  ['enc_type', { enc_type: 'BottleneckMLP/B_999999999-Wi_9' }],
  ['dec_type', { dec_type: 'BottleneckMLP/B_1-Wi_999999999' }],
  ['codebook_size', { codebook_size: 2 ** 40 }],
  ['image_size', { image_size: [2 ** 30, 2 ** 30] }],
])('a tokenizer as large is refused, naming "%s"', (key, config) => {
  expect(() => buildVqVae(config)).toThrow(key);
});

describe('text in metadata', () => {
  const fragment = fc.oneof(
    fc.constantFrom(
      ...'[]{},:?-&*!|>%@`"\'#~=<\\ \t\n\r',
      ': ',
      '- ',
      '? ',
      '<<: ',
      '---\n',
      '...\n',
      '&a ',
      '*a',
      '!!',
    ),
    fc.constantFrom(
      'None',
      'null',
      'yes',
      '0x',
      '1_',
      '1:1',
      '.5',
      '1.e+1',
      '2024-02-30',
      '!!binary ',
      '|2\n',
      '>-\n',
      '"\\x',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const texts = fc
    .tuple(fc.array(fragment, { maxLength: 12 }), fc.oneof({ weight: 20, arbitrary: fc.constant(1) }, fc.nat(400)))
    .map(([parts, times]) => parts.join('').repeat(times));

  test('becomes a value, stays as it is, or is refused', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const outcome = outcomeOf(2 ** 20, () => parseConfigValue(text));
        if ('refusal' in outcome) expect(outcome.refusal).toBeInstanceOf(CheckpointError);
        // A value has no more in it than the text, however often the text refers to its parts.
        else expect((JSON.stringify(outcome.value) ?? '').length).toBeLessThanOrEqual(200 + 200 * text.length);
      }),
      fuzzing(),
    );
  });

  test('that Python prints for plain values is read as these values', () => {
    const word = fc
      .stringMatching(/^[a-z_@]{1,9}$/)
      .filter((text) => !/^(y|n|yes|no|on|off|true|false|null)$/.test(text));
    const scalar = fc.oneof(
      fc.maxSafeInteger().map((x) => [String(x), x] as const),
      fc.tuple(fc.integer(), fc.nat(99)).map(([x, y]) => [`${x}.${y}`, Number(`${x}.${y}`)] as const),
      fc.constantFrom(['True', true] as const, ['False', false] as const, ['None', null] as const),
      word.map((text) => [`'${text}'`, text] as const),
    );
    const lists = fc
      .array(scalar)
      .map((items) => [`[${items.map(([text]) => text).join(', ')}]`, items.map(([, x]) => x)] as const);
    fc.assert(
      fc.property(fc.oneof(scalar, lists), ([text, value]) => {
        expect(parseConfigValue(text)).toEqual(Array.isArray(value) ? value : (value as unknown));
      }),
      fuzzing(),
    );
  });
});
