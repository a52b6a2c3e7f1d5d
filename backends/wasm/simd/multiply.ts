import type { SimdModule } from './module.js';
import { MOST_ROWS } from './rows.js';

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

/** Up to so many rows, laying the right side out costs more than it gains. Measured. */
const FEW_ROWS = 12;

/**
 * `out[M, N] = left[M, K] · right[K, N] (+ bias[N])`
 *
 * @param left    not transposed
 * @param bias    its address; 0 for none
 * @param scratch of {@link productScratch}(K) bytes
 */
export function multiply(
  module: SimdModule,
  left: Matrix,
  right: Matrix,
  out: Matrix,
  [m, n, k]: readonly [number, number, number],
  bias: number,
  scratch: number,
): void {
  if (m <= FEW_ROWS && right.columnStride === 4 && n % 4 === 0) {
    for (let row = 0; row < m; row += MOST_ROWS) {
      module[`rows${Math.min(m - row, MOST_ROWS)}`]!(
        ...[left.address + row * left.rowStride, left.rowStride, right.address, right.rowStride],
        ...[out.address + row * out.rowStride, out.rowStride, n, k, bias],
      );
    }
  } else if (m <= MOST_ROWS && right.rowStride === 4 && k % 4 === 0 && bias === 0) {
    module.dots!(
      ...[left.address, left.rowStride, right.address, right.columnStride],
      ...[out.address, out.rowStride, m, n, k],
    );
  } else {
    module.product!(
      ...[left.address, left.rowStride, right.address, right.rowStride, right.columnStride],
      ...[out.address, out.rowStride, m, n, k, bias, scratch],
    );
  }
}
