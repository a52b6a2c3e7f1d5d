import { expect, it } from 'vitest';
import { superResolve } from '../../../src/api/recipes/super-resolution.js';
import { InvalidInputError } from '../../../src/errors.js';
import { Random } from '../../../src/random.js';
import { disposeOf, randomModel, TINY_SIZES, tinyVocabulary as vocabulary } from '../../decoding/random-model.js';
import { onBackends } from '../../on-backends.js';

const low = { input_size: 32, patch_size: 8, vocab_size: 12 };
const high = { ...low, input_size: 64 };
const sizes = {
  'tok_rgb@224': low,
  'tok_rgb@448': high,
  'tok_depth@224': low,
  'tok_depth@448': high,
  caption: TINY_SIZES.caption!,
};
const ids = [Int32Array.from({ length: 16 }, (_, i) => i % 12)];

onBackends(['cpu', 'wasm', 'node'], () => {
  it('generates four times as many tokens of what is known, the picture last, and leaves out what cannot be read', async () => {
    const model = randomModel(1, {}, sizes);
    const order: string[] = [];
    const request = (seed: number) => ({ vocabulary, random: new Random(seed) });
    const inputs = { 'tok_rgb@224': { ids }, 'tok_depth@224': { ids }, tok_smell: { ids }, caption: { ids: [[20]] } };
    const tokens = await superResolve(model, {
      ...request(1),
      inputs,
      onProgress: ({ modality, done }) => done === 64 && order.push(modality),
    });
    expect(order).toEqual(['tok_depth@448', 'tok_rgb@448']);
    for (const name of order) expect(tokens[name]![0]).toHaveLength(64);

    const one = await superResolve(model, { ...request(1), inputs, to: ['tok_rgb@448'], decoding: { steps: 1 } });
    expect(Object.keys(one)).toEqual(['tok_rgb@448']);
    const nothing = superResolve(model, { ...request(1), inputs: { caption: { ids: [[20]] } } });
    await expect(nothing).rejects.toThrow(InvalidInputError);
    await expect(nothing).rejects.toThrow('nothing to enlarge: of caption');
    disposeOf(model);
  });
});
