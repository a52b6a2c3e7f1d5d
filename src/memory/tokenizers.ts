/** What tokenizers take besides their weights: `src/tokenizers/vq` once more, with sizes in place of tensors. */
import { outputLayout as paintedLayout } from '../tokenizers/diffusion/divae.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import type { ConvNextBlock } from '../tokenizers/vq/conv-next.js';
import type { Memcodes } from '../tokenizers/vq/memcodes.js';
import type { Decoder, Encoder } from '../tokenizers/vq/network.js';
import type { Quantizer } from '../tokenizers/vq/quantizer.js';
import type { Grid, VitDecoder, VitEncoder } from '../tokenizers/vq/vit.js';
import { outputLayout, type VqEncoder } from '../tokenizers/vq/vqvae.js';
import { denoiser } from './denoisers.js';
import { block, type DeviceModel, layerNorm, linear, mlp, product } from './layers.js';
import {
  allocate,
  bytesOf,
  type MemoryProfile,
  scoped,
  sequential,
  type WorkingMemory,
  workspace,
} from './memory-profile.js';

/** What `tokenize` takes for B images of h·w patches, in bytes. */
export function tokenizingBytes(model: VqEncoder, on: DeviceModel, b: number, [h, w]: Grid): WorkingMemory {
  const n = h * w;
  const { encoder, quantizer, quantProj, classEmbedding } = model;
  const values = b * n * inputWidth(encoder);
  const latents = b * n * model.config.latent_dim;
  const given = classEmbedding ? values / model.config.n_channels : values;
  const encode = scoped(
    latents,
    prepareInput(model, values),
    runEncoder(encoder, on, b, [h, w]),
    linear(on, quantProj, b * n),
  );
  return bytesOf(sequential(allocate(given), encode, nearest(quantizer, on, b * n, latents)));
}

/** What `decodeTokens` takes for B images of h·w tokens, in bytes. */
export function detokenizingBytes(model: Tokenizer, on: DeviceModel, b: number, grid: Grid): WorkingMemory {
  const places = b * grid[0] * grid[1];
  const codes = places * model.config.latent_dim;
  const lookedUp = scoped(
    codes,
    allocate(places * model.quantizer.heads),
    recalled(model.quantizer, on, places, codes),
  );
  if ('denoiser' in model) {
    const { channels, grid: painted } = paintedLayout(model, grid);
    const patches = b * painted[0] * painted[1] * channels * model.patch ** 2;
    const step = sequential(
      allocate(patches),
      denoiser(model.denoiser, on, { b, grid: painted, condition: grid, codes }),
    );
    return bytesOf(sequential(lookedUp, step));
  }
  const { channels, patch } = outputLayout(model, grid);
  const values = places * channels * patch[0] * patch[1];
  const decode = scoped(values, linear(on, model.postQuantProj, places), runDecoder(model.decoder, on, b, grid));
  return bytesOf(sequential(lookedUp, decode));
}

/** Classes as vectors, standardised pictures as they were. */
function prepareInput({ classEmbedding, config }: VqEncoder, values: number): MemoryProfile {
  return scoped(values, allocate(classEmbedding ? 2 * values : 0), allocate(config.undo_std ? 4 * values : values));
}

function inputWidth(p: Encoder): number {
  const { weight } = p.kind === 'mlp' ? p.linearIn : p.proj;
  return weight.size / weight.shape[0]!;
}

/** [B, h·w, C·p·p] to [B, h·w, D] */
function runEncoder(p: Encoder, on: DeviceModel, b: number, grid: Grid): MemoryProfile {
  const rows = b * grid[0] * grid[1];
  if (p.kind === 'mlp') return residualMlp(p, on, rows);
  return scoped(rows * widthOf(p), linear(on, p.proj, rows), ...blocks(p, on, b, grid));
}

