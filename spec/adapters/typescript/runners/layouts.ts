/** Conversion of layouts: channels come first in the reference, and last here. */

type Values = Float32Array | Int32Array;

/** [B, C, ...] to [B, ..., C]; `shape` is that of `values`. With two axes, nothing changes. */
export function channelsLast<T extends Values>(values: T, shape: readonly number[]): T {
  const [, c, ...axes] = shape as [number, number, ...number[]];
  return moved(
    values,
    c,
    axes.reduce((a, b) => a * b, 1),
  );
}

/** [B, ..., C] to [B, C, ...]; `shape` is that of the result. */
export function channelsFirst<T extends Values>(values: T, shape: readonly number[]): T {
  const [, c, ...axes] = shape as [number, number, ...number[]];
  return moved(
    values,
    axes.reduce((a, b) => a * b, 1),
    c,
  );
}

/** Transposes each [rows, columns] matrix of the values. */
function moved<T extends Values>(values: T, rows: number, columns: number): T {
  const size = rows * columns;
  return values.map((_, i) => {
    const [matrix, at] = [Math.floor(i / size), i % size];
    return values[matrix * size + (at % rows) * columns + Math.floor(at / rows)]!;
  }) as T;
}
