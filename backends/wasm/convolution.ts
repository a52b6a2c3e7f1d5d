import type * as tf from '@tensorflow/tfjs-core';
import type { ConvolutionAttributes, ConvolutionInputs } from '../../src/nn/kernels/declarations.js';
import type { KernelMemory } from '../../src/nn/kernels/memory-info.js';
import { addressOf, type WasmBackend, withScratch } from './backend.js';
import { type Call, computed, inRanges, OWN_SCRATCH, type Part, runParts, threadsOf } from './parallel.js';
import { BLOCK_COLUMNS } from './simd/lay-out.js';
import { productScratch, SPILL_BYTES } from './simd/product.js';
import { SUMS, TILE_OUTPUTS } from './simd/winograd.js';

/** Outputs whose filters are packed at a time, and tiles multiplied with them at a time (1 MiB of sums). */
const [OUTPUTS_AT_ONCE, TILES_AT_ONCE] = [2 * BLOCK_COLUMNS, 256];

/** Channel counts must be multiples of these for the tiled algorithm. */
const [INPUT_MULTIPLE, OUTPUT_MULTIPLE] = [4, 8];

/** x: [B, h, w, C], weight: [C, 3, 3, N] → [B, h, w, N], halved for stride 2 */
export function convolution(
  backend: WasmBackend,
  { x, weight, bias }: ConvolutionInputs,
  { stride }: ConvolutionAttributes,
): tf.TensorInfo {
  const [b, h, w, c] = x.shape as [number, number, number, number];
  const n = bias.shape[0]!;
  const given = { b, h, w, c, n, x: addressOf(backend, x) };
  const [filters, shift] = [addressOf(backend, weight), addressOf(backend, bias)];
  const outputs = (out: number, first: number, end: number): Outputs => ({
    filters: filters + 4 * first,
    bias: shift + 4 * first,
    out: out + 4 * first,
    count: end - first,
  });
  return usesTiles(c, n, stride) ? byTiles(backend, given, outputs) : oneByOne(backend, given, stride, outputs);
}

export function convolutionMemory(
  backend: WasmBackend,
  { x, bias }: ConvolutionInputs,
  { stride }: ConvolutionAttributes,
): KernelMemory {
  const [b, h, w, c] = x.shape as [number, number, number, number];
  const threads = threadsOf(backend);
  if (!usesTiles(c, bias.shape[0]!, stride)) {
    return { scratch: 4 * b * (h + 2) * (w + 2) * c + threads * productScratch(c) };
  }
  const { down, across, plane, filterPlane, productPlane } = tiling({ b, h, w, c });
  const bordered = 4 * b * (2 * down + 2) * (2 * across + 2) * c;
  return { scratch: bordered + SUMS * plane + threads * tileScratch(filterPlane, productPlane) };
}

function usesTiles(c: number, n: number, stride: number): boolean {
  return stride === 1 && c % INPUT_MULTIPLE === 0 && n % OUTPUT_MULTIPLE === 0;
}

interface Picture {
  readonly b: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  /** Numbers of a pixel of the result. */
  readonly n: number;
  /** Address. */
  readonly x: number;
}

/** A range of the N outputs: addresses of the first, and their number. */
interface Outputs {
  readonly filters: number;
  readonly bias: number;
  readonly out: number;
  readonly count: number;
}

type SomeOutputs = (out: number, first: number, end: number) => Outputs;

/** A picture with a border of zeros, one wide at its left and upper side. */
interface Bordered {
  readonly address: number;
  readonly rows: number;
  /** Bytes of a row and of a pixel. */
  readonly row: number;
  readonly pixel: number;
}

/** Allocates a picture of `rows` × `columns` pixels that contains x, with `more` bytes behind it. */
function withBorder<T>(
  backend: WasmBackend,
  { b, h, w, c, x }: Picture,
  rows: number,
  columns: number,
  more: number,
  use: (bordered: Bordered, behind: number) => T,
): T {
  const pixel = 4 * c;
  const row = columns * pixel;
  const size = b * rows * row;
  return withScratch(backend, size + more, (address) => {
    const heap = new Uint8Array(backend.wasm.asm.memory.buffer);
    heap.fill(0, address, address + size);
    for (let i = 0; i < b * h; i++) {
      const [sample, y] = [Math.floor(i / h), i % h];
      heap.copyWithin(address + (sample * rows + y + 1) * row + pixel, x + i * w * pixel, x + (i + 1) * w * pixel);
    }
    return use({ address, rows, row, pixel }, address + size);
  });
}

