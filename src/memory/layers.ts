/** What the layers of `src/nn` take. Shapes are theirs. */

import type { CrossAttention, SelfAttention } from '../nn/attention.js';
import type { Block } from '../nn/block.js';
import { ATTENTION, LAYER_NORM, LINEAR, SWIGLU } from '../nn/kernels/kernel.js';
import type { Linear } from '../nn/linear.js';
import type { Activation, Mlp } from '../nn/mlp.js';
import { inTurn, made, tidied, type Use } from './use.js';

/** The named kernels of a backend: what it computes without the tensors in between. */
export type Kernels = ReadonlySet<string>;

/** Every kernel that there is a name for; wasm has them all. */
export const ALL_KERNELS: Kernels = new Set([ATTENTION, LAYER_NORM, LINEAR, SWIGLU]);

/** Columns of a right side that wasm's product lays out at once, and room for a tile at the edge. */
const LAID_OUT = 32;
const EDGE = 64;
/** Scores that wasm's attention keeps at once: 1 MiB. */
const SCORES = 2 ** 18;

/** A product of [R, K] and [K, N], with the working memory of wasm. */
export function product(rows: number, k: number, n: number): Use {
  return { peak: rows * n + LAID_OUT * k + EDGE, kept: rows * n };
}

/** [R, in] to [R, out] */
export function linear(kernels: Kernels, { weight, bias, lora }: Linear, rows: number): Use {
  const output = weight.shape[0]!;
  const input = weight.size / output;
  const mapped = product(rows, input, output);
  const sum = bias && !kernels.has(LINEAR) ? [made(rows * output)] : [];
  const correction = lora
    ? [linear(kernels, lora.down, rows), linear(kernels, lora.up, rows), made(2 * rows * output)]
    : [];
  return tidied(rows * output, mapped, ...sum, ...correction);
}

/** Of `size` numbers. */
export function layerNorm(kernels: Kernels, size: number): Use {
  // Composed: centred, squared, normalised, scaled, shifted.
  return kernels.has(LAYER_NORM) ? made(size) : tidied(size, made(5 * size));
}

/** q: [B, H, M, d], keys and values: [B, H, N, d]; the width D is H·d. */
export function attention(kernels: Kernels, b: number, heads: number, m: number, n: number, width: number): Use {
  const result = b * m * width;
  if (kernels.has(ATTENTION)) {
    const scratch = Math.min(SCORES, m * (n + 3)) + LAID_OUT * Math.max(n, width / heads) + EDGE;
    return { peak: result + scratch, kept: result };
  }
  const scores = b * heads * m * n;
  // Queries to scale, scores, the same masked, their exponentials and softmax.
  return tidied(result, made(result), made(4 * scores), product(b * m, n, width));
}

/**
 * x: [B, N, D] → [B, N, D], of which the keys and values stay: [B, H, past + N, D/H] each.
 *
 * @param past places before these, whose keys and values are there already
 */
export function selfAttention(kernels: Kernels, p: SelfAttention, b: number, n: number, past = 0): Use {
  const width = p.proj.weight.shape[0]!;
  const size = b * n * width;
  return inTurn(
    linear(kernels, p.qkv, b * n),
    made(3 * size), // split
    made(3 * size), // heads in front
    ...(p.norms ? [layerNorm(kernels, size), layerNorm(kernels, size)] : []),
    ...(past > 0 ? [made(2 * b * (past + n) * width)] : []),
    attention(kernels, b, p.heads, n, past + n, width),
    made(size), // heads joined
    linear(kernels, p.proj, b * n),
  );
}

/** What {@link crossAttention} looks at, [B, N, D]: of all that is made only keys and values are of use later. */
export function contextKeysValues(kernels: Kernels, p: CrossAttention, b: number, n: number): Use {
  const size = b * n * p.proj.weight.shape[0]!;
  return inTurn(
    linear(kernels, p.kv, b * n),
    made(2 * size), // split
    made(2 * size), // heads in front
    ...(p.norms ? [layerNorm(kernels, size)] : []),
  );
}

/** x: [B, M, D], looking at N places. */
export function crossAttention(kernels: Kernels, p: CrossAttention, b: number, m: number, n: number): Use {
  const width = p.proj.weight.shape[0]!;
  const size = b * m * width;
  return inTurn(
    linear(kernels, p.q, b * m),
    made(size), // heads in front
    ...(p.norms ? [layerNorm(kernels, size)] : []),
    attention(kernels, b, p.heads, m, n, width),
    made(size), // heads joined
    linear(kernels, p.proj, b * m),
  );
}

/** x: [R, D] → [R, D] */
export function mlp(kernels: Kernels, { fc1, fc2, fc3, activation }: Mlp, rows: number): Use {
  const hidden = rows * fc1.weight.shape[0]!;
  const gated =
    activation === 'SiLU' && kernels.has(SWIGLU)
      ? made(hidden)
      : tidied(hidden, activated(activation, hidden), made(hidden));
  return tidied(
    rows * fc2.weight.shape[0]!,
    linear(kernels, fc1, rows),
    ...(fc3 ? [linear(kernels, fc3, rows), gated] : [activated(activation, hidden)]),
    linear(kernels, fc2, rows),
  );
}

/** What an activation makes on its way, and its result: all tensors of `size` numbers. */
export function activated(name: Activation, size: number): Use {
  return made({ GELU: 5, SiLU: 2, Tanh: 1, ReLU: 1 }[name] * size);
}

/** x: [B, N, D] → [B, N, D] */
export function block(kernels: Kernels, p: Block, b: number, n: number): Use {
  const size = b * n * p.attn.proj.weight.shape[0]!;
  return tidied(
    size,
    layerNorm(kernels, size),
    selfAttention(kernels, p.attn, b, n),
    made(size), // added
    layerNorm(kernels, size),
    mlp(kernels, p.mlp, b * n),
    made(size), // added
  );
}

/** A mask that is added to scores. */
export function scoreMask(b: number, m: number, n: number): Use {
  return made(b * m * n);
}
