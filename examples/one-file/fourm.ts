/**
 * 4M in one file: any-to-any generation with one masked encoder–decoder transformer (arXiv 2312.06647 and 2406.09406).
 *
 * The whole model for a single sample, with tensors [tokens, width]: no kernels, no batches, no caches, no options. It loads
 * the shipped checkpoint and generates the same tokens as the library. `main.ts` runs it. In order:
 *
 *   1. checkpoint   2. tokens   3. layers   4. encoder   5. decoder   6. masks and loss   7. generation
 */
import * as tf from '@tensorflow/tfjs-core';

// ── 1. The checkpoint ───────────────────────────────────────────────────────────────────────────────────────────────────

/** The weights by their published names, and the numbers of heads and layers. */
export interface Model {
  readonly weights: ReadonlyMap<string, tf.Variable>;
  readonly heads: number;
  readonly depth: { readonly encoder: number; readonly decoder: number };
}

/** Reads a safetensors file of 16-bit floats: 8 bytes of length, a JSON header, then the numbers. */
export function readModel(file: Uint8Array): Model {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const { __metadata__: config, ...header } = JSON.parse(new TextDecoder().decode(file.subarray(8, start)));
  const tensors = header as Record<string, { shape: number[]; data_offsets: [number, number] }>;
  const weights = new Map<string, tf.Variable>();
  for (const [name, { shape, data_offsets }] of Object.entries(tensors)) {
    const values = new Float32Array((data_offsets[1] - data_offsets[0]) / 2);
    for (let i = 0; i < values.length; i++) values[i] = half(view.getUint16(start + data_offsets[0] + 2 * i, true));
    weights.set(name, tf.variable(tf.tensor(values, shape)));
  }
  const depth = { encoder: Number(config.encoder_depth), decoder: Number(config.decoder_depth) };
  return { weights, heads: Number(config.num_heads), depth };
}

/** The number of a 16-bit float: 1 bit sign, 5 bits exponent, 10 bits fraction. */
function half(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
}

/** A weight as a matrix: [1, N, D] becomes [N, D]. */
function weight({ weights }: Model, name: string): tf.Tensor2D {
  const found = weights.get(name);
  if (!found) throw new Error(`the checkpoint has no tensor ${name}`);
  return tf.reshape(found, [-1, found.shape.at(-1)!]);
}

// ── 2. Tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Tokens of one modality. A token is an id, or the pixels of a patch, at a position: in the grid of an image, row by row, or in
 * a text.
 */
export interface Tokens {
  readonly modality: string;
  readonly positions: readonly number[];
  /** Token ids; absent for pixels. */
  readonly ids?: readonly number[];
  /** Pixels of each patch in -1…1, row by row, colour by colour. */
  readonly patches?: readonly Float32Array[];
}

/** The patches of an image: all tokens of `rgb@64`. @param pixels 8-bit colours, [size, size, 3] */
export function imageTokens(modality: string, pixels: ArrayLike<number>, size: number, patch: number): Tokens {
  const side = size / patch;
  const patches = Array.from({ length: side * side }, (_, p) => {
    const [top, left] = [Math.floor(p / side) * patch, (p % side) * patch];
    return Float32Array.from({ length: patch * patch * 3 }, (_, i) => {
      const [y, x, c] = [top + Math.floor(i / (3 * patch)), left + (Math.floor(i / 3) % patch), i % 3];
      return pixels[(y * size + x) * 3 + c]! / 127.5 - 1;
    });
  });
  return { modality, positions: range(patches.length), patches };
}

/** All tokens of a text. */
export function textTokens(modality: string, ids: readonly number[]): Tokens {
  return { modality, positions: range(ids.length), ids };
}

type Half = 'encoder' | 'decoder';
const range = (length: number) => Array.from({ length }, (_, i) => i);

/** Sum of the position and modality embeddings of tokens. [N, D] */
export function embedPositions(model: Model, half: Half, { modality, positions }: Tokens): tf.Tensor2D {
  const name = `${half}_embeddings.${modality}`;
  const rows = tf.gather(weight(model, `${name}.pos_emb`), tf.tensor1d([...positions], 'int32'));
  return tf.add(rows, weight(model, `${name}.mod_emb`));
}

/** Token embeddings: a row of the embedding table for an id, a projection of the pixels of a patch. [N, D] */
export function embedTokens(model: Model, half: Half, { modality, ids, patches }: Tokens): tf.Tensor2D {
  const name = `${half}_embeddings.${modality}`;
  if (ids) return tf.gather(weight(model, `${name}.token_emb.weight`), tf.tensor1d([...ids], 'int32'));
  const pixels = tf.stack(patches!.map((patch) => tf.tensor1d(patch))) as tf.Tensor2D;
  return tf.matMul(pixels, weight(model, `${name}.proj.weight`), false, true);
}

