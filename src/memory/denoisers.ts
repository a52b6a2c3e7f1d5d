/** What the networks that paint take: `src/tokenizers/diffusion` once more, with sizes in place of tensors. */
import type { Convolution } from '../nn/convolution.js';
import { CONVOLUTION } from '../nn/kernels/kernel.js';
import type { Denoiser } from '../tokenizers/diffusion/denoiser.js';
import type { Level, Levels, Stage } from '../tokenizers/diffusion/levels.js';
import type { PixelAttention } from '../tokenizers/diffusion/pixel-attention.js';
import type { ResidualBlock } from '../tokenizers/diffusion/residual-block.js';
import type { TimeEmbedding } from '../tokenizers/diffusion/time-embedding.js';
import type { Unet } from '../tokenizers/diffusion/unet.js';
import type { Uvit } from '../tokenizers/diffusion/uvit.js';
import type { UvitBlock } from '../tokenizers/diffusion/uvit-block.js';
import type { Grid } from '../tokenizers/vq/vit.js';
import {
  activated,
  attention,
  contextKeysValues,
  crossAttention,
  type DeviceModel,
  layerNorm,
  linear,
  mlp,
  product,
  selfAttention,
} from './layers.js';
import { allocate, allocateTensor, type MemoryProfile, scoped, sequential, workspace } from './memory-profile.js';

/** What is painted. */
export interface DenoisedImage {
  readonly b: number;
  /** Of the decoder's patches, h and w. */
  readonly grid: Grid;
  /** Of the tokens. */
  readonly condition: Grid;
  /** Numbers in the codes of all tokens, B·h·w·d. */
  readonly codes: number;
}

/** One step of a denoiser. */
export function denoiser({ kind, net }: Denoiser, on: DeviceModel, painted: DenoisedImage): MemoryProfile {
  return kind === 'unet' ? unet(net, on, painted) : uvit(net, on, painted);
}

function unet(p: Unet, on: DeviceModel, { b, grid, condition, codes }: DenoisedImage): MemoryProfile {
  const [width, input] = p.input.weight.shape as [number, number];
  const places = b * grid[0] * grid[1];
  const conditionWidth = codes / (b * condition[0] * condition[1]);
  const { coarsest, left } = retainedSkips(p.levels.down, grid, width);
  const { before, attention: attends, after } = p.middle;
  return scoped(
    places * p.output.weight.shape[0]!,
    time(p.time, on, b),
    allocate(2 * places * conditionWidth), // codes on the grid of the patches
    allocate(places * input), // beside the patches
    convolution(p.input, on, b, grid),
    descend(p.levels.down, on, b, grid),
    residualBlock(before, on, b, coarsest),
    pixelAttention(attends, on, b, coarsest),
    residualBlock(after, on, b, coarsest),
    ascend(p.levels, on, b, coarsest, left),
    groupNorm(places * width),
    activated('SiLU', places * width),
    convolution(p.output, on, b, grid),
  );
}

function uvit(p: Uvit, on: DeviceModel, { b, grid, condition, codes }: DenoisedImage): MemoryProfile {
  const width = p.input.weight.shape[0]!;
  const places = b * grid[0] * grid[1];
  const { coarsest, left } = retainedSkips(p.levels.down, grid, width);
  const bottom = p.downsample ? halved(coarsest) : coarsest;
  const mapWidth = p.middle.projOut.weight.shape[0]!;
  const rising = b * coarsest[0] * coarsest[1] * mapWidth;
  const output = (places * p.output.weight.size) / width;
  return scoped(
    output,
    time(p.time, on, b),
    linear(on, p.input, places),
    descend(p.levels.down, on, b, grid),
    p.downsample ? convolution(p.downsample, on, b, coarsest, 2) : allocate(0),
    middle(p, on, b, bottom, condition, codes),
    p.upsample ? sequential(allocate(2 * rising), convolution(p.upsample, on, b, coarsest)) : allocate(0),
    ascend(p.levels, on, b, coarsest, left),
    groupNorm(places * width),
    activated('SiLU', places * width),
    product(on, places, width, output / places),
    allocate(output),
  );
}

