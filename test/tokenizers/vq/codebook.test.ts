import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/random.js';
import { kMeans, normalizedRows, sampleRows, updateCodebook } from '../../../src/tokenizers/vq/codebook.js';
import { expectClose, vectorCase } from '../../vectors.js';
import { channelsLast } from './cases.js';

describe.each(['vq_train_cosine', 'vq_train_cosine_dead', 'vq_train_cosine_lbg', 'vq_train_euclidean'])(
  'a codebook follows its latents as officially: %s',
  (name) => {
    test('buffers after every step', () => {
      const { about, data } = vectorCase(name);
      const c = about.config as {
        steps: number;
        kind: string;
        decay: number;
        threshold_ema_dead_code: number;
        code_replacement_policy: 'batch_random' | 'linde_buzo_gray';
      };
      const buffer = (key: string) => data.read(`in.state._codebook.${key}`) as Float32Array;
      const cosine = c.kind === 'CosineSim';
      const state = {
        codes: buffer('embed'),
        usage: buffer('cluster_size'),
        sums: cosine ? undefined : buffer('embed_avg'),
      };
      for (let step = 0; step < c.steps; step++) {
        const latents = channelsLast(
          data.read(`in.x.${step}`) as Float32Array,
          data.tensors.get(`in.x.${step}`)!.shape,
        );
        const training = {
          cosine,
          decay: c.decay,
          deadThreshold: c.threshold_ema_dead_code,
          replacement: c.code_replacement_policy,
        };
        const rows = () => data.read(`in.replacement_rows.${step}`) as Int32Array;
        updateCodebook(state, latents, data.read(`out.indices.${step}`) as Int32Array, training, rows);
        const expected = (key: string) => data.read(`out.state.${step}._codebook.${key}`) as Float32Array;
        expectClose(state.codes, expected('embed'), about.tolerance, 'codes');
        expectClose(state.usage, expected('cluster_size'), about.tolerance, 'usage');
        if (state.sums) expectClose(state.sums, expected('embed_avg'), about.tolerance, 'sums');
      }
    });
  },
);

test.each(['cosine', 'euclid'])('k-means as officially: %s', (kind) => {
  const { about, data } = vectorCase('vq_kmeans_usage');
  const samples = data.read(`in.${kind}.samples`) as Float32Array;
  const { means, sizes } = kMeans(
    kind === 'cosine' ? normalizedRows(samples, 4) : samples,
    data.read(`in.${kind}.initial_rows`) as Int32Array,
    4,
    kind === 'cosine',
  );
  expectClose(means, data.read(`out.${kind}.means`) as Float32Array, about.tolerance);
  expectClose(sizes, data.read(`out.${kind}.bins`) as Float32Array, about.tolerance);
});

test('k-means finds clusters that lie apart', () => {
  const random = new Random(0);
  const centres = [-10, 0, 10];
  const samples = Float32Array.from({ length: 60 }, (_, i) => centres[i % 3]! + 0.1 * random.normal());
  const { means, sizes } = kMeans(samples, [0, 1, 2], 1, false);
  expectClose(means, centres, { rtol: 0, atol: 0.1 });
  expect([...sizes]).toEqual([20, 20, 20]);
});

describe('dead codes', () => {
  const training = { cosine: true, decay: 0.5, deadThreshold: 0.4, replacement: 'batch_random' as const };
  const codebook = () => ({ codes: Float32Array.of(1, 0, 0, 1), usage: Float32Array.of(1, 0), sums: undefined });

  test('become unit vectors of the batch, as chosen', () => {
    const state = codebook();
    const asked: [number, number][] = [];
    updateCodebook(state, Float32Array.of(2, 0, 3, 4), [0, 0], training, (available, wanted) => {
      asked.push([available, wanted]);
      return [1];
    });
    expect(asked).toEqual([[2, 1]]);
    expectClose(state.codes.subarray(2), [0.6, 0.8], { rtol: 1e-6, atol: 0 });
    expect([...state.usage]).toEqual([1.5, 0]);
  });

  test('become the codes used most, as those were before', () => {
    const state = {
      codes: Float32Array.of(1, 0, 0, 1, -1, 0),
      usage: Float32Array.of(9, 0.2, 0.1),
      sums: undefined,
    };
    const copying = { ...training, replacement: 'linde_buzo_gray' as const };
    updateCodebook(state, Float32Array.of(2, 0), [0], copying, () => []);
    expect([...state.codes]).toEqual([1, 0, 1, 0, 0, 1]);
  });

  test('are kept at threshold 0, and nothing is chosen', () => {
    const state = codebook();
    updateCodebook(state, Float32Array.of(2, 0, 3, 4), [0, 0], { ...training, deadThreshold: 0 }, () => {
      throw new Error('asked for rows');
    });
    expect([...state.codes.subarray(2)]).toEqual([0, 1]);
  });
});

test('a row is brought to length 1 in its direction; zero stays zero', () => {
  const rows = fc.array(fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 3, maxLength: 3 }));
  fc.assert(
    fc.property(rows, (list) => {
      const normalized = normalizedRows(Float32Array.from(list.flat()), 3);
      list.forEach((row, i) => {
        const length = Math.hypot(...row);
        const expected = row.map((x) => (length > 1e-6 ? x / length : 0));
        if (length === 0 || length > 1e-6) {
          expectClose(normalized.subarray(3 * i, 3 * i + 3), expected, { rtol: 1e-5, atol: 1e-6 });
        }
      });
    }),
  );
});

test('rows are sampled without repetition where there are enough', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(30), fc.nat(), (n, wanted, seed) => {
      const rows = [...sampleRows(n, wanted, new Random(seed))];
      expect(rows).toHaveLength(wanted);
      expect(rows.every((row) => row >= 0 && row < n)).toBe(true);
      if (n >= wanted) expect(new Set(rows).size).toBe(wanted);
    }),
  );
});