// ── 3. Layers ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** x Wᵀ. Only the projection of the context has a bias. */
function linear(model: Model, name: string, x: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(x, weight(model, `${name}.weight`), false, true);
}

/** Normalises each token to mean 0 and variance 1, then applies a learned scale and shift. */
function layerNorm(model: Model, name: string, x: tf.Tensor2D): tf.Tensor2D {
  const { mean, variance } = tf.moments(x, -1, true);
  const standard = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-6)));
  return tf.add(tf.mul(standard, weight(model, `${name}.weight`)), weight(model, `${name}.bias`));
}

/**
 * Multi-head attention: softmax(q kᵀ / √d + mask) v in each head.
 *
 * @param mask added to the scores, [M, N]: 0, or a large negative number where a query must not attend to a key
 */
function attention(heads: number, q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D, mask?: tf.Tensor2D): tf.Tensor2D {
  const width = q.shape[1];
  const split = (x: tf.Tensor2D) => tf.transpose(tf.reshape(x, [-1, heads, width / heads]), [1, 0, 2]);
  const scores = tf.mul(tf.matMul(split(q), split(k), false, true), (width / heads) ** -0.5); // [H, M, N]
  const weights = tf.softmax(mask ? tf.add(scores, mask) : scores);
  return tf.reshape(tf.transpose(tf.matMul(weights, split(v)), [1, 0, 2]), [-1, width]);
}

function selfAttention(model: Model, name: string, x: tf.Tensor2D, mask?: tf.Tensor2D): tf.Tensor2D {
  const [q, k, v] = tf.split(linear(model, `${name}.qkv`, x), 3, 1) as tf.Tensor2D[];
  return linear(model, `${name}.proj`, attention(model.heads, q!, k!, v!, mask));
}

function crossAttention(model: Model, name: string, x: tf.Tensor2D, context: tf.Tensor2D): tf.Tensor2D {
  const [k, v] = tf.split(linear(model, `${name}.kv`, context), 2, 1) as tf.Tensor2D[];
  return linear(model, `${name}.proj`, attention(model.heads, linear(model, `${name}.q`, x), k!, v!));
}

/** SwiGLU: silu(fc1 x) · fc3 x, then fc2. */
function mlp(model: Model, name: string, x: tf.Tensor2D): tf.Tensor2D {
  const gate = linear(model, `${name}.fc1`, x);
  return linear(model, `${name}.fc2`, tf.mul(tf.mul(gate, tf.sigmoid(gate)), linear(model, `${name}.fc3`, x)));
}

// ── 4. The encoder ──────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Encodes the input tokens of all modalities as one sequence.
 *
 * @returns the decoder's context, [N, D]: the projected output, with position and modality embeddings added again
 */
export function encode(model: Model, inputs: readonly Tokens[]): tf.Tensor2D {
  const positions = tf.concat2d(
    inputs.map((tokens) => embedPositions(model, 'encoder', tokens)),
    0,
  );
  let x = tf.add(
    tf.concat2d(
      inputs.map((tokens) => embedTokens(model, 'encoder', tokens)),
      0,
    ),
    positions,
  ) as tf.Tensor2D;
  for (let i = 0; i < model.depth.encoder; i++) {
    const name = `encoder.${i}`;
    x = tf.add(x, selfAttention(model, `${name}.attn`, layerNorm(model, `${name}.norm1`, x)));
    x = tf.add(x, mlp(model, `${name}.mlp`, layerNorm(model, `${name}.norm2`, x)));
  }
  const projected = linear(model, 'decoder_proj_context', layerNorm(model, 'encoder_norm', x));
  return tf.add(tf.add(projected, weight(model, 'decoder_proj_context.bias')), positions);
}

// ── 5. The decoder ──────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Predicts tokens. Image tokens are predicted at all given positions at once, from mask tokens; each text token is predicted from
 * the tokens before it. Targets of different modalities do not attend to each other.
 *
 * @param targets image: the positions to predict, without ids; text: the ids before those to predict
 * @returns       logits of each target, [M, V]
 */
export function decode(model: Model, context: tf.Tensor2D, targets: readonly Tokens[]): tf.Tensor2D[] {
  const rows = targets.map((tokens) => {
    const values = tokens.ids ? embedTokens(model, 'decoder', tokens) : weight(model, 'mask_token');
    return tf.add(embedPositions(model, 'decoder', tokens), values) as tf.Tensor2D;
  });
  const mask = targetMask(targets);
  let y = tf.concat2d(rows, 0);
  for (let i = 0; i < model.depth.decoder; i++) {
    const name = `decoder.${i}`;
    y = tf.add(y, selfAttention(model, `${name}.self_attn`, layerNorm(model, `${name}.norm1`, y), mask));
    const query = layerNorm(model, `${name}.query_norm`, y);
    y = tf.add(
      y,
      crossAttention(model, `${name}.cross_attn`, query, layerNorm(model, `${name}.context_norm`, context)),
    );
    y = tf.add(y, mlp(model, `${name}.mlp`, layerNorm(model, `${name}.norm2`, y)));
  }
  const output = layerNorm(model, 'decoder_norm', y);
  const counts = targets.map(({ positions }) => positions.length);
  const parts = tf.split(output, counts) as tf.Tensor2D[];
  return parts.map((part, i) => linear(model, `decoder_embeddings.${targets[i]!.modality}.to_logits`, part));
}

