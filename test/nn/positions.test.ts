import { expect, test } from 'vitest';
import { gridPositions, sequencePositions } from '../../src/nn/positions.js';
import { expectClose, vectorCase } from '../vectors.js';

const { about, data } = vectorCase('trans_posemb');
const expected = (name: string) => data.read(`out.${name}`) as Float32Array;

test.each([
  [512, 16],
  [40, 64],
])('positions in a sequence equal the official table: %i × %i', (length, width) => {
  expectClose(sequencePositions(length, width), expected(`sincos1d.${length}.${width}`), about.tolerance);
});

test.each([
  [14, 14, 16],
  [4, 7, 32],
])('positions in a grid equal the official table, square or not: %i × %i × %i', (h, w, width) => {
  const positions = gridPositions(h, w, width);
  expectClose(positions, expected(`sincos2d.h${h}_w${w}.${width}`), about.tolerance);
  const byChannel = positions.map((_, i) => positions[(i % (h * w)) * width + Math.floor(i / (h * w))]!);
  expectClose(byChannel, expected(`vit_sincos2d.h${h}_w${w}.${width}`), about.tolerance);
});

test('all positions of a grid differ', () => {
  const rows = Array.from({ length: 64 }, (_, p) =>
    gridPositions(8, 8, 16)
      .slice(p * 16, p * 16 + 16)
      .join(),
  );
  expect(new Set(rows).size).toBe(64);
});
