/** The reference has channels in front of rows and columns, we have them behind. */

type Values = Float32Array | Int32Array;

/** [B, C, ...] to [B, ..., C]; `shape` is that of `values`, and without a third axis nothing moves. */
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

/** Every [rows, columns] of the values becomes [columns, rows]. */
function moved<T extends Values>(values: T, rows: number, columns: number): T {
  const size = rows * columns;
  return values.map((_, i) => {
    const [matrix, at] = [Math.floor(i / size), i % size];
    return values[matrix * size + (at % rows) * columns + Math.floor(at / rows)]!;
  }) as T;
}
