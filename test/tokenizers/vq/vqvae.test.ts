import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BackendName } from '../../../backends/index.js';
import { InvalidInputError } from '../../../src/errors.js';
import { fromPatches, toPatches } from '../../../src/nn/patches.js';
import {
  buildVqVae,
  decode,
  detokenize,
  encode,
  inputLayout,
  outputLayout,
  tokenize,
  tokensToEmbedding,
  type VqVae,
} from '../../../src/tokenizers/vq/vqvae.js';
import { onEachBackend, onOneBackend } from '../../on-backends.js';
import { expectClose, vectorCase } from '../../vectors.js';
import { channelsLast, referenceTokenizer, release, transparentTokenizer } from './cases.js';

const CASES = [
  'vq_vit_rgb',
  'vq_semseg',
  'vq_norm_latents',
  'vq_euclidean',
  'vq_vit_undo_std',
  'vq_vit_feat',
  'vq_multihead',
  'vq_global_memcodes',
  'vq_pose_memcodes',
  'vq_sam_outconv',
  'vq_outconv_rgb',
];

/** Without a GPU, WebGPU takes seconds for what the others do at once. */
const casesFor = (backend: BackendName) =>
  backend === 'webgpu' ? ['vq_semseg', 'vq_global_memcodes', 'vq_outconv_rgb'] : CASES;

onEachBackend((backend) => {
  describe.each(casesFor(backend))('equals the official tokenizer: %s', (name) => {
    const { about, data } = vectorCase(name);
    const shape = (tensor: string) => data.tensors.get(tensor)!.shape;
    const values = (tensor: string) => data.read(tensor) as Float32Array;
    let model: VqVae;

    beforeAll(async () => {
      model = await referenceTokenizer(name);
    });
    afterAll(() => release(model));

    test.each(['', '_res2'].filter((suffix) => data.tensors.has(`in.x${suffix}`)))('encoding%s', async (suffix) => {
      const s = shape(`in.x${suffix}`);
      const classes = model.config.n_labels;
      const images = classes ? (data.read(`in.x${suffix}`) as Int32Array) : channelsLast(values(`in.x${suffix}`), s);
      const [height, width] = s.slice(-2) as [number, number];
      const ids = await tokenize(model, images, height, width);
      expect([...ids]).toEqual([...values(`out.tokens${suffix}`)]);
      const layout = inputLayout(model, height, width);
      const latents = tf.tidy(() => {
        const [h, w] = layout.grid;
        const cut: [number, number, number] = [s[0]!, h * w, images.length / (s[0]! * h * w)];
        return encode(model, tf.tensor3d(toPatches(images, layout), cut, classes ? 'int32' : 'float32'), layout.grid);
      });
      const expected = channelsLast(values(`out.latents${suffix}`), shape(`out.latents${suffix}`));
      expectClose(await latents.data(), expected, about.tolerance);
      latents.dispose();
    });

    test('decoding', async () => {
      const [b, d, h, w] = shape('out.quant') as [number, number, number, number];
      const expected = channelsLast(values('out.recon'), shape('out.recon'));
      const quantized = channelsLast(values('out.quant'), shape('out.quant'));
      const patches = tf.tidy(() => decode(model, tf.tensor3d(quantized, [b, h * w, d]), [h, w]));
      const reconstruction = fromPatches((await patches.data()) as Float32Array, outputLayout(model, [h, w]));
      expectClose(reconstruction, expected, about.tolerance);
      patches.dispose();
      const tokens = data.read('out.tokens') as Int32Array;
      expectClose(await detokenize(model, tokens, [h, w]), expected, about.tolerance, 'tokens of the encoder');
    });

    test.each(['in.tokens'].filter((tensor) => data.tensors.has(tensor)))('decoding %s', async (tensor) => {
      const tokens = data.read(tensor) as Int32Array;
      const grid = shape(tensor).slice(-2) as [number, number];
      const { heads } = model.quantizer;
      const embedding = tf.tidy(() =>
        tokensToEmbedding(model, tf.tensor3d(tokens, [shape(tensor)[0]!, heads, grid[0] * grid[1]], 'int32')),
      );
      const embedded = channelsLast(values('out.tokens_to_embedding'), shape('out.tokens_to_embedding'));
      expectClose(await embedding.data(), embedded, about.tolerance, 'embedding');
      embedding.dispose();
      const decoded = channelsLast(values('out.decode_tokens'), shape('out.decode_tokens'));
      expectClose(await detokenize(model, tokens, grid), decoded, about.tolerance);
    });

    test('leaks no tensors', async () => {
      const [height, width] = shape('in.x').slice(-2) as [number, number];
      const grid = shape('out.quant').slice(-2) as [number, number];
      const size = shape('in.x').reduce((x, y) => x * y, 1);
      const before = tf.memory().numTensors;
      await tokenize(model, new Float32Array(size), height, width);
      await detokenize(model, data.read('out.tokens') as Int32Array, grid);
      expect(tf.memory().numTensors).toBe(before);
    });
  });
});

