import { writeSafetensors } from '../../../src/checkpoints/safetensors-writer.js';
import {
  buildGrid,
  convolution,
  doubled,
  type Grid,
  groupNorm,
  linear,
  mapped,
  pointwise,
  type Scope,
  silu,
  siluOf,
} from './maps.js';
import { below, number, Weights } from './weights.js';
import { expectedOf, type OwnVector, tensor } from './write.js';

/**
 * Small U-ViTs of which a part adds nothing: the transformer as a whole, or its blocks. What fails in the official vectors and is right
 * here is a mistake of that part.
 */
export function denoisers(): Record<string, OwnVector> {
  const levels = ['DIF-16', 'DIF-17', 'DIF-18', 'DIF-24'];
  return {
    uvit_levels: uvit('a U-ViT whose transformer adds nothing', /\.mid_proj_out\./, levels),
    uvit_blank: uvit('a U-ViT whose blocks add nothing', /\.(attn\.proj|mlp\.fc2)\./, [...levels, 'DIF-25']),
    uvit_timeless: uvit('a U-ViT without transformer and timestep', /\.(mid_proj_out|time_emb_proj)\./, [
      ...['DIF-16', 'DIF-18', 'DIF-24'],
    ]),
    uvit_symmetric: uvit(
      'a U-ViT without transformer that treats skips like what they join',
      /\.mid_proj_out\./,
      ['DIF-16', 'DIF-17', 'DIF-24'],
      /\.up_blocks\..*\.(norm1|conv1|conv_shortcut)\.(weight|bias)$/,
    ),
  };
}

const [SIDE, PATCH, WIDTH, GROUPS, LATENT, CODES] = [16, 4, 8, 4, 4, 2];
const TIME = 4 * WIDTH;
const TIMESTEP = 300;
const ENCODER = { dim: 4, heads: 1, ratio: 4, patch: SIDE / CODES, codebook: 4 };

const CONFIG = {
  ...{ image_size: SIDE, n_channels: 1, enc_type: 'vit_own', patch_proj: true, post_mlp: false },
  ...{ patch_size: ENCODER.patch, quant_type: 'lucid', codebook_size: ENCODER.codebook, num_codebooks: 1 },
  ...{ latent_dim: LATENT, norm_codes: true, norm_latents: false, sync_codebook: false, num_train_timesteps: 1000 },
  ...{ scheduler: 'ddpm', thresholding: false, clip_sample: true, dec_type: 'uvit_own', conditioning: 'concat' },
  ...{ dec_transformer_dropout: 0, prediction_type: 'epsilon', beta_schedule: 'squaredcos_cap_v2' },
  zero_terminal_snr: false,
};
/** No sample is made. */
const SCHEDULER = {
  ...{ num_train_timesteps: 1000, beta_schedule: CONFIG.beta_schedule, prediction_type: CONFIG.prediction_type },
  ...{ zero_terminal_snr: false, thresholding: false, clip_sample: true },
};
const PRESETS = {
  vit_own: {
    ...{ dim_tokens: ENCODER.dim, depth: 1, num_heads: ENCODER.heads, mlp_ratio: ENCODER.ratio, qkv_bias: true },
    norm: 'LayerNorm eps 1e-6',
  },
  uvit_own: {
    ...{ patch_size: PATCH, block_out_channels: [WIDTH, WIDTH], layers_per_block: 1, downsample_before_mid: false },
    ...{ mid_layers: 1, mid_num_heads: 2, mid_dim: WIDTH, mid_mlp_ratio: 1, mid_qkv_bias: true, mid_hw_posemb: CODES },
    norm_num_groups: GROUPS,
  },
};