/** The transformer at the bottom of a U-ViT. */
function middle(
  { middle: p }: Uvit,
  on: DeviceModel,
  b: number,
  grid: Grid,
  condition: Grid,
  codes: number,
): MemoryProfile {
  const [, width, height, columns] = p.positions.shape as [number, number, number, number];
  const n = grid[0] * grid[1];
  const size = b * n * width;
  const table = height * columns;
  const contextPlaces = condition[0] * condition[1];
  const onGrid = (codes / contextPlaces) * n;
  return scoped(
    b * n * p.projOut.weight.shape[0]!,
    linear(on, p.projIn, b * n),
    allocate(table * width),
    sequential(allocate(n * table), product(on, n, table, width)),
    allocate(size),
    p.added ? sequential(allocate(2 * onGrid), linear(on, p.added.proj, b * n), allocate(size)) : allocate(0),
    ...p.blocks.map((each) => uvitBlock(each, on, b, n, p.added ? 0 : contextPlaces)),
    linear(on, p.projOut, b * n),
  );
}

function uvitBlock(p: UvitBlock, on: DeviceModel, b: number, n: number, context: number): MemoryProfile {
  const width = p.attn.proj.weight.shape[0]!;
  const size = b * n * width;
  const shifts = b * (2 * p.modulation.weight.shape[0]! + p.gate.weight.shape[0]!);
  const joined = p.skip ? sequential(allocate(2 * size), linear(on, p.skip, b * n)) : allocate(0);
  // Normalised, scaled, shifted before; gated and added behind.
  const around = (use: MemoryProfile) => [layerNorm(on, size), allocate(2 * size), use, allocate(2 * size)];
  const cross = p.cross
    ? [
        layerNorm(on, b * context * p.cross.contextNorm.weight.size),
        contextKeysValues(on, p.cross.attn, b, context),
        ...around(crossAttention(on, p.cross.attn, b, n, context)),
      ]
    : [];
  return scoped(
    size,
    allocate((2 * b * p.gate.weight.size) / p.gate.weight.shape[0]!),
    linear(on, p.gate, b),
    linear(on, p.modulation, b),
    allocate(2 * shifts),
    joined,
    ...around(selfAttention(on, p.attn, b, n)),
    ...cross,
    ...around(mlp(on, p.mlp, b * n)),
  );
}

function time({ first, second }: TimeEmbedding, on: DeviceModel, b: number): MemoryProfile {
  const width = first.weight.shape[0]!;
  const output = b * second.weight.shape[0]!;
  return scoped(
    output,
    allocate(first.weight.size / width),
    linear(on, first, b),
    activated('SiLU', b * width),
    linear(on, second, b),
  );
}

/** The grid at the bottom, and size and width of all that the way down leaves, finest first. */
function retainedSkips(levels: readonly Level[], grid: Grid, finest: number): { coarsest: Grid; left: Left[] } {
  const left: Left[] = [{ grid, width: finest }];
  let at = grid;
  for (const { stages, resample } of levels) {
    for (const { block } of stages) left.push({ grid: at, width: block.conv2.weight.shape[0]! });
    if (!resample) continue;
    at = halved(at);
    left.push({ grid: at, width: resample.weight.shape[0]! });
  }
  return { coarsest: at, left };
}

interface Left {
  readonly grid: Grid;
  readonly width: number;
}

function halved([h, w]: Grid): Grid {
  return [Math.ceil(h / 2), Math.ceil(w / 2)];
}

function descend(levels: readonly Level[], on: DeviceModel, b: number, grid: Grid): MemoryProfile {
  let at = grid;
  const uses = levels.flatMap(({ stages, resample }) => {
    const own = stages.map((each) => stage(each, on, b, at));
    if (!resample) return own;
    const down = convolution(resample, on, b, at, 2);
    at = halved(at);
    return [...own, down];
  });
  return sequential(...uses);
}

