import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shiftClasses } from '../../../src/modalities/maps.js';
import { textToHumanPoses } from '../../../src/modalities/text/human-poses.js';
import { METADATA_KEYS, textToMetadata } from '../../../src/modalities/text/metadata.js';
import { textToPalette } from '../../../src/modalities/text/palette.js';
import { textToSamInstances } from '../../../src/modalities/text/sam-instances.js';

const WORDS = ['human', 'pose', 'camera', 'point', 'polygon', 'none', 'v0=1', 'v1=7', 'v2=999', 'v3=', 'v9=1', '[EOS]'];

test('no text makes a parser throw, and parsed values are in range', () => {
  const text = fc.array(fc.oneof(fc.constantFrom(...WORDS), fc.string())).map((words) => words.join(' '));
  fc.assert(
    fc.property(text, (words) => {
      textToHumanPoses(words);
      expect(
        textToPalette(words)
          .flat()
          .every((x) => x >= 0 && x <= 255),
      ).toBe(true);
      expect(textToSamInstances(words).every(({ tokens }) => tokens.length === 16)).toBe(true);
      expect(Object.keys(textToMetadata(words)).every((key) => METADATA_KEYS.includes(key as never))).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('classes moved up and down again are as they were', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), (data) => {
      const map = { width: data.length, height: 1, channels: 1, data };
      expect(shiftClasses(shiftClasses(map), -1)).toEqual(map);
    }),
    { numRuns: 50 },
  );
});