describe('with pixels as latents', () => {
  onOneBackend();
  const grids = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));

  test.each([
    ['cosine', true],
    ['Euclidean', false],
  ])(
    'tokens are decoded to images that are encoded to the same tokens, on any grid: %s codebook',
    async (_, normCodes) => {
      const cases = fc.record({ grid: grids, batch: fc.integer({ min: 1, max: 2 }), seed: fc.nat() });
      await fc.assert(
        fc.asyncProperty(cases, fc.infiniteStream(fc.nat(6)), async ({ grid, batch, seed }, tokens) => {
          const model = transparentTokenizer({ norm_codes: normCodes }, 7, seed);
          const ids = Int32Array.from([...tokens.take(batch * grid[0] * grid[1])]);
          const pictures = await detokenize(model, ids, grid);
          expect(pictures).toHaveLength(ids.length * 4);
          expect(await tokenize(model, pictures, 2 * grid[0], 2 * grid[1])).toEqual(ids);
          release(model);
        }),
        { numRuns: 20 },
      );
    },
  );

  test('each patch becomes its nearest code', async () => {
    const model = transparentTokenizer({ norm_codes: false }, 2);
    model.quantizer.codes.load(Float32Array.of(1, 1, 1, 1, -1, -1, 1, 1));
    const picture = Float32Array.of(0.9, 1.2, -0.8, -1, 1, 0.7, 0.9, 1.1);
    const ids = await tokenize(model, picture, 2, 4);
    expect([...ids]).toEqual([0, 1]);
    expect([...(await detokenize(model, ids, [1, 2]))]).toEqual([1, 1, -1, -1, 1, 1, 1, 1]);
    release(model);
  });

  test('bad input is rejected with its value and the expected one', async () => {
    const model = transparentTokenizer();
    const pixels = new Float32Array(16);
    const refused = async (result: Promise<unknown>, message: string) =>
      expect(result).rejects.toThrow(new InvalidInputError(message));
    await refused(tokenize(model, pixels, 3, 4), '4×3 cannot be cut into patches of 2×2');
    await refused(tokenize(model, pixels, 0, 4), '4×0 cannot be cut into patches of 2×2');
    await refused(tokenize(model, pixels, Number.NaN, 4), '4×NaN cannot be cut into patches of 2×2');
    await refused(tokenize(model, pixels, 4, 6), '16 values are not a whole number of 6×4×1 images');
    await refused(tokenize(model, new Float32Array(0), 4, 4), '0 values are not a whole number of 4×4×1 images');
    await refused(tokenize(model, pixels.fill(Number.NaN), 4, 4), 'an image holds NaN or infinity');
    await refused(detokenize(model, Int32Array.of(0, 7), [1, 2]), 'token 7 is not in the codebook (0 to 6)');
    await refused(detokenize(model, Int32Array.of(-1, 0), [1, 2]), 'token -1 is not in the codebook (0 to 6)');
    await refused(detokenize(model, Int32Array.of(0, 1), [1, 3]), '2 tokens are not a whole number of grids of 3×1');
    await refused(detokenize(model, new Int32Array(0), [1, 2]), '0 tokens are not a whole number of grids of 2×1');
    await refused(detokenize(model, Int32Array.of(0, 1), [0, 2]), '2 tokens are not a whole number of grids of 2×0');
    release(model);
  });

  test.each([-1, 3, 0.5, Number.NaN])('%d is no class of three', async (id) => {
    const model = buildVqVae({
      image_size: 4,
      patch_size: 2,
      n_labels: 3,
      enc_type: 'vit_toy_enc',
      dec_type: 'vit_toy_dec',
    });
    const classes = Float32Array.of(0, 1, 2, id);
    await expect(tokenize(model, classes, 2, 2)).rejects.toThrow('class ids must be whole numbers from 0 to 2');
  });
});
