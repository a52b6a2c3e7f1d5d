import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filterLogits, sampleToken, softmax } from '../../src/decoding/sampling.js';
import { FourMError } from '../../src/errors.js';
import { argmax } from '../../src/numeric.js';
import { Random } from '../../src/random.js';
import { expectClose, vectorCase } from '../vectors.js';

const reference = vectorCase('gen_filter') as ReturnType<typeof vectorCase> & {
  about: {
    combos: {
      i: number;
      logits: string;
      top_k: number;
      top_k_kind: string;
      top_p: number;
      temperature_for_probs: number;
    }[];
  };
};

it.each(reference.about.combos)('gen_filter $i: top_k $top_k, top_p $top_p', (combo) => {
  const { data } = reference;
  const logits = data.read(combo.logits) as Float32Array;
  const width = data.tensors.get(combo.logits)!.shape[1]!;
  // A share of 1 is the whole vocabulary, which the count 1 would not be.
  const topK = combo.top_k_kind !== 'count' && combo.top_k === 1 ? width : combo.top_k;
  const name = `out.f${String(combo.i).padStart(3, '0')}`;
  const filtered = data.read(`${name}.filtered`) as Float32Array;
  const probabilities = data.read(`${name}.probs`) as Float32Array;
  for (let row = 0; row < logits.length / width; row++) {
    const [from, to] = [row * width, (row + 1) * width];
    const actual = filterLogits(logits.subarray(from, to), { topK, topP: combo.top_p });
    expect(Array.from(actual)).toEqual(Array.from(filtered.subarray(from, to)));
    const wanted = probabilities.subarray(from, to);
    expectClose(softmax(actual, combo.temperature_for_probs), wanted, { rtol: 1e-5, atol: 1e-7 });
  }
});

const distribution = fc
  .array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 1, maxLength: 40 })
  .map((values) => Float32Array.from(values));

describe('filters', () => {
  it('keep the most likely token, and at least k tokens', () => {
    const share = fc.double({ min: 0.01, max: 1, noNaN: true });
    fc.assert(
      fc.property(distribution, fc.integer({ min: 0, max: 50 }), share, (logits, topK, topP) => {
        const best = argmax(logits);
        expect(filterLogits(logits, { topK, topP })[best]).toBe(logits[best]);
        const kept = filterLogits(logits, { topK }).filter((x) => x > -Infinity).length;
        expect(kept).toBeGreaterThanOrEqual(topK === 0 ? logits.length : Math.min(topK, logits.length));
        const mass = softmax(logits).reduce((sum, p, i) => {
          return filterLogits(logits, { topP })[i]! > -Infinity ? sum + p : sum;
        }, 0);
        expect(mass).toBeGreaterThan(topP - 1e-4);
      }),
    );
  });

  it('do not modify their argument', () => {
    const logits = Float32Array.of(3, 2, 1);
    filterLogits(logits, { topK: 1, topP: 0.5 });
    expect(Array.from(logits)).toEqual([3, 2, 1]);
  });
});

describe('sampling', () => {
  const logits = Float32Array.from([0.25, 0, 0.5, 0.25], Math.log);

  it('inverts the cumulative distribution', () => {
    const drawn = [0, 0.2499, 0.2501, 0.7499, 0.7501, 0.9999].map((u) => sampleToken(logits, { temperature: 1 }, u).id);
    expect(drawn).toEqual([0, 0, 2, 2, 3, 3]);
  });

  it('never returns a token of probability 0', () => {
    const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(distribution, uniform, (logits, u) => {
        const { id, probability } = sampleToken(logits, { temperature: 1, topK: 3 }, u);
        expect(probability).toBeGreaterThan(0);
        expect(filterLogits(logits, { topK: 3 })[id]).toBeGreaterThan(-Infinity);
      }),
    );
  });

  it('follows the distribution at the given temperature', () => {
    const logits = Float32Array.from([0.5, 0.3, 0.2], Math.log);
    const share = (temperature: number) => {
      const random = new Random(7);
      const drawn = Array.from({ length: 4000 }, () => sampleToken(logits, { temperature }, random.uniform()).id);
      return drawn.filter((id) => id === 0).length / drawn.length;
    };
    expect(share(1)).toBeCloseTo(0.5, 1);
    expect(share(0.5)).toBeCloseTo(0.25 / (0.25 + 0.09 + 0.04), 1);
    expect(share(100)).toBeCloseTo(1 / 3, 1);
    expect(share(0)).toBe(1);
  });

  it('returns the probability of the token after filtering', () => {
    const logits = Float32Array.from([0.5, 0.3, 0.2], Math.log);
    expect(sampleToken(logits, { temperature: 1, topK: 2 }, 0.7)).toEqual({
      id: 1,
      probability: expect.closeTo(0.375, 6),
    });
    expect(sampleToken(logits, { temperature: 0 }, 0.7)).toEqual({ id: 0, probability: expect.closeTo(0.5, 6) });
  });

  it('is greedy without a random number, with the probability at the temperature', () => {
    const logits = Float32Array.from([0.2, 0.5, 0.3], Math.log);
    const probability = expect.closeTo(0.25 / 0.38, 6);
    expect(sampleToken(logits, { temperature: 0.5 })).toEqual({ id: 1, probability });
  });

  it.each([
    [Number.NaN, 1],
    [Infinity, 1],
    [-Infinity, -Infinity],
  ])('of logits %d, %d is rejected', (...logits) => {
    const draw = () => sampleToken(Float32Array.from(logits), { temperature: 1 }, 0.5);
    expect(draw).toThrow(FourMError);
  });
});
