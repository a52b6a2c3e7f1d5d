import { type NamedTensor, writeSafetensors } from '../../../src/checkpoints/safetensors-writer.js';
import type { OwnVector } from './write.js';

/**
 * Models of one block whose encoder and decoder have one token. It attends to itself alone, so that the layers are tried without the
 * softmax; with one head, equal rows of query, key and value, and equal rows of key and value, no order of them matters either.
 */
export function layers(): Record<string, OwnVector> {
  return {
    layers_alone: model({
      description: 'one token in the encoder and one in the decoder: layers without the softmax of attention',
      scale: 8,
      checks: [
        { results: ['out.encoder_output'], requirements: ['TRN-4'], flags: ['swiglu-halves'] },
        { results: ['out.encoder_output'], requirements: ['TRN-1', 'TRN-12'], flags: ['embeddings-not-added'] },
        { results: ['out.context'], requirements: ['TRN-13'], flags: ['context-without-embedding'] },
        { results: ['out.decoder_output'], requirements: ['TRN-16'], flags: ['block-order'] },
        { results: ['out.logits.*'], requirements: ['TRN-18'], flags: ['token-order'] },
      ],
    }),
    layers_blank: model({
      description: 'blocks that add nothing: sums of vectors, and the norms at the ends',
      scale: 8,
      isBlank: true,
      checks: [
        { results: ['out.encoder_output'], requirements: ['TRN-12'], flags: ['embeddings-not-added'] },
        { results: ['out.context'], requirements: ['TRN-13'], flags: ['context-without-embedding'] },
        { results: ['out.decoder_output'], requirements: ['TRN-16'], flags: ['block-order'] },
        { results: ['out.logits.*'], requirements: ['TRN-18'], flags: ['token-order'] },
      ],
    }),
    layers_small: model({
      description: 'a token whose variance is about the epsilon of layer norms',
      scale: 1e-3,
      checks: [{ results: ['*'], requirements: ['TRN-2'], flags: ['norm-epsilon'] }],
    }),
  };
}

const [WIDTH, RATIO] = [8, 4];
const HIDDEN = Math.trunc((2 * WIDTH * RATIO) / 3);
const [INPUT, OUTPUT] = ['tok_depth@224', 'tok_rgb@224'];
const VOCABULARY = 5;
const IDS = [1, 3];
const EPSILON = 1e-6;
const CONFIG = {
  domains_in: [INPUT],
  domains_out: [OUTPUT],
  ...{ image_size: 224, patch_size: 16, dim: WIDTH, encoder_depth: 1, decoder_depth: 1, num_heads: 1 },
  ...{ mlp_ratio: RATIO, qkv_bias: false, proj_bias: false, mlp_bias: false, norm_bias: true },
  ...{ act_layer: 'SiLU', gated_mlp: true, qk_norm: false, share_modality_embeddings: true },
};

interface Layers extends Pick<OwnVector, 'description' | 'checks'> {
  /** Of the token vectors. */
  readonly scale: number;
  /** Whether the last maps of attention and MLPs are 0. */
  readonly isBlank?: boolean;
}

