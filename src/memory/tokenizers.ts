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
import { block, layerNorm, linear, type Machine, mlp, product } from './layers.js';
import { bytesOf, inTurn, lent, made, tidied, type Use, type WorkingMemory } from './use.js';

/** What `tokenize` takes for B images of h·w patches, in bytes. */
export function tokenizingBytes(model: VqEncoder, on: Machine, b: number, [h, w]: Grid): WorkingMemory {
  const n = h * w;
  const { encoder, quantizer, quantProj, classEmbedding } = model;
  const values = b * n * inputWidth(encoder);
  const latents = b * n * model.config.latent_dim;
  const given = classEmbedding ? values / model.config.n_channels : values;
  const encode = tidied(
    latents,
    prepareInput(model, values),
    runEncoder(encoder, on, b, [h, w]),
    linear(on, quantProj, b * n),
  );
  return bytesOf(inTurn(made(given), encode, nearest(quantizer, on, b * n, latents)));
}

/** What `decodeTokens` takes for B images of h·w tokens, in bytes. */
export function detokenizingBytes(model: Tokenizer, on: Machine, b: number, grid: Grid): WorkingMemory {
  const places = b * grid[0] * grid[1];
  const codes = places * model.config.latent_dim;
  const lookedUp = tidied(codes, made(places * model.quantizer.heads), recalled(model.quantizer, on, places, codes));
  if ('denoiser' in model) {
    const { channels, grid: painted } = paintedLayout(model, grid);
    const patches = b * painted[0] * painted[1] * channels * model.patch ** 2;
    const step = inTurn(made(patches), denoiser(model.denoiser, on, { b, grid: painted, condition: grid, codes }));
    return bytesOf(inTurn(lookedUp, step));
  }
  const { channels, patch } = outputLayout(model, grid);
  const values = places * channels * patch[0] * patch[1];
  const decode = tidied(values, linear(on, model.postQuantProj, places), runDecoder(model.decoder, on, b, grid));
  return bytesOf(inTurn(lookedUp, decode));
}

/** Classes as vectors, standardised pictures as they were. */
function prepareInput({ classEmbedding, config }: VqEncoder, values: number): Use {
  return tidied(values, made(classEmbedding ? 2 * values : 0), made(config.undo_std ? 4 * values : values));
}

function inputWidth(p: Encoder): number {
  const { weight } = p.kind === 'mlp' ? p.linearIn : p.proj;
  return weight.size / weight.shape[0]!;
}

/** [B, h·w, C·p·p] to [B, h·w, D] */
function runEncoder(p: Encoder, on: Machine, b: number, grid: Grid): Use {
  const rows = b * grid[0] * grid[1];
  if (p.kind === 'mlp') return residualMlp(p, on, rows);
  return tidied(rows * widthOf(p), linear(on, p.proj, rows), ...blocks(p, on, b, grid));
}

/** [B, h·w, D] to [B, h·w, C·p·p] */
function runDecoder(p: Decoder, on: Machine, b: number, grid: Grid): Use {
  const rows = b * grid[0] * grid[1];
  if (p.kind === 'mlp') return residualMlp(p, on, rows);
  const values = rows * p.outProj.weight.shape[0]!;
  const smoothed =
    p.outConv.length > 0
      ? inTurn(made(2 * values), ...p.outConv.map((c) => convNext(c, on, values)), made(2 * values))
      : made(0);
  return tidied(values, ...blocks(p, on, b, grid), linear(on, p.outProj, rows), smoothed);
}

/** Blocks of a ViT on a grid, and its MLP behind or before the quantizer. */
function blocks(p: VitEncoder | VitDecoder, on: Machine, b: number, [h, w]: Grid): Use[] {
  const [, width, height, columns] = p.positions.shape as [number, number, number, number];
  const n = h * w;
  const table = height * columns;
  const stretched = height === h && columns === w ? made(0) : inTurn(made(n * table), product(on, n, table, width));
  const size = b * n * width;
  const post = p.postMlp ? [layerNorm(on, size), mlp(on, p.postMlp.mlp, b * n), made(size)] : [];
  return [made(table * width), stretched, made(size), ...p.blocks.map((each) => block(on, each, b, n)), ...post];
}

function widthOf({ positions }: VitEncoder | VitDecoder): number {
  return positions.shape[1]!;
}

function residualMlp(p: Extract<Encoder, { kind: 'mlp' }>, on: Machine, rows: number): Use {
  const width = rows * p.linearIn.weight.shape[0]!;
  const blocks = p.blocks.flatMap((each) => [layerNorm(on, width), mlp(on, each.mlp, rows), made(width)]);
  return tidied(
    rows * p.linearOut.weight.shape[0]!,
    linear(on, p.linearIn, rows),
    ...blocks,
    linear(on, p.linearOut, rows),
  );
}

/** x: [B, H, W, C] of `size` numbers */
function convNext(p: ConvNextBlock, on: Machine, size: number): Use {
  const channels = p.kernel.shape[0]!;
  return tidied(
    size,
    made(p.kernel.size),
    made(2 * size), // convolved, with its bias
    layerNorm(on, size),
    mlp(on, p.mlp, size / channels),
    made(2 * size), // times gamma, added
  );
}

/** The token of each of n latents: scores of all codes are made at once. */
function nearest(q: Quantizer | Memcodes, on: Machine, n: number, latents: number): Use {
  const size = q.codes.shape.at(-2)!;
  const scores = product(on, n * q.heads, q.codes.shape.at(-1)!, size);
  if (q.kind === 'memcodes') return tidied(n * q.heads, made(3 * latents), scores, made(2 * n * q.heads));
  const split = n * q.heads * q.codes.shape[1]!;
  const heads = q.projectIn ? linear(on, q.projectIn, n) : made(0);
  const lengths = made(q.normLatents ? unit(split, n * q.heads) : 0);
  if (!q.cosine) {
    // Scores, twice as much, the squares of the codes and their sums, the difference.
    return tidied(n, heads, lengths, scores, made(scores.kept), made(q.codes.size + size), made(scores.kept));
  }
  return tidied(n, heads, lengths, made(unit(split, n * q.heads)), made(unit(q.codes.size, size)), scores, made(n));
}

/** Rows brought to length 1: squares, their sums, roots and largest of these, the quotients. */
function unit(size: number, rows: number): number {
  return 2 * size + 3 * rows;
}

/** The codes of n tokens. */
function recalled(q: Quantizer | Memcodes, on: Machine, n: number, codes: number): Use {
  if (q.kind === 'memcodes') return inTurn(made(2 * n * q.heads), made(4 * codes));
  const looked = n * q.heads * q.codes.shape[1]!;
  return inTurn(made(n * q.heads + looked), q.projectOut ? linear(on, q.projectOut, n) : lent(0));
}
