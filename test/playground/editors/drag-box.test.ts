import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dragBox, type Grip, grabBox, withSide } from '../../../playground/src/editors/drag-box.js';

const fraction = fc.double({ noNaN: true, min: 0, max: 1 });
const point = fc.record({ x: fraction, y: fraction });
const boxes = fc.tuple(point, point).map(([a, b]) => ({
  xmin: Math.min(a.x, b.x),
  ymin: Math.min(a.y, b.y),
  xmax: Math.max(a.x, b.x),
  ymax: Math.max(a.y, b.y),
}));
const grips: fc.Arbitrary<Grip> = fc.record(
  { x: fc.constantFrom('xmin', 'xmax'), y: fc.constantFrom('ymin', 'ymax') },
  { requiredKeys: [] },
);

test('a dragged box stays in the picture, with its sides in order', () => {
  fc.assert(
    fc.property(boxes, grips, point, point, (box, grip, from, to) => {
      const { xmin, ymin, xmax, ymax } = dragBox(box, grip, from, to);
      expect([xmin >= 0, xmin <= xmax, xmax <= 1, ymin >= 0, ymin <= ymax, ymax <= 1]).not.toContain(false);
      if (grip.x || grip.y) return;
      expect(xmax - xmin).toBeCloseTo(box.xmax - box.xmin, 9);
      expect(ymax - ymin).toBeCloseTo(box.ymax - box.ymin, 9);
    }),
  );
});

test('a box is taken at its middle, its sides and its corners; the smaller one of two', () => {
  const small = { xmin: 0.4, ymin: 0.4, xmax: 0.6, ymax: 0.6 };
  const large = { xmin: 0.1, ymin: 0.1, xmax: 0.9, ymax: 0.9 };
  const all = [large, small];
  expect(grabBox(all, { x: 0.5, y: 0.5 })).toEqual({ index: 1, grip: {} });
  expect(grabBox(all, { x: 0.2, y: 0.2 })).toEqual({ index: 0, grip: {} });
  expect(grabBox(all, { x: 0.61, y: 0.5 })).toEqual({ index: 1, grip: { x: 'xmax' } });
  expect(grabBox(all, { x: 0.39, y: 0.61 })).toEqual({ index: 1, grip: { x: 'xmin', y: 'ymax' } });
  expect(grabBox(all, { x: 0.01, y: 0.5 })).toBeUndefined();
});

test('a side that passes the opposite one changes its name', () => {
  const box = { xmin: 0.2, ymin: 0.2, xmax: 0.4, ymax: 0.4 };
  expect(withSide(box, 'xmin', 0.7)).toEqual({ ...box, xmin: 0.4, xmax: 0.7 });
  expect(withSide(box, 'ymax', 2)).toEqual({ ...box, ymax: 1 });
});
