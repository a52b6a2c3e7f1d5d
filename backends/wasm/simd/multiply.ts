import type { WasmBackend } from '../backend.js';
import { type Call, cut, inRanges, OWN_SCRATCH, type Part, threadsOf } from '../parallel.js';
import { BLOCK_COLUMNS } from './lay-out.js';
import { NEAR_SUMS, STREAM_ROWS, streamFor } from './streams.js';

/** A matrix in the module's memory: where it begins and how far its rows and columns are apart, in bytes. */
export interface Matrix {
  readonly address: number;
  readonly rowStride: number;
  /** 4 but for a transposed matrix, whose `rowStride` is 4. */
  readonly columnStride: number;
}

/** A matrix without gaps. */
export function dense(address: number, columns: number): Matrix {
  return { address, rowStride: 4 * columns, columnStride: 4 };
}

/** A matrix without gaps, transposed: `columns` is how many the stored one has. */
export function transposedDense(address: number, columns: number): Matrix {
  return { address, rowStride: 4, columnStride: 4 * columns };
}

/** Up to this many rows, packing the right side costs more than it saves. Measured. */
const FEW_ROWS = 12;

/** The same for a transposed right side, whose columns are contiguous. */
const FEW_ROWS_TRANSPOSED = 4;

/** M, N and K of a product. */
type Sides = readonly [m: number, n: number, k: number];

/**
 * `out[M, N] = left[M, K] · right[K, N] (+ bias[N])`, as parts for all threads.
 *
 * @param left not transposed
 * @param bias its address; 0 for none
 */
export function multiplyParts(
  backend: WasmBackend,
  left: Matrix,
  right: Matrix,
  out: Matrix,
  sides: Sides,
  bias: number,
): Part[] {
  const [m, n, k] = sides;
  const part = (from: number, to: number) => multiply(left, right, out, sides, bias, from, to);
  if (!readsOnce(right, m)) return inRanges(backend, n, BLOCK_COLUMNS, m * n * k, part);
  const least = m <= STREAM_ROWS ? NEAR_SUMS : MIN_COLUMNS;
  return cut(n, BLOCK_COLUMNS, Math.min(threadsOf(backend), Math.floor(n / least)), part);
}

/** Whether a product reads its right side once, row by row, at the speed of the memory. */
function readsOnce(right: Matrix, m: number): boolean {
  return m <= FEW_ROWS && right.columnStride === 4;
}

/**
 * Minimum length of a part's rows: one thread that reads sequentially is faster than two that skip. Measured, as is {@link
 * NEAR_SUMS} for few rows.
 */
const MIN_COLUMNS = 1024;

/** The same for columns from an index to another, on one thread. It takes {@link productScratch}(K) bytes of its scratch. */
export function multiply(
  left: Matrix,
  right: Matrix,
  out: Matrix,
  [m, n, k]: Sides,
  bias = 0,
  from = 0,
  to = n,
): Call[] {
  const rightAddress = right.address + from * right.columnStride;
  const outAddress = out.address + from * out.columnStride;
  const biasAddress = bias === 0 ? 0 : bias + 4 * from;
  // The choice depends on the whole product, so that every part of it has the same bits.
  if (readsOnce(right, m)) {
    const by = [rightAddress, right.rowStride];
    const into = [outAddress, out.rowStride];
    const sides = [...(m > STREAM_ROWS ? [m] : []), to - from, k];
    const name = m > STREAM_ROWS ? 'fewRows' : streamFor(m, n);
    return [[name, left.address, left.rowStride, ...by, ...into, ...sides, biasAddress]];
  }
  if (m <= FEW_ROWS_TRANSPOSED && right.rowStride === 4 && k % 4 === 0 && bias === 0) {
    const by = [rightAddress, right.columnStride];
    return [['dots', left.address, left.rowStride, ...by, outAddress, out.rowStride, m, to - from, k]];
  }
  const by = [rightAddress, right.rowStride, right.columnStride];
  const into = [outAddress, out.rowStride];
  return [['product', left.address, left.rowStride, ...by, ...into, m, to - from, k, biasAddress, OWN_SCRATCH]];
}