/** Direct convolution: for each filter position, the matrix of its input pixels times its weights. */
function oneByOne(backend: WasmBackend, given: Picture, stride: number, some: SomeOutputs): tf.TensorInfo {
  const { b, h, w, c, n } = given;
  const [high, wide] = [Math.ceil(h / stride), Math.ceil(w / stride)];
  const calls = ({ address, rows, row, pixel }: Bordered, { filters, bias, out, count }: Outputs): Call[] => {
    const products = Array.from({ length: 9 }, (_, position): Call[] => {
      const [fy, fx] = [Math.floor(position / 3), position % 3];
      const lines = Array.from({ length: b * high }, (_, i): Call => {
        const [sample, y] = [Math.floor(i / high), i % high];
        const window = address + (sample * rows + stride * y + fy) * row + fx * pixel;
        const into = [out + i * wide * 4 * n, 4 * n, wide, count, c, OWN_SCRATCH + 4 * BLOCK_COLUMNS * c];
        return ['panelProduct', window, stride * pixel, OWN_SCRATCH, ...into];
      });
      return [['layOut', filters + position * 4 * n, 9 * 4 * n, 4, c, count, OWN_SCRATCH], ...lines];
    });
    return [['start', out, 4 * n, b * high * wide, count, bias], ...products.flat()];
  };
  return withBorder(backend, given, h + 2, w + 2, 0, (bordered) =>
    computed(backend, [b, high, wide, n], productScratch(c), (out) =>
      inRanges(backend, n, BLOCK_COLUMNS, 9 * b * high * wide * c * n, (from, to) =>
        ranges(from, to, BLOCK_COLUMNS).flatMap(([first, end]) => calls(bordered, some(out, first, end))),
      ),
    ),
  );
}

/** Splits an index range into steps. */
function ranges(from: number, to: number, step: number): [from: number, to: number][] {
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => [
    from + i * step,
    Math.min(to, from + (i + 1) * step),
  ]);
}

/** Winograd's algorithm, with fewer multiplications. (`simd/winograd.ts`) */
function byTiles(backend: WasmBackend, given: Picture, some: SomeOutputs): tf.TensorInfo {
  const { b, h, w, c, n } = given;
  const { down, across, tiles, plane, atOnce, filterPlane, productPlane } = tiling(given);
  const products = OWN_SCRATCH + SUMS * filterPlane;
  const spill = products + SUMS * productPlane;

  const inputs = ({ address, rows, row, pixel }: Bordered, planes: number): Part[] =>
    inRanges(backend, b * down, 1, SUMS * tiles * c, (from, to) =>
      ranges(from, to, 1).map(([i]): Call => {
        const [sample, y] = [Math.floor(i / down), i % down];
        const window = address + (sample * rows + TILE_OUTPUTS * y) * row;
        return ['tileInputs', window, row, pixel, across, planes + i * across * pixel, plane];
      }),
    );
  const someRows = (planes: number, { bias, out, count }: Outputs, first: number, end: number): Call[] => {
    const made = 4 * count;
    const multiplied = Array.from({ length: SUMS }, (_, i): Call => {
      const left = [planes + i * plane + first * across * 4 * c, 4 * c];
      const into = [products + i * productPlane, made, (end - first) * across, count, c, spill];
      return ['panelProduct', ...left, OWN_SCRATCH + i * filterPlane, ...into];
    });
    const written = ranges(first, end, 1).map(([i]): Call => {
      const [sample, y] = [Math.floor(i / down), TILE_OUTPUTS * (i % down)];
      const from = [products + (i - first) * across * made, productPlane, count, bias];
      const into = [out + (sample * h + y) * w * 4 * n, w * 4 * n, 4 * n, w, Math.min(TILE_OUTPUTS, h - y)];
      return ['tileOutputs', ...from, ...into];
    });
    return [['start', products, SUMS * productPlane, 1, (SUMS * productPlane) / 4, 0], ...multiplied, ...written];
  };

  const size = [2 * down + 2, 2 * across + 2] as const;
  return withBorder(backend, given, ...size, SUMS * plane, (bordered, planes) => {
    runParts(backend, inputs(bordered, planes), 0, 0);
    return computed(backend, [b, h, w, n], tileScratch(filterPlane, productPlane), (out) =>
      inRanges(backend, n, BLOCK_COLUMNS, SUMS * tiles * c * n, (from, to) =>
        ranges(from, to, OUTPUTS_AT_ONCE).flatMap(([first, end]) => {
          const outputs = some(out, first, end);
          const laidOut: Call = ['tileFilters', outputs.filters, 4 * n, c, outputs.count, OWN_SCRATCH, filterPlane];
          const rows = ranges(0, b * down, atOnce).flatMap((range) => someRows(planes, outputs, ...range));
          return [laidOut, ...rows];
        }),
      ),
    );
  });
}

/** Division of a picture into tiles, and strides of the planes in bytes. */
function tiling({ b, h, w, c }: Pick<Picture, 'b' | 'h' | 'w' | 'c'>) {
  const [down, across] = [Math.ceil(h / TILE_OUTPUTS), Math.ceil(w / TILE_OUTPUTS)];
  const tiles = b * down * across;
  /** Rows of tiles. */
  const atOnce = Math.min(b * down, Math.max(1, Math.floor(TILES_AT_ONCE / across)));
  return {
    ...{ down, across, tiles, atOnce },
    plane: apart(4 * tiles * c),
    filterPlane: apart(4 * OUTPUTS_AT_ONCE * c),
    productPlane: apart(4 * OUTPUTS_AT_ONCE * atOnce * across),
  };
}

/** Bytes that a thread needs. */
function tileScratch(filterPlane: number, productPlane: number): number {
  return SUMS * (filterPlane + productPlane) + SPILL_BYTES;
}

/** Planes are padded: at distances of powers of 2, equal offsets would evict each other from the cache. */
function apart(bytes: number): number {
  return bytes + 3 * 64;
}