/** [B, h·w, D] to [B, h·w, C·p·p] */
function runDecoder(p: Decoder, on: DeviceModel, b: number, grid: Grid): MemoryProfile {
  const rows = b * grid[0] * grid[1];
  if (p.kind === 'mlp') return residualMlp(p, on, rows);
  const values = rows * p.outProj.weight.shape[0]!;
  const smoothed =
    p.outConv.length > 0
      ? sequential(allocate(2 * values), ...p.outConv.map((c) => convNext(c, on, values)), allocate(2 * values))
      : allocate(0);
  return scoped(values, ...blocks(p, on, b, grid), linear(on, p.outProj, rows), smoothed);
}

/** Blocks of a ViT on a grid, and its MLP behind or before the quantizer. */
function blocks(p: VitEncoder | VitDecoder, on: DeviceModel, b: number, [h, w]: Grid): MemoryProfile[] {
  const [, width, height, columns] = p.positions.shape as [number, number, number, number];
  const n = h * w;
  const table = height * columns;
  const stretched =
    height === h && columns === w ? allocate(0) : sequential(allocate(n * table), product(on, n, table, width));
  const size = b * n * width;
  const post = p.postMlp ? [layerNorm(on, size), mlp(on, p.postMlp.mlp, b * n), allocate(size)] : [];
  return [
    allocate(table * width),
    stretched,
    allocate(size),
    ...p.blocks.map((each) => block(on, each, b, n)),
    ...post,
  ];
}

function widthOf({ positions }: VitEncoder | VitDecoder): number {
  return positions.shape[1]!;
}

function residualMlp(p: Extract<Encoder, { kind: 'mlp' }>, on: DeviceModel, rows: number): MemoryProfile {
  const width = rows * p.linearIn.weight.shape[0]!;
  const blocks = p.blocks.flatMap((each) => [layerNorm(on, width), mlp(on, each.mlp, rows), allocate(width)]);
  return scoped(
    rows * p.linearOut.weight.shape[0]!,
    linear(on, p.linearIn, rows),
    ...blocks,
    linear(on, p.linearOut, rows),
  );
}

/** x: [B, H, W, C] of `size` numbers */
function convNext(p: ConvNextBlock, on: DeviceModel, size: number): MemoryProfile {
  const channels = p.kernel.shape[0]!;
  return scoped(
    size,
    allocate(p.kernel.size),
    allocate(2 * size), // convolved, with its bias
    layerNorm(on, size),
    mlp(on, p.mlp, size / channels),
    allocate(2 * size), // times gamma, added
  );
}

/** The token of each of n latents: scores of all codes are made at once. */
function nearest(q: Quantizer | Memcodes, on: DeviceModel, n: number, latents: number): MemoryProfile {
  const size = q.codes.shape.at(-2)!;
  const scores = product(on, n * q.heads, q.codes.shape.at(-1)!, size);
  if (q.kind === 'memcodes') return scoped(n * q.heads, allocate(3 * latents), scores, allocate(2 * n * q.heads));
  const split = n * q.heads * q.codes.shape[1]!;
  const heads = q.projectIn ? linear(on, q.projectIn, n) : allocate(0);
  const lengths = allocate(q.normLatents ? unit(split, n * q.heads) : 0);
  if (!q.cosine) {
    // Scores, twice as much, the squares of the codes and their sums, the difference.
    return scoped(
      n,
      heads,
      lengths,
      scores,
      allocate(scores.retained),
      allocate(q.codes.size + size),
      allocate(scores.retained),
    );
  }
  return scoped(
    n,
    heads,
    lengths,
    allocate(unit(split, n * q.heads)),
    allocate(unit(q.codes.size, size)),
    scores,
    allocate(n),
  );
}

/** Rows brought to length 1: squares, their sums, roots and largest of these, the quotients. */
function unit(size: number, rows: number): number {
  return 2 * size + 3 * rows;
}

/** The codes of n tokens. */
function recalled(q: Quantizer | Memcodes, on: DeviceModel, n: number, codes: number): MemoryProfile {
  if (q.kind === 'memcodes') return sequential(allocate(2 * n * q.heads), allocate(4 * codes));
  const looked = n * q.heads * q.codes.shape[1]!;
  return sequential(allocate(n * q.heads + looked), q.projectOut ? linear(on, q.projectOut, n) : workspace(0));
}