/** Attention mask of the targets: full within an image, causal within a text, none between modalities. */
function targetMask(targets: readonly Tokens[]): tf.Tensor2D {
  const owners = targets.flatMap(({ positions, ids }, owner) => positions.map((_, i) => ({ owner, i, isText: !!ids })));
  const hidden = owners.map((query) =>
    owners.map((key) => (key.owner === query.owner && !(query.isText && key.i > query.i) ? 0 : -1e38)),
  );
  return tf.tensor2d(hidden);
}

// ── 6. Masks and the loss ───────────────────────────────────────────────────────────────────────────────────────────────

/** Special tokens of the text vocabulary: the end of a text, and `[S_k]` for its k-th masked span. */
export type Vocabulary = { readonly eosId: number; readonly sentinelIds: readonly number[] };

/** Maximum numbers of input and target tokens. */
type Budget = { readonly inputs: number; readonly targets: number };
type Random = () => number;

/** A training sample: visible tokens, and tokens to predict. */
export interface MaskedSample {
  readonly inputs: Tokens[];
  readonly targets: Tokens[];
  /** The ids to predict, for each target. */
  readonly labels: number[][];
}

/**
 * Masks a sample at random. The shares of the modalities in the input and target budgets are drawn from Dirichlet distributions
 * (here with alpha 1: normalised exponential random numbers). All other tokens are dropped, so that the cost of training does not
 * depend on the number of modalities.
 */
export function maskSample(all: readonly Tokens[], budget: Budget, special: Vocabulary, random: Random): MaskedSample {
  const shares = (total: number) => {
    const draws = all.map(() => -Math.log(1 - random()));
    const sum = draws.reduce((a, b) => a + b);
    return draws.map((draw) => Math.floor((total * draw) / sum));
  };
  const [inputs, targets] = [shares(budget.inputs), shares(budget.targets)];
  const masked: MaskedSample = { inputs: [], targets: [], labels: [] };
  all.forEach((tokens, m) => {
    const own = { inputs: inputs[m]!, targets: targets[m]! };
    if (tokens.ids && !tokens.modality.startsWith('tok_')) maskText(masked, tokens, own, special, random);
    else maskImage(masked, tokens, own, random);
  });
  return masked;
}

/** Random positions of an image are input, random others are targets. Pixels are input only. */
function maskImage(masked: MaskedSample, tokens: Tokens, { inputs, targets }: Budget, random: Random): void {
  const { modality, positions, ids, patches } = tokens;
  const keys = positions.map(() => random());
  const order = [...positions].sort((a, b) => keys[a]! - keys[b]!);
  const visible = order.slice(0, inputs);
  const values = ids ? { ids: visible.map((p) => ids[p]!) } : { patches: visible.map((p) => patches![p]!) };
  if (visible.length > 0) masked.inputs.push({ modality, positions: visible, ...values });
  const targetPositions = order.slice(inputs, inputs + targets);
  if (!ids || targetPositions.length === 0) return;
  masked.targets.push({ modality, positions: targetPositions });
  masked.labels.push(targetPositions.map((p) => ids[p]!));
}

/**
 * Masks random spans of a text. The input has a sentinel `[S_1]`, `[S_2]`, … in place of each span; the target lists the spans,
 * each after its sentinel: "a [S_1] ball [S_2]" and "[S_1] red [S_2] [EOS] [S_3]". (T5, arXiv 1910.10683.)
 */
function maskText(masked: MaskedSample, text: Tokens, budget: Budget, special: Vocabulary, random: Random): void {
  const [{ modality, ids }, { inputs, targets }, { eosId, sentinelIds }] = [text, budget, special];
  // The keep probability is lowered until the input fits its budget.
  for (let keep = inputs && random(); ; keep *= 0.9) {
    const [input, target]: [number[], number[]] = [[], []];
    let span = 0;
    let inSpan = false;
    for (const id of [...ids!, eosId]) {
      const isMasked = random() >= keep;
      if (isMasked && !inSpan) {
        span++;
        for (const side of [input, target]) side.push(sentinelIds[span]!);
      }
      inSpan = isMasked;
      (isMasked ? target : input).push(id);
    }
    if (inputs > 0 && input.length > inputs) continue;
    if (inputs > 0) masked.inputs.push(textTokens(modality, input));
    const targetIds = [...target, sentinelIds[span + 1]!].slice(0, targets);
    if (targetIds.length < 2) return;
    // Each token is predicted from those before it.
    masked.targets.push(textTokens(modality, targetIds.slice(0, -1)));
    masked.labels.push(targetIds.slice(1));
    return;
  }
}

