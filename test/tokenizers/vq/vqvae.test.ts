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
  type VqVae,
} from '../../../src/tokenizers/vq/vqvae.js';
import { onEachBackend, onOneBackend } from '../../on-backends.js';
import { expectClose, vectorCase } from '../../vectors.js';
import { channelsLast, referenceTokenizer, release, transparentTokenizer } from './cases.js';

const CASES = ['vq_vit_rgb', 'vq_semseg', 'vq_norm_latents', 'vq_euclidean', 'vq_vit_undo_std', 'vq_vit_feat'];

/** Without a GPU, WebGPU takes seconds for what the others do at once. */
const casesFor = (backend: BackendName) => (backend === 'webgpu' ? ['vq_semseg'] : CASES);

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
        const cut = [s[0]!, ids.length / s[0]!, images.length / ids.length] as [number, number, number];
        return encode(model, tf.tensor3d(toPatches(images, layout), cut, classes ? 'int32' : 'float32'), layout.grid);
      });
      const expected = channelsLast(values(`out.latents${suffix}`), shape(`out.latents${suffix}`));
      expectClose(await latents.data(), expected, about.tolerance);
      latents.dispose();
    });

    test('decoding', async () => {
      const [b, h, w] = shape('in.tokens') as [number, number, number];
      const image = await detokenize(model, data.read('in.tokens') as Int32Array, [h, w]);
      expectClose(image, channelsLast(values('out.decode_tokens'), shape('out.decode_tokens')), about.tolerance);
      const quantized = channelsLast(values('out.quant'), shape('out.quant'));
      const patches = tf.tidy(() => decode(model, tf.tensor3d(quantized, [b, h * w, model.config.latent_dim]), [h, w]));
      const reconstruction = fromPatches((await patches.data()) as Float32Array, outputLayout(model, [h, w]));
      expectClose(reconstruction, channelsLast(values('out.recon'), shape('out.recon')), about.tolerance);
      patches.dispose();
    });

    test('leaves no tensors behind', async () => {
      const [b, h, w] = shape('in.tokens') as [number, number, number];
      const before = tf.memory().numTensors;
      const patch = model.config.patch_proj ? model.config.patch_size : 1;
      const { channels } = inputLayout(model, h * patch, w * patch);
      await tokenize(model, new Float32Array(b * h * w * patch ** 2 * channels), h * patch, w * patch);
      await detokenize(model, data.read('in.tokens') as Int32Array, [h, w]);
      expect(tf.memory().numTensors).toBe(before);
    });
  });
});

describe('where latents are the pixels themselves', () => {
  onOneBackend();
  const grids = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));

  test.each([
    ['cosine', true],
    ['Euclidean', false],
  ])('tokens become pictures that become the same tokens, on any grid: %s codebook', async (_, normCodes) => {
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
  });

  test('a picture becomes, patch by patch, the code nearest to it', async () => {
    const model = transparentTokenizer({ norm_codes: false }, 2);
    model.quantizer.codes.load(Float32Array.of(1, 1, 1, 1, -1, -1, 1, 1));
    const picture = Float32Array.of(0.9, 1.2, -0.8, -1, 1, 0.7, 0.9, 1.1);
    const ids = await tokenize(model, picture, 2, 4);
    expect([...ids]).toEqual([0, 1]);
    expect([...(await detokenize(model, ids, [1, 2]))]).toEqual([1, 1, -1, -1, 1, 1, 1, 1]);
    release(model);
  });

  test('bad input is refused with what is wrong and what would be right', async () => {
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
