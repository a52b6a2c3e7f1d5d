import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { useBackend } from '../../../backends/index.js';

beforeAll(() => useBackend('wasm'));

const axes = fc.array(
  fc
    .integer({ min: 1, max: 5 })
    .chain((length) =>
      fc
        .integer({ min: 0, max: length - 1 })
        .chain((begin) => fc.integer({ min: 0, max: length - begin }).map((size) => ({ length, begin, size }))),
    ),
  { minLength: 1, maxLength: 5 },
);

test('a slice has the right values, for any rank and type', () => {
  const check = fc.property(axes, fc.constantFrom('float32', 'int32'), (shape, dtype) => {
    const lengths = shape.map(({ length }) => length);
    const count = tf.util.sizeFromShape(lengths);
    const x = tf.tensor(
      Array.from({ length: count }, (_, i) => i),
      lengths,
      dtype as 'int32',
    );
    const [begin, size] = [shape.map((axis) => axis.begin), shape.map((axis) => axis.size)];
    const y = tf.slice(x, begin, size);
    const inside = (index: number) =>
      tf.util.indexToLoc(index, lengths.length, tf.util.computeStrides(lengths)).every((coordinate, axis) => {
        const own = shape[axis]!;
        return coordinate >= own.begin && coordinate < own.begin + own.size;
      });
    expect(y.shape).toEqual(size);
    expect([...y.dataSync()]).toEqual(Array.from({ length: count }, (_, i) => i).filter(inside));
    tf.dispose([x, y]);
  });
  fc.assert(check);
});

test('concatenating the parts of a split gives the original', () => {
  const x = tf.reshape(tf.range(0, 2 * 7 * 3), [2, 7, 3]);
  const parts = tf.split(x, [4, 1, 2], 1);
  expect(parts.map(({ shape }) => shape)).toEqual([
    [2, 4, 3],
    [2, 1, 3],
    [2, 2, 3],
  ]);
  const joined = tf.concat(parts, 1);
  expect([...joined.dataSync()]).toEqual([...x.dataSync()]);
  tf.dispose([x, ...parts, joined]);
});
