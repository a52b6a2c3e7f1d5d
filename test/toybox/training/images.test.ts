import { expect, test } from 'vitest';
import { toTokenizerValues } from '../../../src/modalities/images.js';
import { Random } from '../../../src/random.js';
import { TOYBOX_IMAGES, type ToyboxImage } from '../../../src/toybox/modalities.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { toyboxSeed } from '../../../src/toybox/splits.js';
import { toyboxImages } from '../../../src/toybox/training/images.js';

const PIXELS = 64 * 64;

test.each([
  ['rgb', 3],
  ['depth', 1],
  ['normal', 3],
  ['semseg', 1],
] as [ToyboxImage, number][])('a batch of %s is of whole maps of the first training scenes', (modality, channels) => {
  const values = TOYBOX_IMAGES[modality];
  const batch = toyboxImages(modality, 3, 2)(new Random(0));
  expect([batch.height, batch.width, batch.values.length]).toEqual([64, 64, 3 * PIXELS * channels]);
  const supersampling = modality === 'rgb' ? undefined : 1;
  const known = [0, 1].map((i) => toyboxSample(toyboxSeed('train', i), { size: 64, supersampling })[modality]);
  const maps = known.map((map) => toTokenizerValues(values, map).join());
  for (let i = 0; i < 3; i++) {
    expect(maps).toContain(batch.values.slice(i * PIXELS * channels, (i + 1) * PIXELS * channels).join());
  }
});

test('the same random numbers choose the same scenes, drawn before or not', () => {
  const images = toyboxImages('semseg', 2, 4);
  const first = images(new Random(7));
  expect(images(new Random(7))).toEqual(first);
  expect(toyboxImages('semseg', 2, 4)(new Random(7))).toEqual(first);
});
