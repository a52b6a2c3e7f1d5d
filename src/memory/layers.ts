/** What the layers of `src/nn` take. Shapes are theirs. */

import type { CrossAttention, SelfAttention } from '../nn/attention.js';
import type { Block } from '../nn/block.js';
import {
  APPEND,
  ATTENTION,
  KERNEL_NAMES,
  LAYER_NORM,
  LINEAR,
  PACKED_LINEAR,
  PACKED_ROWS,
  registeredKernels,
  SWIGLU,
} from '../nn/kernels/kernel.js';
import type { Linear } from '../nn/linear.js';
import type { Activation, Mlp } from '../nn/mlp.js';
import { paddedWidth, type WeightDtype } from '../nn/packing.js';
import type { Parameter } from '../nn/parameters.js';
import { memoryInfo } from './memory-info.js';
import {
  allocate,
  allocateTensor,
  type MemoryProfile,
  repeated,
  scoped,
  sequential,
  workspace,
} from './memory-profile.js';

/** What computes. */
export interface DeviceModel {
  /** The named kernels of the backend: what it computes without the tensors in between. */
  readonly kernels: ReadonlySet<string>;
  /** How those matrices are kept that can be packed. */
  readonly dtype: WeightDtype;
  /** Threads, each with working memory of its own. */
  readonly threads: number;
}

/** A backend with a kernel for every name, as wasm is. */
export const WITH_KERNELS: DeviceModel = { kernels: new Set(KERNEL_NAMES), dtype: 'f32', threads: 1 };

/** The backend in use. */
export function currentDevice(dtype: WeightDtype): DeviceModel {
  return { kernels: registeredKernels(), dtype, threads: memoryInfo()?.threads ?? 1 };
}

/** Columns of a right side that wasm's product lays out at once, and room for a tile at the edge. */
const LAID_OUT = 32;
const EDGE = 64;
/** Scores that wasm's attention keeps at once: 1 MiB. */
const SCORES = 2 ** 18;

/** A product of [R, K] and [K, N], with the working memory of wasm. @param unpacked numbers of a row that is unpacked for it */
export function product({ threads }: DeviceModel, rows: number, k: number, n: number, unpacked = 0): MemoryProfile {
  return sequential(workspace(rows * n + threads * (LAID_OUT * (k + unpacked) + EDGE)), allocateTensor(rows * n));
}

/** Up to so many rows wasm multiplies with what is packed; for more, it unpacks as many rows of the weight as it lays out. */
const FEW_ROWS = { f16: 5, int8: 16 } as const;
/** Numbers of a row's split into whole numbers that are no part of it: its scale, up to a whole vector. */
const SPLIT_HEAD = 4;

/** The same with a packed right side. */
function packedProduct(on: DeviceModel, rows: number, k: number, n: number): MemoryProfile {
  const padded = paddedWidth(k);
  const few = on.dtype !== 'f32' && rows <= FEW_ROWS[on.dtype];
  return few
    ? sequential(workspace(rows * (n + 2 * padded + SPLIT_HEAD)), allocateTensor(rows * n))
    : product(on, rows, k, n, padded);
}

/** [R, in] to [R, out] */
export function linear(on: DeviceModel, { weight, bias, lora }: Linear, rows: number): MemoryProfile {
  const output = weight.shape[0]!;
  const input = weight.size / output;
  const packed = weight.byteLengthAs(on.dtype) < weight.byteLengthAs('f32');
  const fused = on.kernels.has(packed ? PACKED_LINEAR : LINEAR);
  const unpacked = packed && !fused ? [unpackedRows(weight, on.dtype, output)] : [];
  const mapped = packed && fused ? packedProduct(on, rows, input, output) : product(on, rows, input, output);
  const sum = bias && !fused ? [allocate(rows * output)] : [];
  const correction = lora ? [linear(on, lora.down, rows), linear(on, lora.up, rows), allocate(2 * rows * output)] : [];
  return scoped(rows * output, ...unpacked, mapped, ...sum, ...correction);
}

/** Rows of a table, and their numbers. */
export function gatherRows(on: DeviceModel, table: Parameter, rows: number): MemoryProfile {
  const width = table.shape.at(-1)!;
  const isPacked = table.byteLengthAs(on.dtype) < table.byteLengthAs('f32');
  const unpacked =
    isPacked && !on.kernels.has(PACKED_ROWS) ? unpackedRows(table, on.dtype, rows) : allocate(rows * width);
  return sequential(allocate(rows), scoped(rows * width, unpacked));
}

/** Rows of a packed matrix by operations of tfjs. (`packedRowsFallback`) */
function unpackedRows(table: Parameter, dtype: WeightDtype, rows: number): MemoryProfile {
  const all = table.size / table.shape.at(-1)!;
  const words = (rows * table.byteLengthAs(dtype)) / 4 / all;
  const numbers = (rows * table.size) / all;
  // Where pairs of words lie, of which all rows have two numbers; the words, their halves on the way and side by side; the table of
  // halves; numbers, cut and scaled.
  const places = dtype === 'int8' ? allocate(2 * all + 2 * rows + words) : allocate(0);
  return scoped(
    numbers,
    places,
    allocate(7 * words),
    allocate(2 ** 16 * (dtype === 'int8' ? 2 : 1)),
    allocate(3 * numbers),
  );
}

