import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { modalityId } from '../../src/modalities/modality.js';

const published: Record<string, number> = JSON.parse(
  readFileSync(new URL('../../spec/vectors/trans_hash/data.json', import.meta.url), 'utf8'),
);

test.each(Object.entries(published))('the id of %s is the published %i', (name, id) => {
  expect(modalityId(name)).toBe(id);
});
