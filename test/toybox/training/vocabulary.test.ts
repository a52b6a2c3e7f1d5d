import { expect, test } from 'vitest';
import { OBJECT_CLASSES } from '../../../src/toybox/constants.js';
import { TOYBOX_TEXT_LENGTH } from '../../../src/toybox/modalities.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { toyboxSeed } from '../../../src/toybox/splits.js';
import { detectionText } from '../../../src/toybox/training/tokens.js';
import { toyboxText } from './tiny.js';

const text = toyboxText();

test('spells scenes it has not seen, within the lengths that the model reads', () => {
  for (let i = 0; i < 30; i++) {
    const sample = toyboxSample(toyboxSeed('train', 5000 + i), { size: 16, supersampling: 1 });
    const [caption, det] = [text.encode(sample.caption), text.encode(detectionText(sample))];
    expect(caption).not.toContain(text.unkId);
    expect(det).not.toContain(text.unkId);
    expect(caption.length).toBeLessThanOrEqual(TOYBOX_TEXT_LENGTH.caption);
    expect(det.length).toBeLessThanOrEqual(TOYBOX_TEXT_LENGTH.det);
    // The published clean-up knows full stops and commas, not semicolons.
    expect(text.decode(caption).replaceAll(' ;', ';')).toBe(sample.caption.toLowerCase());
    expect(text.decode(det)).toBe(detectionText(sample));
  }
});

test('coordinates, class names and sentinels are one token each', () => {
  for (const token of ['v0=0', 'v1=17', 'v2=63', 'v3=8', ...OBJECT_CLASSES, '[S_1]', '[S_39]']) {
    expect(text.encode(token), token).toHaveLength(1);
  }
  expect([text.padId, text.unkId, text.sosId, text.eosId]).toEqual([0, 1, 2, 3]);
});
