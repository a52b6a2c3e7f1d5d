import { type NamedTensor, writeSafetensors } from '../../../src/checkpoints/safetensors-writer.js';
import type { FlagName } from '../../harness/convert/flags.js';
import { expectedOf, type OwnVector, tensor } from './write.js';

/**
 * Encoder-only models of one block in which one part is in effect, so that each of them is tried alone: the maps behind the others are 0,
 * and so are the vectors of positions and of the modality. Tokens are so large that the epsilon of norms is in rounding, and come from the
 * first and the last value of a patch, which are at the same place whether pixels or channels are together.
 */
export function blocks(): Record<string, OwnVector> {
  return {
    block_gated_mlp: model('TRN-4', 'a gated MLP alone', 'swiglu-halves', { mlp: 'SiLU', gated: true }),
    block_mlp: model('TRN-3', 'an MLP with GELU alone', 'gelu-tanh', { mlp: 'GELU' }),
    block_attention: model('TRN-5', 'self-attention alone', 'qkv-order', { attention: true }),
    block_head_norms: model('TRN-6', 'self-attention with norms of queries and keys', 'qk-norm-missing', {
      ...{ attention: true, headNorms: true },
    }),
  };
}

interface Part {
  /** The activation of the MLP, if it is in effect. */
  readonly mlp?: 'SiLU' | 'GELU';
  readonly gated?: boolean;
  /** Whether attention is in effect. */
  readonly attention?: boolean;
  readonly headNorms?: boolean;
}

const [SIDE, PATCH, CHANNELS, WIDTH, HEADS, RATIO] = [4, 2, 3, 8, 2, 2];
const TOKENS = (SIDE / PATCH) ** 2;
const VALUES = PATCH ** 2 * CHANNELS;
const HEAD = WIDTH / HEADS;
const EPSILON = 1e-6;

function model(requirement: string, description: string, flag: FlagName, part: Part): OwnVector {
  const weights = new Map<string, NamedTensor>();
  const add = (name: string, shape: readonly number[], value: (i: number) => number) => {
    const count = shape.reduce((a, b) => a * b);
    const values = Array.from({ length: count }, (_, i) => value(i));
    weights.set(name, tensor(name, 'F32', shape, values));
    return values.map(Math.fround);
  };
  const seed = () => 23 * weights.size + 5;
  const matrix = (name: string, rows: number, columns: number, size = 1) => {
    const start = seed();
    return add(`${name}.weight`, [rows, columns], (i) => size * number(start + i));
  };
  const norm = (name: string, width: number) => {
    const start = seed();
    const weight = add(`${name}.weight`, [width], (i) => 1 + number(start + i) / 2);
    add(`${name}.bias`, [width], () => 0);
    return (x: readonly number[]) => normalised(x).map((value, i) => value * weight[i]!);
  };
  const embeddings = `encoder_embeddings.rgb@${SIDE}`;
  const projection = add(`${embeddings}.proj.weight`, [WIDTH, VALUES], (i) =>
    i % VALUES === 0 || i % VALUES === VALUES - 1 ? 400 * number(i + 3) : 0,
  );
  add(`${embeddings}.pos_emb`, [1, TOKENS, WIDTH], () => 0);
  add(`${embeddings}.mod_emb`, [1, 1, WIDTH], () => 0);
  const [norm1, norm2] = ['norm1', 'norm2'].map((name) => norm(`encoder.0.${name}`, WIDTH));
  // Large too, where they are normalised once more.
  const qkvSize = part.headNorms ? 32 : 1;
  const qkv = matrix('encoder.0.attn.qkv', 3 * WIDTH, WIDTH, qkvSize);
  const proj = matrix('encoder.0.attn.proj', WIDTH, WIDTH, part.attention ? 4 / qkvSize : 0);
  const headNorms = part.headNorms ? ['q_norm', 'k_norm'].map((name) => norm(`encoder.0.attn.${name}`, HEAD)) : [];
  const hidden = part.gated ? Math.trunc((2 * WIDTH * RATIO) / 3) : WIDTH * RATIO;
  const fc1 = matrix('encoder.0.mlp.fc1', hidden, WIDTH);
  const fc2 = matrix('encoder.0.mlp.fc2', WIDTH, hidden, part.mlp ? 4 : 0);
  const fc3 = part.gated ? matrix('encoder.0.mlp.fc3', hidden, WIDTH) : undefined;

  const image = Array.from({ length: CHANNELS * SIDE ** 2 }, (_, i) => number(7 * i + 2));
  const tokens = Array.from({ length: TOKENS }, (_, token) => product(projection, patch(image, token)));
  const act = part.mlp === 'GELU' ? gelu : silu;
  const attended = attention(tokens.map(norm1!), qkv, headNorms).map((value) => product(proj, value));
  const features = tokens.flatMap((token, i) => {
    const x = sum(token, attended[i]!);
    const normal = norm2!(x);
    const up = fc3 && product(fc3, normal);
    const inner = product(fc1, normal).map((value, j) => act(value) * (up?.[j] ?? 1));
    return sum(x, product(fc2, inner));
  });
  const config = {
    ...{ img_size: SIDE, patch_size: PATCH, in_chans: CHANNELS, dim: WIDTH, encoder_depth: 1, num_heads: HEADS },
    ...{ mlp_ratio: RATIO, qkv_bias: false, proj_bias: false, mlp_bias: false, gated_mlp: part.gated === true },
    ...{ qk_norm: part.headNorms === true, act_layer: part.mlp ?? 'GELU', norm_bias: false, encoder_norm: false },
  };
  const python = (value: unknown) => (typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value));
  const metadata = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, python(value)]));
  const tensors = [
    tensor('in.image', 'F32', [1, CHANNELS, SIDE, SIDE], image),
    tensor('out.features', 'F32', [1, TOKENS, WIDTH], features),
  ];
  return {
    kind: 'fmvit.forward',
    description: `an encoder-only model with ${description}`,
    tier: 'core',
    options: { config },
    files: { checkpoint: 'model.safetensors' },
    contents: { 'model.safetensors': writeSafetensors([...weights.values()], metadata) },
    tensors,
    tolerances: { default: { form: 'close', rtol: 1e-6, atol: 3e-4 } },
    expected: { tensors: expectedOf(tensors, 'default') },
    requirements: [requirement],
    flag,
  };
}

