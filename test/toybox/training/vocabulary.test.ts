import { expect, test } from 'vitest';
import { instanceText, toyboxInstances } from '../../../src/toybox/annotations/instances.js';
import { metadataText } from '../../../src/toybox/annotations/metadata.js';
import { paletteText } from '../../../src/toybox/annotations/palette.js';
import { poseText } from '../../../src/toybox/annotations/poses.js';
import { OBJECT_CLASSES } from '../../../src/toybox/constants.js';
import { TOYBOX_TEXT_LENGTH } from '../../../src/toybox/modalities.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { toyboxSeed } from '../../../src/toybox/splits.js';
import { detectionText } from '../../../src/toybox/training/tokenize.js';
import { toyboxText } from './tiny.js';

const text = toyboxText();

test("has a token for every word of unseen scenes, within the model's lengths", () => {
  for (let i = 0; i < 60; i++) {
    const sample = toyboxSample(toyboxSeed('train', 5000 + i), { supersampling: 1 });
    const instances = toyboxInstances(sample);
    const texts: Record<keyof typeof TOYBOX_TEXT_LENGTH, string> = {
      caption: sample.caption,
      det: detectionText(sample),
      metadata: metadataText(sample),
      color_palette: paletteText(sample),
      human_poses: poseText(
        sample,
        sample.people.map(() => new Array(8).fill(255)),
      ),
      sam_instance: instanceText(
        sample,
        instances,
        instances.map(() => new Array(16).fill(255)),
      ),
    };
    for (const [name, string] of Object.entries(texts)) {
      const ids = text.encode(string);
      expect(ids, name).not.toContain(text.unkId);
      expect(ids.length, name).toBeLessThanOrEqual(TOYBOX_TEXT_LENGTH[name as keyof typeof texts]);
      // The published clean-up knows full stops and commas, not semicolons.
      expect(text.decode(ids).replaceAll(' ;', ';'), name).toBe(string);
      if (name !== 'caption') expect(ids, name).toHaveLength(string.split(' ').length);
    }
  }
});

test('coordinates, class names and sentinels are one token each', () => {
  for (const token of ['v0=0', 'v1=17', 'v2=63', 'v3=8', ...OBJECT_CLASSES, '[S_1]', '[S_39]']) {
    expect(text.encode(token), token).toHaveLength(1);
  }
  expect([text.padId, text.unkId, text.sosId, text.eosId]).toEqual([0, 1, 2, 3]);
});
