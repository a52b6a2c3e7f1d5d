import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mostFitting } from '../../../src/api/resources/check-fits.js';

test('the largest number of samples that fits is found by binary search', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.nat(), (count, rest) => {
      const fitting = rest % count;
      let questions = 0;
      const found = mostFitting(count, (samples) => {
        questions++;
        expect(samples).toBeGreaterThan(0);
        expect(samples).toBeLessThan(count);
        return samples <= fitting;
      });
      expect(found).toBe(fitting);
      expect(questions).toBeLessThanOrEqual(Math.ceil(Math.log2(count)));
    }),
  );
});