function model({ description, scale, isBlank = false, checks }: Layers): OwnVector {
  const weights = new Weights();
  const norm = (name: string) => (x: readonly number[]) =>
    normalised(x, weights.get(`${name}.weight`, [WIDTH], 0.5, 1), weights.get(`${name}.bias`, [WIDTH], 0.5));
  const linear = (name: string, rows: number, columns = WIDTH) => {
    const size = isBlank && /\.(proj|fc2)$/.test(name) ? 0 : 1;
    const weight = weights.get(`${name}.weight`, [rows, columns], size);
    return (x: readonly number[]) => product(weight, x, columns);
  };
  const mlp = (name: string) => {
    const [fc1, fc3] = [linear(`${name}.fc1`, HIDDEN), linear(`${name}.fc3`, HIDDEN)];
    const fc2 = linear(`${name}.fc2`, WIDTH, HIDDEN);
    return (x: readonly number[]) => {
      const up = fc3(x);
      return fc2(fc1(x).map((gate, i) => (gate / (1 + Math.exp(-gate))) * up[i]!));
    };
  };
  /** Of one token: `proj` of its value, whose rows stand `copies` times in the map. */
  const attention = (name: string, map: string, copies: number) => {
    const value = weights.get(`${name}.${map}.weight`, [copies * WIDTH, WIDTH], 1, 0, copies);
    const proj = linear(`${name}.proj`, WIDTH);
    return (x: readonly number[]) => proj(product(value.slice(0, WIDTH ** 2), x, WIDTH));
  };
  const embedding = (side: string, name: string) => ({
    tokens: weights.get(`${side}_embeddings.${name}.token_emb.weight`, [VOCABULARY, WIDTH], scale),
    place: sum(
      weights.get(`${side}_embeddings.${name}.pos_emb`, [1, 1, WIDTH], scale),
      weights.get(`${side}_embeddings.${name}.mod_emb`, [1, 1, WIDTH], scale),
    ),
  });
  const [read, predicted] = [embedding('encoder', INPUT), embedding('decoder', OUTPUT)];
  const self = attention('encoder.0.attn', 'qkv', 3);
  const encoderMlp = mlp('encoder.0.mlp');
  const [norm1, norm2] = [norm('encoder.0.norm1'), norm('encoder.0.norm2')];
  const encoderNorm = norm('encoder_norm');
  const toContext = linear('decoder_proj_context', WIDTH);
  const contextBias = weights.get('decoder_proj_context.bias', [WIDTH], 0.5);
  const decoderSelf = attention('decoder.0.self_attn', 'qkv', 3);
  weights.get('decoder.0.cross_attn.q.weight', [WIDTH, WIDTH], 1);
  const cross = attention('decoder.0.cross_attn', 'kv', 2);
  const decoderMlp = mlp('decoder.0.mlp');
  const [decoder1, decoder2] = [norm('decoder.0.norm1'), norm('decoder.0.norm2')];
  // Of one key, the query does not matter; its norm is read all the same.
  norm('decoder.0.query_norm')(read.place);
  const contextNorm = norm('decoder.0.context_norm');
  const decoderNorm = norm('decoder_norm');
  const toLogits = linear(`decoder_embeddings.${OUTPUT}.to_logits`, VOCABULARY);
  const mask = weights.get('mask_token', [1, 1, WIDTH], scale);

  const results = IDS.map((id) => {
    let x = sum(read.tokens.slice(id * WIDTH, (id + 1) * WIDTH), read.place);
    x = sum(x, self(norm1(x)));
    x = sum(x, encoderMlp(norm2(x)));
    const encoded = encoderNorm(x);
    const context = sum(sum(toContext(encoded), contextBias), read.place);
    let y = sum(mask, predicted.place);
    y = sum(y, decoderSelf(decoder1(y)));
    y = sum(y, cross(contextNorm(context)));
    y = sum(y, decoderMlp(decoder2(y)));
    const output = decoderNorm(y);
    return { encoded, context, output, logits: toLogits(output) };
  });
  const result = (name: string, key: keyof (typeof results)[number]): NamedTensor => ({
    ...{ name: `out.${name}`, dtype: 'F32', shape: [IDS.length, 1, results[0]![key].length] },
    data: Float32Array.from(results.flatMap((sample) => sample[key])),
  });
  const out = [
    result('encoder_output', 'encoded'),
    result('context', 'context'),
    result('decoder_output', 'output'),
    result(`logits.${OUTPUT}`, 'logits'),
  ];
  const metadata = Object.entries(CONFIG).map(([key, value]) => [key, python(value)]);
  return {
    kind: 'fm.forward',
    description,
    tier: 'core',
    options: {
      config: CONFIG,
      modality_info_overrides: Object.fromEntries(
        [INPUT, OUTPUT].map((name) => [name, { input_size: 16, vocab_size: VOCABULARY }]),
      ),
      ...{ num_encoder_tokens: 1, num_decoder_tokens: 1, decoder_modality_order: [OUTPUT] },
      modality_order: { in: [INPUT, OUTPUT] },
    },
    files: { checkpoint: 'model.safetensors' },
    contents: { 'model.safetensors': writeSafetensors(weights.tensors, Object.fromEntries(metadata)) },
    tensors: [...inputs(INPUT, true), ...inputs(OUTPUT, false), ...out],
    tolerances: { default: { form: 'close', rtol: 2e-4, atol: 1e-4 } },
    expected: {
      tensors: Object.fromEntries(
        out.map(({ name, dtype, shape }) => [name, { dtype, shape: [...shape], tolerance: 'default' }]),
      ),
    },
    ...(checks && { checks }),
  };
}

/** Tensors of a checkpoint by name, with values that are the same whenever they are made. */
class Weights {
  readonly tensors: NamedTensor[] = [];

  /** @param copies how many equal parts the rows have */
  get(name: string, shape: readonly number[], size: number, middle = 0, copies = 1): number[] {
    const known = this.tensors.find((tensor) => tensor.name === name);
    if (known) return Array.from(known.data as Float32Array);
    const part = shape.reduce((a, b) => a * b) / copies;
    const start = 17 * this.tensors.length;
    const data = Float32Array.from({ length: part * copies }, (_, i) => {
      const k = start + (i % part);
      return middle + size * (((k * 37 + ((k * k) % 29)) % 61) / 61 - 0.5);
    });
    this.tensors.push({ name, dtype: 'F32', shape, data });
    return Array.from(data);
  }
}

function inputs(name: string, isInput: boolean): NamedTensor[] {
  const shape = [IDS.length, 1];
  const flags = (value: boolean) => Uint8Array.from(IDS, () => Number(value));
  return [
    { name: `in.${name}.tensor`, dtype: 'I32', shape, data: Int32Array.from(IDS) },
    { name: `in.${name}.input_mask`, dtype: 'U8', shape, data: flags(!isInput) },
    { name: `in.${name}.target_mask`, dtype: 'U8', shape, data: flags(isInput) },
    {
      name: `in.${name}.decoder_attention_mask`,
      dtype: 'I32',
      shape,
      data: Int32Array.from(IDS, () => Number(!isInput)),
    },
  ];
}

function sum(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + b[i]!);
}

function product(matrix: readonly number[], x: readonly number[], columns: number): number[] {
  return Array.from({ length: matrix.length / columns }, (_, row) =>
    x.reduce((total, value, j) => total + matrix[row * columns + j]! * value, 0),
  );
}

function normalised(x: readonly number[], weight: readonly number[], bias: readonly number[]): number[] {
  const mean = x.reduce((a, b) => a + b) / x.length;
  const variance = x.reduce((total, value) => total + (value - mean) ** 2, 0) / x.length;
  return x.map((value, i) => ((value - mean) / Math.sqrt(variance + EPSILON)) * weight[i]! + bias[i]!);
}

/** A value as Python writes it, which is how published checkpoints hold their configuration. */
function python(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return Array.isArray(value) ? `[${value.map((entry) => `'${entry}'`).join(', ')}]` : String(value);
}