/** Cross-entropy in nats: the mean over the modalities of the mean over their targets. */
export function loss(model: Model, { inputs, targets, labels }: MaskedSample): tf.Scalar {
  const logits = decode(model, encode(model, inputs), targets);
  const losses = logits.map((own, i) => {
    const hot = tf.oneHot(tf.tensor1d(labels[i]!, 'int32'), own.shape[1]);
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(own), hot), -1)));
  });
  return tf.div(tf.addN(losses), losses.length);
}

// ── 7. Generation ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Sampling temperature (0: argmax), and a source of random numbers in 0…1. */
type Sampling = { readonly temperature: number; readonly random: Random };
type Sampled = { readonly id: number; readonly probability: number };

/** Samples a token from each row of logits. At temperature 0, the argmax with its probability at temperature 1. */
async function sample(logits: tf.Tensor2D, { temperature, random }: Sampling): Promise<Sampled[]> {
  const rows = (await tf.tidy(() => tf.softmax(tf.div(logits, temperature || 1))).array()) as number[][];
  return rows.map((probabilities) => {
    let id = probabilities.indexOf(Math.max(...probabilities));
    let left = temperature > 0 ? random() : 0;
    for (let i = 0; left > 0 && i < probabilities.length; i++) {
      id = i;
      left -= probabilities[i]!;
    }
    return { id, probability: probabilities[id]! };
  });
}

/** Samples tokens at positions of an image, given all known tokens. */
async function predict(model: Model, known: readonly Tokens[], target: Tokens, how: Sampling): Promise<Sampled[]> {
  const inputs = known.filter(({ positions }) => positions.length > 0);
  const logits = tf.tidy(() => decode(model, encode(model, inputs), [target])[0]!);
  const sampled = await sample(logits, how);
  logits.dispose();
  return sampled;
}

/** The image with more tokens committed. */
function commit({ modality, positions, ids = [] }: Tokens, at: readonly number[], more: readonly Sampled[]): Tokens {
  return { modality, positions: [...positions, ...at], ids: [...ids, ...more.map(({ id }) => id)] };
}

/** A step of ROAR, random-order autoregression: samples and commits the given positions. */
export async function roarStep(
  model: Model,
  known: readonly Tokens[],
  image: Tokens,
  positions: readonly number[],
  how: Sampling,
): Promise<Tokens> {
  const target = { modality: image.modality, positions };
  return commit(image, positions, await predict(model, [...known, image], target, how));
}

/**
 * MaskGIT: each step samples all masked positions and commits the most confident ones, by a cosine schedule. (arXiv 2202.04200.)
 *
 * @param count tokens of the image
 */
export async function maskgit(
  model: Model,
  known: readonly Tokens[],
  modality: string,
  { count, steps, ...how }: Sampling & { readonly count: number; readonly steps: number },
): Promise<number[]> {
  let image: Tokens = { modality, positions: [], ids: [] };
  for (let step = 1; step <= steps; step++) {
    const unknown = range(count).filter((p) => !image.positions.includes(p));
    const left = step === steps ? 0 : Math.round((count * (1 + Math.cos((Math.PI * step) / steps))) / 2);
    const sampled = await predict(model, [...known, image], { modality, positions: unknown }, how);
    const confident = range(unknown.length)
      .sort((a, b) => sampled[b]!.probability - sampled[a]!.probability)
      .slice(0, unknown.length - left);
    image = commit(
      image,
      confident.map((i) => unknown[i]!),
      confident.map((i) => sampled[i]!),
    );
  }
  return range(count).map((p) => image.ids![image.positions.indexOf(p)]!);
}

/** Autoregressive decoding of a text, from `[S_1]` until `[EOS]` or `[S_2]`. */
export async function autoregressive(
  model: Model,
  known: readonly Tokens[],
  modality: string,
  { eosId, sentinelIds }: Vocabulary,
  { length, ...how }: Sampling & { readonly length: number },
): Promise<number[]> {
  const text = [sentinelIds[1]!];
  const context = tf.tidy(() => encode(model, [...known, textTokens(modality, text)]));
  while (text.length <= length) {
    const last = tf.tidy(() =>
      tf.slice(decode(model, context, [textTokens(modality, text)])[0]!, [text.length - 1, 0]),
    );
    const [{ id }] = (await sample(last, how)) as [Sampled];
    last.dispose();
    if (id === eosId || id === sentinelIds[2]) break;
    text.push(id);
  }
  context.dispose();
  return text.slice(1);
}