/** Values in −0.5 … 0.5 that are the same whenever they are made. */
function number(k: number): number {
  return ((k * 37 + ((k * k) % 29)) % 61) / 61 - 0.5;
}

/** EMB-6. */
function patch(image: readonly number[], token: number): number[] {
  const columns = SIDE / PATCH;
  const [top, left] = [Math.floor(token / columns) * PATCH, (token % columns) * PATCH];
  return Array.from({ length: VALUES }, (_, i) => {
    const [pixel, c] = [Math.floor(i / CHANNELS), i % CHANNELS];
    const [y, x] = [top + Math.floor(pixel / PATCH), left + (pixel % PATCH)];
    return Math.fround(image[(c * SIDE + y) * SIDE + x]!);
  });
}

/** TRN-5 and TRN-6, before `proj`. */
function attention(
  x: readonly (readonly number[])[],
  qkv: readonly number[],
  norms: readonly ((x: readonly number[]) => number[])[],
): number[][] {
  const maps = x.map((token) => product(qkv, token));
  const part = (token: number, which: number, head: number) => {
    const start = which * WIDTH + head * HEAD;
    const features = maps[token]!.slice(start, start + HEAD);
    return norms[which]?.(features) ?? features;
  };
  return x.map((_, i) =>
    Array.from({ length: HEADS }, (_, head) => {
      const query = part(i, 0, head);
      const scores = x.map((_, j) => dot(query, part(j, 1, head)) / Math.sqrt(HEAD));
      const weights = scores.map((score) => Math.exp(score - Math.max(...scores)));
      const total = weights.reduce((a, b) => a + b);
      const values = x.map((_, j) => part(j, 2, head));
      return query.map((_, d) => weights.reduce((all, weight, j) => all + (weight / total) * values[j]![d]!, 0));
    }).flat(),
  );
}

function normalised(x: readonly number[]): number[] {
  const mean = x.reduce((a, b) => a + b) / x.length;
  const variance = x.reduce((total, value) => total + (value - mean) ** 2, 0) / x.length;
  return x.map((value) => (value - mean) / Math.sqrt(variance + EPSILON));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((total, value, i) => total + value * b[i]!, 0);
}

function sum(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + b[i]!);
}

function product(matrix: readonly number[], x: readonly number[]): number[] {
  return Array.from({ length: matrix.length / x.length }, (_, row) => dot(x, matrix.slice(row * x.length)));
}

function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

/** TRN-3, with Φ by the series of the error function. */
function gelu(x: number): number {
  const z = x / Math.SQRT2;
  let [term, total] = [z, z];
  for (let n = 1; n < 200; n++) {
    term *= (-z * z) / n;
    total += term / (2 * n + 1);
  }
  return (x * (1 + (2 / Math.sqrt(Math.PI)) * total)) / 2;
}