function ascend({ up }: Levels, on: DeviceModel, b: number, coarsest: Grid, left: readonly Left[]): MemoryProfile {
  const skips = [...left];
  let at = coarsest;
  const uses = up.flatMap(({ stages, resample }) => {
    const own = stages.map((each) => {
      skips.pop();
      const joined = allocate(b * at[0] * at[1] * each.block.conv1.weight.shape[1]!);
      return sequential(joined, stage(each, on, b, at));
    });
    if (!resample) return own;
    at = skips.at(-1)!.grid;
    const stretched = allocate(b * at[0] * at[1] * resample.weight.shape[1]!);
    return [...own, sequential(stretched, workspace(stretched.retained), convolution(resample, on, b, at))];
  });
  return sequential(...uses);
}

function stage({ block, attention: attends }: Stage, on: DeviceModel, b: number, grid: Grid): MemoryProfile {
  const changed = residualBlock(block, on, b, grid);
  return attends ? sequential(changed, pixelAttention(attends, on, b, grid)) : changed;
}

/** x: [B, h, w, in] → [B, h, w, out] */
function residualBlock(p: ResidualBlock, on: DeviceModel, b: number, grid: Grid): MemoryProfile {
  const [output, input] = p.conv1.weight.shape as [number, number];
  const places = b * grid[0] * grid[1];
  const embedding = p.embedding.weight.size / output;
  return scoped(
    places * output,
    activated('SiLU', b * embedding),
    linear(on, p.embedding, b),
    groupNorm(places * input),
    activated('SiLU', places * input),
    convolution(p.conv1, on, b, grid),
    allocate(places * output), // with the time
    groupNorm(places * output),
    activated('SiLU', places * output),
    convolution(p.conv2, on, b, grid),
    p.shortcut ? linear(on, p.shortcut, places) : allocate(0),
    allocate(places * output), // added
  );
}

/** x: [B, h, w, D] → [B, h, w, D] */
function pixelAttention(p: PixelAttention, on: DeviceModel, b: number, [h, w]: Grid): MemoryProfile {
  const width = p.proj.weight.shape[0]!;
  const size = b * h * w * width;
  return scoped(
    size,
    groupNorm(size),
    linear(on, p.qkv, b * h * w),
    allocate(3 * size), // split
    attention(on, b, 1, h * w, h * w, width),
    linear(on, p.proj, b * h * w),
    allocate(size), // added
  );
}

/** Centred, squared, normalised, scaled, shifted; the means look at a copy with the channels of a group together. */
function groupNorm(size: number): MemoryProfile {
  return scoped(size, allocate(5 * size));
}

/** Outputs and tiles that wasm's convolution takes at once, sums of a tile, and numbers between matrices of sums. */
const [OUTPUTS, TILES, SUMS, BETWEEN] = [64, 256, 16, 64];

function convolution(p: Convolution, on: DeviceModel, b: number, [h, w]: Grid, stride: 1 | 2 = 1): MemoryProfile {
  const [output, input] = p.weight.shape as [number, number];
  const [rows, columns] = stride === 2 ? halved([h, w]) : [h, w];
  const result = b * rows * columns * output;
  if (!on.kernels.has(CONVOLUTION)) {
    // The filter laid out anew, the image with a border, the result without and with bias.
    return scoped(
      result,
      allocate(p.weight.size),
      allocateTensor(b * (h + 2) * (w + 2) * input),
      allocateTensor(result),
      allocate(result),
    );
  }
  const [down, across] = halved([h, w]);
  const bordered = b * (2 * down + 2) * (2 * across + 2) * input;
  const atOnce = Math.min(b * down, Math.max(1, Math.floor(TILES / across))) * across;
  const sums = stride === 1 ? SUMS : 1;
  const planes = stride === 1 ? SUMS * (b * down * across * input + BETWEEN) : 0;
  const ofThread = sums * (OUTPUTS * (input + atOnce) + 2 * BETWEEN);
  return sequential(workspace(bordered + planes + on.threads * ofThread + result), allocateTensor(result));
}
