import { expect, it } from 'vitest';
import { denseSamInstances } from '../../../src/api/recipes/dense-sam.js';
import { InvalidInputError } from '../../../src/errors.js';
import { Random } from '../../../src/random.js';
import { disposeOf, randomModel, TINY_SIZES, tinyVocabulary } from '../../decoding/random-model.js';
import { onBackends } from '../../on-backends.js';

const sizes = {
  'rgb@224': TINY_SIZES['rgb@224']!,
  sam_instance: { vocab_size: 30, max_tokens: 10, max_length: 11 },
};
/** An object of a box that depends on the first token said, so that what the answers are can be read off the objects. */
const asObject = (ids: Int32Array) => {
  const box = `v0=0 v1=0 v2=${(ids[0] ?? 98) + 1} v3=10`;
  return `point v0=1 v1=2 polygon ${box} ${Array.from({ length: 16 }, () => 'v0=7').join(' ')}`;
};

onBackends(['cpu', 'wasm', 'node'], () => {
  it('asks as often as told, and puts all answers together, largest first', async () => {
    const model = randomModel(4, {}, sizes);
    const decoded: string[] = [];
    const text = {
      ...tinyVocabulary,
      decode: (ids: Int32Array) => {
        decoded.push(String(ids));
        return asObject(ids);
      },
    };
    const pixels = [Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => Math.sin(i))];
    const request = { inputs: { 'rgb@224': { pixels } }, text, temperature: 3 };
    const objects = await denseSamInstances(model, { ...request, times: 6, random: new Random(1) });
    expect(decoded).toHaveLength(6);
    expect(new Set(decoded).size).toBeGreaterThan(1);
    expect(objects).toHaveLength(6);
    const right = objects.map(({ box }) => box.xmax);
    expect(right).toEqual([...right].sort((a, b) => b - a));
    const two = { 'rgb@224': { pixels: [pixels[0]!, pixels[0]!] } };
    await expect(denseSamInstances(model, { ...request, inputs: two, random: new Random(1) })).rejects.toThrow(
      "'rgb@224' must be of one picture, not of 2",
    );
    await expect(denseSamInstances(model, { ...request, times: 0, random: new Random(1) })).rejects.toThrow(
      InvalidInputError,
    );
    disposeOf(model);
  });
});
