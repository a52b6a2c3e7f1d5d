import { readdirSync, readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BackendName } from '../../../backends/index.js';
import { CancelledError, InvalidInputError } from '../../../src/errors.js';
import { Random } from '../../../src/random.js';
import { limitOf, parseDiffusionConfig } from '../../../src/tokenizers/diffusion/config.js';
import {
  buildDiVae,
  type DiVae,
  detokenizeByDiffusion,
  sampleImages,
  samplerOf,
} from '../../../src/tokenizers/diffusion/divae.js';
import { pndm } from '../../../src/tokenizers/diffusion/pndm.js';
import { noiseSchedule } from '../../../src/tokenizers/diffusion/schedule.js';
import { decodeTokens } from '../../../src/tokenizers/tokenizer.js';
import { tokenize } from '../../../src/tokenizers/vq/vqvae.js';
import { onEachBackend } from '../../on-backends.js';
import { expectClose, vectorCase } from '../../vectors.js';
import { release } from '../vq/cases.js';
import { loadedDiVae, predict, storedImages, storedNoise } from './cases.js';

const MANIFESTS = new URL('../../../spec/vectors/manifests/', import.meta.url);
const published = readdirSync(MANIFESTS).filter((file) => file.startsWith('divae__'));

test('ten tokenizers are published', () => {
  expect(published).toHaveLength(10);
});

test.each(published)('a tokenizer has exactly the published tensors: %s', (file) => {
  const { config, keys } = JSON.parse(readFileSync(new URL(file, MANIFESTS)).toString());
  const { all } = buildDiVae(config).parameters;
  expect(Object.fromEntries(all.flatMap((p) => p.names.map((name) => [name, p.shape])))).toEqual(keys);
  expect(all.some((p) => p.loaded)).toBe(false);
});

test.each([
  [{ dec_type: 'vit_b_dec' }, 'unknown diffusion decoder "vit_b_dec"'],
  [{ prediction_type: 'x0' }, '"prediction_type"'],
  [{ conditioning: 'none' }, '"conditioning"'],
  [{ codebook_size: 0 }, '"codebook_size"'],
])('is refused, naming the key: %j', (config, named) => {
  expect(() => buildDiVae(config)).toThrow(InvalidInputError);
  expect(() => buildDiVae(config)).toThrow(named);
});

test('without thresholding, and only then, images may be clipped', () => {
  const limit = (config: object) => limitOf(parseDiffusionConfig(config));
  expect(limit({})).toEqual({ percentile: 0.995, highest: 1 });
  expect(limit({ clip_sample: true })).toEqual({ percentile: 0.995, highest: 1 });
  expect(limit({ thresholding: false, clip_sample: true })).toEqual({ clip: 1 });
  expect(limit({ thresholding: false })).toBeUndefined();
});

test('the default sampler is that of the configuration, or DDPM as officially', () => {
  const timesteps = (config: object, options: object = {}) => [
    ...samplerOf(parseDiffusionConfig(config), 1, { steps: 4, ...options }).timesteps,
  ];
  expect(timesteps({})).toEqual([750, 500, 250, 0]);
  expect(timesteps({ scheduler: 'ddim' })).toEqual([999, 749, 499, 249]);
  expect(timesteps({ scheduler: 'ddim' }, { spacing: 'leading' })).toEqual([750, 500, 250, 0]);
  expect(timesteps({ scheduler: 'ddim' }, { sampler: 'ddpm' })).toEqual([750, 500, 250, 0]);
  expect(timesteps({}, { steps: undefined })).toHaveLength(50);
  expect(() => parseDiffusionConfig({ scheduler: 'euler' })).toThrow('"scheduler"');
});

