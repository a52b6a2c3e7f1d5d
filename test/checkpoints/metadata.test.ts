import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ConfigValue,
  formatConfig,
  PythonDate,
  parseConfig,
  parseConfigValue,
} from '../../src/checkpoints/metadata.js';
import { CheckpointError, InvalidInputError } from '../../src/errors.js';

interface Case {
  readonly raw: string | { repeat: string; times: number };
  readonly parsed?: unknown;
}

/** As the vectors write values that JSON lacks. */
function asJson(value: ConfigValue): unknown {
  if (value instanceof PythonDate) return { __type__: value.type, str: value.text };
  if (value === Number.POSITIVE_INFINITY) return { __type__: 'float', str: 'inf' };
  return value;
}

describe('header strings of published checkpoints', () => {
  const cases: Case[] = JSON.parse(readFileSync('spec/vectors/ckpt_metadata/data.json', 'utf8'));
  test.each(cases.map((c) => [JSON.stringify(c.raw), c] as const))('%s', (_, { raw, parsed }) => {
    const text = typeof raw === 'string' ? raw : raw.repeat.repeat(raw.times);
    expect(asJson(parseConfigValue(text))).toEqual(parsed === 'SAME AS RAW' ? text : parsed);
  });

  test.each<[string, ConfigValue]>([
    ['y', 'y'],
    ['Off', false],
    ['-0x10', -16],
    ['0b101', 5],
    ['08', '08'],
    ['1.0e+3', 1000],
    ['1.0e3', '1.0e3'],
    ['-.INF', Number.NEGATIVE_INFINITY],
    ['190:20:30.5', 685230.5],
    ['2024-01-01T1:02:03.5 -5', new PythonDate('datetime', '2024-01-01 01:02:03.500000-05:00')],
    ["{1: 'a', None: [b]}", { 1: 'a', null: ['b'] }],
    ['{[1]: 2}', '{[1]: 2}'],
    ['{"__proto__": 1}', JSON.parse('{"__proto__": 1}')],
    ['!!python/tuple [1]', '!!python/tuple [1]'],
    ['&a [*a, *b]', '&a [*a, *b]'],
    ['=', '='],
    [': x', ': x'],
    ['a\u0007', 'a\u0007'],
    ['a: 1\na: 2', { a: 2 }],
    ['a\n...\nb', 'a\n...\nb'],
    ['|\n  a\n  b', 'a\nb'],
    ['a\rb\r\nc', 'a b c'],
    ['\t1', '\t1'],
    ['|\n  a\n  b\n', 'a\nb\n'],
  ])('%j as PyYAML reads it', (text, value) => expect(parseConfigValue(text)).toEqual(value));

  test.each(['2024-02-31', '[0x_]', '2024-01-01 25:00:00'])('%j, on which PyYAML breaks, is an error', (text) => {
    expect(() => parseConfigValue(text)).toThrow(CheckpointError);
  });
});

describe('writing configurations', () => {
  test('looks as Python prints', () => {
    const config = { dim: 768, eps: 0.5, norm_bias: false, act: 'SiLU', sr: null, domains_in: ['rgb@224', 'det'] };
    expect(formatConfig(config)).toEqual({
      dim: '768',
      eps: '0.5',
      norm_bias: 'False',
      act: 'SiLU',
      sr: 'None',
      domains_in: "['rgb@224', 'det']",
    });
  });

  test('text that would be misread is quoted, and small numbers get their point', () => {
    expect(formatConfig({ a: 'no', b: 'xNone', c: 1e-7, d: '' })).toEqual({
      a: "'no'",
      b: '"x\\u004eone"',
      c: '1.0e-7',
      d: "''",
    });
  });

  test('what is written is read as the same values', () => {
    const word = fc.constantFrom(
      'None',
      'no',
      '12',
      '1e-06',
      '~',
      'x',
      '[',
      "'",
      '"',
      '\\',
      ': ',
      '#',
      '\n',
      ' ',
      '😀',
    );
    const text = fc.oneof(
      fc.array(word, { maxLength: 4 }).map((words) => words.join('')),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    );
    const { value } = fc.letrec<{ value: ConfigValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constant(null),
        fc.boolean(),
        fc.maxSafeInteger(),
        fc.double(),
        text,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(value, (x) => {
        expect(parseConfig(formatConfig({ key: x }))).toEqual({ key: x });
      }),
      { numRuns: 300 },
    );
  });

  test('a value too long to be parsed again is refused; a long plain text is not', () => {
    expect(() => formatConfig({ list: Array(4000).fill(12) })).toThrow(InvalidInputError);
    const long = { text: '1'.repeat(10_001) };
    expect(parseConfig(formatConfig(long))).toEqual(long);
  });
});