/** @param blank the tensors that are 0 @param doubled those whose halves along the input channels are equal */
function uvit(description: string, blank: RegExp, requirements: readonly string[], doubled?: RegExp): OwnVector {
  const weights = new Weights({ width: WIDTH, blank, doubled });
  encoder(weights);
  const noised = [[...Array(SIDE).keys()].map((y) => [...Array(SIDE).keys()].map((x) => number(5 * y + 3 * x + 1)))];
  const codes = Array.from({ length: LATENT }, (_, c) =>
    [0, 1].map((y) => [0, 1].map((x) => number(11 * c + 3 * y + 7 * x))),
  );
  const result = denoised(weights.at('decoder.'), noised, codes);
  const python = (value: unknown) => (typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value));
  const metadata = Object.fromEntries(Object.entries(CONFIG).map(([key, value]) => [key, python(value)]));
  const picture = [1, 1, SIDE, SIDE];
  const tensors = [
    tensor('in.noised', 'F32', picture, noised.flat(2)),
    tensor('in.t', 'I32', [1], [TIMESTEP]),
    tensor('in.quant', 'F32', [1, LATENT, CODES, CODES], codes.flat(2)),
    tensor('out.denoise', 'F32', picture, result.flat(2)),
  ];
  return {
    kind: 'vq.divae',
    description,
    tier: 'tokenizers',
    options: { config: CONFIG, custom_presets: PRESETS, scheduler_for_sampling: SCHEDULER, runs: [] },
    files: { checkpoint: 'model.safetensors' },
    contents: { 'model.safetensors': writeSafetensors(weights.tensors, metadata) },
    tensors,
    tolerances: { default: { form: 'close', rtol: 1e-4, atol: 1e-4 } },
    expected: { tensors: expectedOf(tensors, 'default') },
    requirements,
    flag: 'denoiser-conditioning',
  };
}

/** The encoder and the codes, which nothing reads. */
function encoder(weights: Weights): void {
  const { dim, ratio, patch, codebook } = ENCODER;
  const w = weights.at('encoder.');
  w('pos_emb', [1, dim, CODES, CODES]);
  w('proj.weight', [dim, 1, patch, patch]);
  w('proj.bias', [dim]);
  const maps = {
    'attn.qkv': [3 * dim, dim],
    'attn.proj': [dim, dim],
    'mlp.fc1': [ratio * dim, dim],
    'mlp.fc2': [dim, ratio * dim],
  };
  for (const [name, [rows, columns]] of Object.entries(maps)) {
    w(`blocks.0.${name}.weight`, [rows!, columns!]);
    w(`blocks.0.${name}.bias`, [rows!]);
  }
  for (const name of ['norm1', 'norm2']) for (const part of ['weight', 'bias']) w(`blocks.0.${name}.${part}`, [dim]);
  weights.get('quant_proj.weight', [LATENT, dim, 1, 1]);
  weights.get('quant_proj.bias', [LATENT]);
  weights.get('quantize._codebook.embed', [codebook, LATENT]);
  weights.get('quantize._codebook.cluster_size', [codebook]);
  weights.get('quantize._codebook.initted', [1], 0, 1);
}

/** DIF-24, with blocks that add nothing. */
function denoised(w: Scope, image: Grid, codes: Grid): Grid {
  const time = timeEmbedding(w);
  let x = patchesIn(w, image);
  const skips = [x];
  const down = (level: number) => {
    x = residual(below(w, `down_blocks.${level}.resnets.0.`), x, time);
    skips.push(x);
  };
  down(0);
  x = convolution(below(w, 'down_blocks.0.downsamplers.0.conv.'), x, WIDTH, 2);
  skips.push(x);
  down(1);
  x = middle(below(w, 'mid_block.'), x, codes);
  for (const level of [0, 1]) {
    for (const i of [0, 1]) x = residual(below(w, `up_blocks.${level}.resnets.${i}.`), [...x, ...skips.pop()!], time);
    if (level === 0) x = convolution(below(w, 'up_blocks.0.upsamplers.0.conv.'), doubled(x), WIDTH);
  }
  return patchesOut(w, silu(groupNorm(below(w, 'conv_norm_out.'), x, GROUPS)));
}

