import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../../../backends/index.js';
import { fromPatches, toPatches } from '../../../src/nn/patches.js';
import { loadParameters } from '../../../src/nn/state-dict.js';
import { kMeans, normalizedRows, updateCodebook } from '../../../src/tokenizers/vq/codebook.js';
import {
  buildVqVae,
  decode,
  detokenize,
  encode,
  inputLayout,
  tokenize,
  type VqVae,
} from '../../../src/tokenizers/vq/vqvae.js';
import { expectClose, vectorCase } from '../../vectors.js';

type Presets = Record<string, { dim_tokens: number; depth: number; num_heads: number }>;

async function loadCase(name: string) {
  const { about, data, model: weights } = vectorCase(name);
  const presets = Object.fromEntries(
    Object.entries(about.custom_presets as Presets).map(([key, p]) => [
      key.replace(/_(enc|dec)$/, ''),
      { width: p.dim_tokens, depth: p.depth, heads: p.num_heads },
    ]),
  );
  const model = buildVqVae(about.config, presets);
  expect(model.parameters.all.flatMap((p) => p.names).sort()).toEqual([...weights.tensors.keys()].sort());
  await loadParameters(model.parameters.all, weights);
  return { model, data, tolerance: about.tolerance };
}

/** [B, C, H, W] to [B, H, W, C] */
function channelsLast(values: Float32Array, [b, c, h, w]: readonly number[]): Float32Array {
  const x = tf.tensor4d(values, [b!, c!, h!, w!]);
  return tf.transpose(x, [0, 2, 3, 1]).dataSync() as Float32Array;
}

beforeAll(async () => {
  await useBackend('cpu');
});

describe.each(['vq_vit_rgb', 'vq_semseg', 'vq_norm_latents', 'vq_euclidean', 'vq_vit_undo_std', 'vq_vit_feat'])(
  'equals the official tokenizer: %s',
  (name) => {
    let model: VqVae;
    let data: Awaited<ReturnType<typeof loadCase>>['data'];
    let tolerance: { rtol: number; atol: number };
    const shape = (tensor: string) => data.tensors.get(tensor)!.shape;
    const values = (tensor: string) => data.read(tensor) as Float32Array;

    beforeAll(async () => {
      ({ model, data, tolerance } = await loadCase(name));
    });

    test.each(['', '_res2'])('encoding%s', async (suffix) => {
      if (!data.tensors.has(`in.x${suffix}`)) return;
      const s = shape(`in.x${suffix}`);
      const classes = model.config.n_labels;
      const images = classes ? (data.read(`in.x${suffix}`) as Int32Array) : channelsLast(values(`in.x${suffix}`), s);
      const [height, width] = s.slice(-2) as [number, number];
      const ids = await tokenize(model, images, height, width);
      expect([...ids]).toEqual([...values(`out.tokens${suffix}`)]);
      const layout = inputLayout(model, height, width);
      const patches = tf.tensor(
        toPatches(images, layout),
        [s[0]!, ids.length / s[0]!, images.length / ids.length],
        classes ? 'int32' : 'float32',
      );
      const latents = encode(model, patches as tf.Tensor3D, layout.grid).dataSync();
      expectClose(latents, channelsLast(values(`out.latents${suffix}`), shape(`out.latents${suffix}`)), tolerance);
    });

    test('decoding', async () => {
      const [b, h, w] = shape('in.tokens') as [number, number, number];
      const image = await detokenize(model, data.read('in.tokens') as Int32Array, [h, w]);
      expectClose(image, channelsLast(values('out.decode_tokens'), shape('out.decode_tokens')), tolerance);
      const quantized = channelsLast(values('out.quant'), shape('out.quant'));
      const recon = decode(model, tf.tensor3d(quantized, [b, h * w, model.config.latent_dim]), [h, w]);
      const layout = { ...inputLayout(model, h * model.config.patch_size, w * model.config.patch_size) };
      const out = shape('out.recon');
      const patch = [out[2]! / h, out[3]! / w] as const;
      expectClose(
        fromPatches(recon.dataSync() as Float32Array, { ...layout, channels: out[1]!, grid: [h, w], patch }),
        channelsLast(values('out.recon'), out),
        tolerance,
      );
    });
  },
);

describe.each(['vq_train_cosine', 'vq_train_cosine_dead', 'vq_train_cosine_lbg', 'vq_train_euclidean'])(
  'codebook follows as officially: %s',
  (name) => {
    test('buffers after every step', () => {
      const { about, data } = vectorCase(name);
      const c = about.config as {
        steps: number;
        kind: string;
        decay: number;
        threshold_ema_dead_code: number;
        code_replacement_policy: 'batch_random' | 'linde_buzo_gray';
      };
      const buffer = (key: string) => data.read(`in.state._codebook.${key}`) as Float32Array;
      const cosine = c.kind === 'CosineSim';
      const state = {
        codes: buffer('embed'),
        usage: buffer('cluster_size'),
        sums: cosine ? undefined : buffer('embed_avg'),
      };
      for (let step = 0; step < c.steps; step++) {
        const shape = data.tensors.get(`in.x.${step}`)!.shape;
        const latents = channelsLast(data.read(`in.x.${step}`) as Float32Array, shape);
        const training = {
          cosine,
          decay: c.decay,
          deadThreshold: c.threshold_ema_dead_code,
          replacement: c.code_replacement_policy,
        };
        const rows = () => data.read(`in.replacement_rows.${step}`) as Int32Array;
        updateCodebook(state, latents, data.read(`out.indices.${step}`) as Int32Array, training, rows);
        expectClose(
          state.codes,
          data.read(`out.state.${step}._codebook.embed`) as Float32Array,
          about.tolerance,
          'codes',
        );
        expectClose(
          state.usage,
          data.read(`out.state.${step}._codebook.cluster_size`) as Float32Array,
          about.tolerance,
          'usage',
        );
      }
    });
  },
);

test.each(['cosine', 'euclid'])('k-means as officially: %s', (kind) => {
  const { about, data } = vectorCase('vq_kmeans_usage');
  const samples = data.read(`in.${kind}.samples`) as Float32Array;
  const { means, sizes } = kMeans(
    kind === 'cosine' ? normalizedRows(samples, 4) : samples,
    data.read(`in.${kind}.initial_rows`) as Int32Array,
    4,
    kind === 'cosine',
  );
  expectClose(means, data.read(`out.${kind}.means`) as Float32Array, about.tolerance);
  expectClose(sizes, data.read(`out.${kind}.bins`) as Float32Array, about.tolerance);
});