test('PNDM ignores zero terminal SNR, for networks that predict noise or velocity', () => {
  const config = { prediction_type: 'epsilon', beta_schedule: 'linear', zero_terminal_snr: true };
  const sampler = (change: object) =>
    samplerOf(parseDiffusionConfig({ ...config, ...change }), 1, { sampler: 'pndm', steps: 5 });
  const plain = pndm(noiseSchedule('linear'), 5, { prediction: 'epsilon' });
  expect([...sampler({}).timesteps]).toEqual([...plain.timesteps]);
  const [t] = plain.timesteps as unknown as [number];
  const [sample, output] = [Float32Array.of(0.5, -1), Float32Array.of(1, 0.25)];
  const random = new Random(0);
  expect(sampler({}).step(sample, output, t, random)).toEqual(plain.step(sample, output, t, random));
  expect(() => sampler({ prediction_type: 'sample' })).toThrow(InvalidInputError);
  expect(() => sampler({ beta_schedule: 'shifted_cosine:0.5' })).toThrow('zero terminal SNR');
});

const CASES = ['vq_divae_uvit_v', 'vq_divae_uvit_xattn'];

/** Without a GPU, WebGPU takes seconds for what the others do at once. */
const casesFor = (backend: BackendName) => (backend === 'webgpu' ? ['vq_divae_uvit_xattn'] : CASES);