/** DIF-25, without what the blocks add. */
function middle(w: Scope, x: Grid, codes: Grid): Grid {
  const positions = w('mid_pos_emb', [1, WIDTH, CODES, CODES]);
  const block = below(w, 'mid_block.0.');
  for (const [name, rows, columns] of [
    ...([
      ['attn.qkv', 3 * WIDTH, WIDTH],
      ['attn.proj', WIDTH, WIDTH],
      ['mlp.fc1', WIDTH, WIDTH],
    ] as const),
    ...([
      ['mlp.fc2', WIDTH, WIDTH],
      ['adaLN_modulation', 4 * WIDTH, TIME],
      ['adaLN_gate', 2 * WIDTH, TIME],
    ] as const),
  ]) {
    block(`${name}.weight`, [rows, columns]);
    block(`${name}.bias`, [rows]);
  }
  for (const name of ['norm1', 'norm2']) for (const part of ['weight', 'bias']) block(`${name}.${part}`, [WIDTH]);
  w('mask_token', [WIDTH]);
  const added = pointwise(below(w, 'mid_cond_proj.'), codes, WIDTH);
  const y = mapped(pointwise(below(w, 'mid_proj_in.'), x, WIDTH), (value, c, row, column) => {
    return value + positions[(c * CODES + row) * CODES + column]! + added[c]![row]![column]!;
  });
  return pointwise(below(w, 'mid_proj_out.'), y, WIDTH);
}

/** DIF-15. */
function timeEmbedding(w: Scope): number[] {
  const half = WIDTH / 2;
  const angles = Array.from({ length: half }, (_, i) => TIMESTEP * Math.exp((-Math.log(10000) * i) / half));
  const waves = [...angles.map(Math.cos), ...angles.map(Math.sin)];
  const first = linear(below(w, 'time_embedding.linear_1.'), waves, TIME).map(siluOf);
  return linear(below(w, 'time_embedding.linear_2.'), first, TIME);
}

/** DIF-17. */
function residual(w: Scope, x: Grid, time: readonly number[]): Grid {
  const h = convolution(below(w, 'conv1.'), silu(groupNorm(below(w, 'norm1.'), x, GROUPS)), WIDTH);
  const shifts = linear(below(w, 'time_emb_proj.'), time.map(siluOf), WIDTH);
  const timed = mapped(h, (value, c) => value + shifts[c]!);
  const y = convolution(below(w, 'conv2.'), silu(groupNorm(below(w, 'norm2.'), timed, GROUPS)), WIDTH);
  const shortcut = x.length === WIDTH ? x : pointwise(below(w, 'conv_shortcut.'), x, WIDTH, [1, 1]);
  return mapped(y, (value, c, row, column) => value + shortcut[c]![row]![column]!);
}

function patchesIn(w: Scope, [image]: Grid): Grid {
  const [kernel, bias] = [w('conv_in.weight', [WIDTH, 1, PATCH, PATCH]), w('conv_in.bias', [WIDTH])];
  return buildGrid(WIDTH, SIDE / PATCH, (c, row, column) => {
    let sum = bias[c]!;
    for (let i = 0; i < PATCH ** 2; i++) {
      const [y, x] = [row * PATCH + Math.floor(i / PATCH), column * PATCH + (i % PATCH)];
      sum += kernel[c * PATCH ** 2 + i]! * image![y]![x]!;
    }
    return sum;
  });
}

function patchesOut(w: Scope, x: Grid): Grid {
  const [kernel, [bias]] = [w('conv_out.weight', [WIDTH, 1, PATCH, PATCH]), w('conv_out.bias', [1])];
  return buildGrid(1, SIDE, (_, row, column) => {
    const within = (row % PATCH) * PATCH + (column % PATCH);
    return x.reduce((sum, map, c) => {
      return sum + kernel[c * PATCH ** 2 + within]! * map[Math.floor(row / PATCH)]![Math.floor(column / PATCH)]!;
    }, bias!);
  });
}
