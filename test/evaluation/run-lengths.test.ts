import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { InstanceSegmentationMetric } from '../../src/evaluation/detection.js';
import { boxToMask, polygonsToMask } from '../../src/evaluation/polygons.js';
import { runsToString, stringToRuns } from '../../src/evaluation/run-length-string.js';
import { decodeMask, encodeMask, maskArea, maskBox, maskIou, mergeMasks } from '../../src/evaluation/run-lengths.js';
import { segmentationToMask } from '../../src/evaluation/segmentations.js';

const side = fc.integer({ min: 1, max: 9 });
const pixelsOf = (size: number) => fc.array(fc.constantFrom(0, 1), { minLength: size, maxLength: size });
/** Two masks of one size. */
const masks = fc.tuple(side, side).chain(([height, width]) =>
  fc.tuple(pixelsOf(height * width), pixelsOf(height * width)).map(([a, b]) => ({
    height,
    width,
    a,
    b,
    first: encodeMask(a, height, width),
    second: encodeMask(b, height, width),
  })),
);

test('runs go down the columns and begin with zeros', () => {
  const mask = encodeMask([1, 0, 0, 1, 1, 0], 2, 3);
  expect(mask.counts).toEqual([0, 2, 1, 1, 2]);
  expect(maskArea(mask)).toBe(3);
  expect(maskBox(mask)).toEqual([0, 0, 2, 2]);
  expect(maskBox(encodeMask([0, 0], 1, 2))).toEqual([0, 0, 0, 0]);
});

describe('any mask', () => {
  test('equals its decoded runs and string', () => {
    fc.assert(
      fc.property(masks, ({ a, first }) => {
        expect([...decodeMask(first)]).toEqual(a);
        expect(stringToRuns(runsToString(first.counts))).toEqual(first.counts);
        expect(maskArea(first)).toBe(a.filter(Boolean).length);
      }),
    );
  });

  test('overlaps with another in as many pixels as both have', () => {
    fc.assert(
      fc.property(masks, ({ a, b, first, second }) => {
        const both = a.filter((value, i) => value && b[i]).length;
        const any = a.filter((value, i) => value || b[i]).length;
        expect(maskIou(first, second)).toBe(both === 0 ? 0 : both / any);
        expect(maskIou(first, second, true)).toBe(both === 0 ? 0 : both / maskArea(first));
        expect([...decodeMask(mergeMasks([first, second], 'union'))]).toEqual(a.map((x, i) => x | b[i]!));
        expect([...decodeMask(mergeMasks([first, second], 'intersection'))]).toEqual(a.map((x, i) => x & b[i]!));
      }),
    );
  });

  test('lies in its box', () => {
    fc.assert(
      fc.property(masks, ({ first, width }) => {
        const [x, y, w, h] = maskBox(first);
        decodeMask(first).forEach((value, i) => {
          const [row, column] = [Math.floor(i / width), i % width];
          if (value) expect(column >= x && column < x + w && row >= y && row < y + h).toBe(true);
        });
      }),
    );
  });
});

test('runs of any size have a string', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2 ** 30)), (counts) => {
      expect(stringToRuns(runsToString(counts))).toEqual(counts);
    }),
  );
});

describe('polygons', () => {
  test('a square of whole pixels has these pixels', () => {
    const mask = polygonsToMask([[1, 1, 3, 1, 3, 3, 1, 3]], 4, 4);
    expect([...decodeMask(mask)]).toEqual([0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
    expect(boxToMask([1, 1, 2, 2], 4, 4)).toEqual(mask);
    expect(segmentationToMask([[1, 1, 3, 1, 3, 3, 1, 3]], 4, 4)).toEqual(mask);
  });

  test('whole boxes inside the image have their area', () => {
    const box = fc.tuple(fc.nat(5), fc.nat(5), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }));
    fc.assert(
      fc.property(box, ([x, y, w, h]) => {
        const mask = boxToMask([x, y, w, h], 10, 10);
        expect(maskArea(mask)).toBe(w * h);
        expect(maskBox(mask)).toEqual([x, y, w, h]);
      }),
    );
  });

  test('any polygon gives a mask of the size of the image', () => {
    const corner = fc.double({ min: -30, max: 30, noNaN: true });
    const polygon = fc.array(corner, { minLength: 2, maxLength: 12 }).filter((values) => values.length % 2 === 0);
    fc.assert(
      fc.property(fc.array(polygon, { minLength: 1, maxLength: 3 }), side, side, (polygons, height, width) => {
        const { counts } = polygonsToMask(polygons, height, width);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(height * width);
        expect(counts.slice(1).every((count) => count > 0)).toBe(true);
      }),
    );
  });
});

test.each([
  ['too few pixels', () => encodeMask([1], 1, 2)],
  ['runs of another size', () => decodeMask({ height: 1, width: 2, counts: [1] })],
  ['no masks', () => mergeMasks([], 'union')],
  ['masks of two sizes', () => maskIou(encodeMask([1], 1, 1), encodeMask([1, 1], 1, 2))],
  ['a string that ends early', () => stringToRuns('P')],
  ['a string with other characters', () => stringToRuns('1 1')],
  ['an odd number of coordinates', () => polygonsToMask([[1, 2, 3]], 4, 4)],
  ['NaN', () => polygonsToMask([[1, Number.NaN]], 4, 4)],
  ['a mask of another size than its image', () => segmentationToMask({ size: [1, 2], counts: [2] }, 2, 1)],
])('refuses %s', (_, run) => expect(run).toThrow(InvalidInputError));

test('masks that are the truth are found', () => {
  const mask = encodeMask([0, 1, 1, 1], 2, 2);
  const metric = new InstanceSegmentationMetric();
  metric.add([{ label: 'a', score: 1, mask }], [{ label: 'a', mask }]);
  expect(metric.result()).toMatchObject({ ap: 1, ar: 1, apSmall: 1, apLarge: null });
});