/** Of `size` numbers. */
export function layerNorm(on: DeviceModel, size: number): MemoryProfile {
  // Composed: centred, squared, normalised, scaled, shifted.
  return on.kernels.has(LAYER_NORM) ? allocate(size) : scoped(size, allocate(5 * size));
}

/** q: [B, M, D], keys and values: [B, N, D] */
export function attention(
  on: DeviceModel,
  b: number,
  heads: number,
  m: number,
  n: number,
  width: number,
): MemoryProfile {
  const result = b * m * width;
  if (on.kernels.has(ATTENTION)) {
    const headByHead = Math.min(SCORES, m * (n + 3)) + LAID_OUT * Math.max(n, width / heads) + EDGE;
    const scratch = m === 1 ? Math.max(headByHead, heads * (n + 3)) : headByHead;
    return sequential(workspace(result + on.threads * scratch), allocate(result));
  }
  const scores = b * heads * m * n;
  return scoped(
    result,
    allocate(b * (m + 2 * n) * width), // heads in front
    allocate(result), // scaled
    allocateTensor(scores),
    allocate(3 * scores), // the same masked, their exponentials and softmax
    product(on, b * m, n, width),
    allocate(result), // heads side by side again
  );
}

/** Rows that wasm's {@link APPEND} makes room for at once. */
const ROOM = 16;

/**
 * Places for which there is room where keys, or values, grow token by token to so many; and those beside them while what was there
 * before is copied, for the last time.
 */
export function cacheCapacity(on: DeviceModel, b: number, places: number): { room: number; before: number } {
  if (!on.kernels.has(APPEND) || b > 1) return { room: places, before: places - 1 };
  const room = ROOM * Math.ceil(places / ROOM);
  return { room, before: Math.max(Math.min(1, places - 1), room - ROOM) };
}

/**
 * x: [B, N, D] → [B, N, D], of which the keys and values stay: [B, past + N, D] each.
 *
 * @param past places before these, whose keys and values are there already
 */
export function selfAttention(on: DeviceModel, p: SelfAttention, b: number, n: number, past = 0): MemoryProfile {
  const width = p.proj.weight.shape[0]!;
  const size = b * n * width;
  const seen = b * (past + n) * width;
  const spare = b * cacheCapacity(on, b, past + n).room * width - seen;
  return sequential(
    linear(on, p.qkv, b * n),
    allocate(3 * size), // split
    ...(p.norms ? [layerNorm(on, size), layerNorm(on, size)] : []),
    ...(past > 0 ? [repeated(2, sequential(allocateTensor(seen), allocate(spare)))] : []),
    attention(on, b, p.heads, n, past + n, width),
    linear(on, p.proj, b * n),
  );
}

/** What {@link crossAttention} looks at, [B, N, D]: of all that is made only keys and values are of use later. */
export function contextKeysValues(on: DeviceModel, p: CrossAttention, b: number, n: number): MemoryProfile {
  const size = b * n * p.proj.weight.shape[0]!;
  return sequential(
    linear(on, p.kv, b * n),
    allocate(2 * size), // split
    ...(p.norms ? [layerNorm(on, size)] : []),
  );
}

/** x: [B, M, D], looking at N places. */
export function crossAttention(on: DeviceModel, p: CrossAttention, b: number, m: number, n: number): MemoryProfile {
  const width = p.proj.weight.shape[0]!;
  return sequential(
    linear(on, p.q, b * m),
    ...(p.norms ? [layerNorm(on, b * m * width)] : []),
    attention(on, b, p.heads, m, n, width),
    linear(on, p.proj, b * m),
  );
}

/** x: [R, D] → [R, D] */
export function mlp(on: DeviceModel, { fc1, fc2, fc3, activation }: Mlp, rows: number): MemoryProfile {
  const hidden = rows * fc1.weight.shape[0]!;
  const gated =
    activation === 'SiLU' && on.kernels.has(SWIGLU)
      ? allocate(hidden)
      : scoped(hidden, activated(activation, hidden), allocate(hidden));
  return scoped(
    rows * fc2.weight.shape[0]!,
    linear(on, fc1, rows),
    ...(fc3 ? [linear(on, fc3, rows), gated] : [activated(activation, hidden)]),
    linear(on, fc2, rows),
  );
}

/** What an activation makes on its way, and its result: all tensors of `size` numbers. */
export function activated(name: Activation, size: number): MemoryProfile {
  return allocate({ GELU: 5, SiLU: 2, Tanh: 1, ReLU: 1 }[name] * size);
}

/** x: [B, N, D] → [B, N, D] */
export function block(on: DeviceModel, p: Block, b: number, n: number): MemoryProfile {
  const size = b * n * p.attn.proj.weight.shape[0]!;
  return scoped(
    size,
    layerNorm(on, size),
    selfAttention(on, p.attn, b, n),
    allocate(size), // added
    layerNorm(on, size),
    mlp(on, p.mlp, b * n),
    allocate(size), // added
  );
}

/** A mask that is added to scores. */
export function scoreMask(b: number, m: number, n: number): MemoryProfile {
  return allocate(b * m * n);
}
