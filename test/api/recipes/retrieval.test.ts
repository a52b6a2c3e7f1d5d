import fc from 'fast-check';
import { expect, it } from 'vitest';
import { predictEmbeddings, retrieve } from '../../../src/api/recipes/retrieval.js';
import { InvalidInputError } from '../../../src/errors.js';
import { Random } from '../../../src/random.js';
import { buildVqVae, detokenize } from '../../../src/tokenizers/vq/vqvae.js';
import { disposeOf, randomModel, TINY_SIZES, tinyVocabulary as vocabulary } from '../../decoding/random-model.js';
import { onBackends } from '../../on-backends.js';

const sizes = { caption: TINY_SIZES.caption!, tok_dinov2_global: { vocab_size: 12 } };
/** The form of the published tokenizers of global embeddings: a vector becomes one token of each of 16 codebooks. */
const config = {
  image_size: 224,
  enc_type: 'BottleneckMLP/B_1-Wi_16',
  dec_type: 'BottleneckMLP/B_1-Wi_16',
  quant_type: 'memcodes',
  codebook_size: 12,
  num_codebooks: 16,
  latent_dim: 32,
  n_channels: 7,
};

onBackends(['cpu', 'wasm', 'node'], () => {
  it('the predicted tokens of each sample become its vector, which finds itself', async () => {
    const model = randomModel(1, {}, sizes);
    const tokenizer = buildVqVae(config);
    const random = new Random(3);
    for (const parameter of tokenizer.parameters.all) parameter.initialize(random);
    const request = {
      vocabulary,
      modality: 'tok_dinov2_global',
      inputs: { caption: { ids: [[20, 21], [28], [24, 25]] } },
    };
    const embeddings = await predictEmbeddings(model, tokenizer, { ...request, random: new Random(0) });
    expect(embeddings.map((own) => own.length)).toEqual([7, 7, 7]);
    expect(await predictEmbeddings(model, tokenizer, { ...request, random: new Random(0) })).toEqual(embeddings);
    for (const [b, own] of embeddings.entries()) {
      const [first] = retrieve(own, embeddings, 2);
      expect(first!.similarity).toBeCloseTo(1, 5);
      expect(embeddings[first!.index]).toEqual(embeddings[b]);
    }
    const all = await detokenize(tokenizer, new Int32Array(16).fill(3), [1, 1]);
    expect(all).toHaveLength(7);
    disposeOf(model);
    for (const parameter of tokenizer.parameters.all) parameter.dispose();
  });
});

it('ranks by angle, whatever the lengths', () => {
  const vector = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(vector, { minLength: 1, maxLength: 9 }), vector, fc.nat(9), (gallery, query, count) => {
      const floats = [query, ...gallery].map((values) => Float32Array.from(values, (x) => x + 10));
      const found = retrieve(floats[0]!, floats.slice(1), count);
      expect(found).toHaveLength(Math.min(count, gallery.length));
      found.forEach(({ similarity }, i) => {
        expect(Math.abs(similarity)).toBeLessThanOrEqual(1 + 1e-9);
        if (i > 0) expect(similarity).toBeLessThanOrEqual(found[i - 1]!.similarity);
      });
    }),
  );
  const [a, b, c] = [Float32Array.of(1, 0), Float32Array.of(5, 5), Float32Array.of(-3, 0)];
  expect(retrieve(Float32Array.of(9, 0.1), [c, b, a], 3).map(({ index }) => index)).toEqual([2, 1, 0]);
});

it('refuses vectors that cannot be compared', () => {
  expect(() => retrieve(Float32Array.of(1), [Float32Array.of(1, 2)], 1)).toThrow('of one length, not 1, 2');
  expect(() => retrieve(Float32Array.of(1), [Float32Array.of(0)], 1)).toThrow(InvalidInputError);
});