onEachBackend((backend) => {
  describe.each(casesFor(backend))('equals the official tokenizer: %s', (name) => {
    const { about, data } = vectorCase(name);
    const steps = data.read('in.t') as Int32Array;
    const ids = data.read('out.tokens') as Int32Array;
    const grid = data.tensors.get('out.tokens')!.shape.slice(1) as [number, number];
    const expectPrediction = (actual: Float32Array, tensor: string) =>
      expectClose(actual, storedImages(name, tensor), about.tolerance, tensor);
    let model: DiVae;

    beforeAll(async () => {
      model = await loadedDiVae(name);
    });
    afterAll(() => release(model));

    test('tokens', async () => {
      const [height, width] = data.tensors.get('in.x')!.shape.slice(-2) as [number, number];
      expect([...(await tokenize(model, storedImages(name, 'in.x'), height, width))]).toEqual([...ids]);
    });

    test('a prediction', async () => {
      expectPrediction(await predict(name, model, steps), 'out.denoise');
    });

    if (backend === 'webgpu') return;

    test('a prediction with one timestep for all', async () => {
      expectPrediction(await predict(name, model, [500, 500]), 'out.denoise_scalar_t');
    });

    test('a prediction with part of the condition masked', async () => {
      const masked = Uint8Array.from(data.read('in.cond_mask') as Uint8Array);
      expectPrediction(await predict(name, model, steps, { masked }), 'out.denoise_masked');
    });

    if (data.tensors.has('in.orig_res')) {
      test('a prediction conditioned on the original resolution', async () => {
        const original = data.read('in.orig_res') as Int32Array;
        expectPrediction(await predict(name, model, steps, { original }), 'out.denoise_res');
      });
    }

    test.each([
      [{ ids: ids.slice(1) }, 'tokens are not a whole number of grids'],
      [{ ids: ids.slice().fill(64) }, 'token 64 is not in the codebook (0 to 63)'],
      [{ steps: 0 }, 'the number of denoising steps must be a whole number from 1 to 1000, not 0'],
    ])('refuses %#: %j', async (wrong, message) => {
      const painting = { ids, steps: 2, ...wrong };
      const options = { steps: painting.steps, random: new Random(0) };
      const painted = detokenizeByDiffusion(model, painting.ids, grid, options);
      await expect(painted).rejects.toThrow(InvalidInputError);
      await expect(painted).rejects.toThrow(message);
    });

    test('a decoder for images twice as large returns four times the pixels', async () => {
      const size = model.config.image_size as number;
      const larger = await loadedDiVae(name, { image_size_dec: 2 * size });
      const options = { steps: 1, random: new Random(0) };
      const painted = await detokenizeByDiffusion(larger, ids, grid, options);
      expect(painted).toHaveLength(4 * storedImages(name, 'in.x').length);
      expect(painted.every(Number.isFinite)).toBe(true);
      release(larger);
      const sized = { steps: 1, random: new Random(0), size: [2 * size, 2 * size] as const };
      expect(await detokenizeByDiffusion(model, ids, grid, sized)).toEqual(painted);
      const odd = { ...model, config: { ...model.config, image_size_dec: size + 1 } };
      await expect(detokenizeByDiffusion(odd, ids, grid, options)).rejects.toThrow('not divisible into');
    });

    test('samples images of any size that the patches divide, whatever the size of the tokens', async () => {
      const size = model.config.image_size as number;
      const options = (height: number, width: number) => ({
        steps: 1,
        random: new Random(0),
        size: [height, width] as const,
      });
      const painted = await detokenizeByDiffusion(model, ids, grid, options(size, 1.5 * size));
      expect(painted).toHaveLength(1.5 * storedImages(name, 'in.x').length);
      expect(painted.every(Number.isFinite)).toBe(true);
      const odd = detokenizeByDiffusion(model, ids, grid, options(size, size + 1));
      await expect(odd).rejects.toThrow(`not divisible into the decoder's patches of ${model.patch}`);
    });

    test('samples with PNDM too, and through `decodeTokens`', async () => {
      const change = { beta_schedule: 'linear', prediction_type: 'epsilon' } as const;
      const other = { ...model, diffusion: { ...model.diffusion, ...change } };
      const options = () => ({ steps: 4, sampler: 'pndm' as const, random: new Random(3) });
      const painted = await detokenizeByDiffusion(other, ids, grid, options());
      expect(painted.every(Number.isFinite)).toBe(true);
      expect(await decodeTokens(other, ids, grid, options())).toEqual(painted);
    });

    test('stops between two steps when the signal fires', async () => {
      const controller = new AbortController();
      const options = { steps: 9, random: new Random(0), signal: controller.signal };
      const run = sampleImages(model, ids, grid, options);
      await run.next();
      controller.abort();
      await expect(run.next()).rejects.toThrow(CancelledError);
    });

    test('the same seed gives the same image, and no tensor leaks, even after cancellation', async () => {
      const before = tf.memory().numTensors;
      const painted = (seed: number) => detokenizeByDiffusion(model, ids, grid, { steps: 1, random: new Random(seed) });
      const first = await painted(5);
      expect(await painted(5)).toEqual(first);
      expect(await painted(6)).not.toEqual(first);
      for await (const _ of sampleImages(model, ids, grid, { steps: 9, random: new Random(5) })) break;
      expect(tf.memory().numTensors).toBe(before);
    });

    const runs = [...data.tensors.keys()].flatMap((key) => key.match(/^out\.sample_(.*)$/)?.[1] ?? []);

    test.each(runs)('a sampling run: %s', async (run) => {
      const [, sampler, spacing, steps] = /^(ddim|ddpm)_?(trailing|leading|linspace)?_(\d+)$/.exec(run)!;
      const options = {
        sampler: sampler as 'ddim' | 'ddpm',
        steps: Number(steps),
        random: storedNoise(name, model),
        ...(spacing && { spacing: spacing as 'trailing' | 'leading' | 'linspace' }),
      };
      const { timesteps } = samplerOf(model.diffusion, ids.length / (grid[0] * grid[1]), options);
      expect([...timesteps]).toEqual([...(data.read(`out.timesteps_${run}`) as Int32Array)]);
      const painted: Float32Array[] = [];
      for await (const image of sampleImages(model, ids, grid, options)) painted.push(image);
      const tolerance = { ...about.tolerance, atol: 1e-3 };
      expectClose(painted.at(-1)!, storedImages(name, `out.sample_${run}`), tolerance);
      if (data.tensors.has(`out.traj_${run}`)) {
        const all = Float32Array.from(painted.flatMap((image) => [...image]));
        expectClose(all, storedImages(name, `out.traj_${run}`), tolerance, 'images on the way');
      }
    });
  });
});
