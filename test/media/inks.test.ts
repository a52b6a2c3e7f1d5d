import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MediaError } from '../../src/errors.js';
import { decodeImage, decodeInks } from '../../src/media/decode.js';
import { vectorCase } from '../vectors.js';

const file = (name: string) => readFileSync(new URL(`../../spec/vectors/media/files/${name}`, import.meta.url));

test("the inks of a CMYK file are Pillow's, and its colours follow from them", () => {
  const { data, width, height } = decodeInks(file('jpg_cmyk.jpg'));
  expect([height, width, 4]).toEqual(vectorCase('media').data.tensors.get('out.jpg_cmyk_jpg.cmyk')!.shape);
  const expected = vectorCase('media').data.read('out.jpg_cmyk_jpg.cmyk') as Uint8Array;
  data.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(3);
  });
  decodeImage(file('jpg_cmyk.jpg')).data.forEach((value, i) => {
    const [ink, black] = [data[4 * Math.floor(i / 3) + (i % 3)]!, data[4 * Math.floor(i / 3) + 3]!];
    expect(Math.abs(value - ((255 - ink) * (255 - black)) / 255)).toBeLessThanOrEqual(1);
  });
});

test.each(['jpg_q10.jpg', 'rgb8.png'])('%s has none', (name) => {
  expect(() => decodeInks(file(name))).toThrow(MediaError);
});
