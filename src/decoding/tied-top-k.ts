/** Up to 1/64 of the values, the reference's `topk` uses a partial sort, which keeps the first of equal values. */
const PARTIAL_SORT_SHARE = 64;

/**
 * The indices that the official `topk` returns for equal values. In MaskGIT at temperature 0 all confidences are equal, and
 * `topk` on the CPU returns whatever the quickselect of libstdc++ (`nth_element`) leaves in front.
 *
 * @param size  number of values
 * @param count number to keep
 * @returns     indices, unordered
 */
export function tiedTopK(size: number, count: number): number[] {
  const indices = Array.from({ length: size }, (_, i) => i);
  if (count * PARTIAL_SORT_SHARE <= size) return indices.slice(0, count);
  const swap = (a: number, b: number) => {
    [indices[a], indices[b]] = [indices[b]!, indices[a]!];
  };
  let [first, end] = [0, size];
  while (end - first > 3) {
    // Of equal values, the median of three is the middle one, and partitioning swaps from both ends until they meet.
    swap(first, first + Math.floor((end - first) / 2));
    let [left, right] = [first + 1, end - 1];
    for (; left < right; left++, right--) swap(left, right);
    if (left <= count - 1) first = left;
    else end = left;
  }
  return indices.slice(0, count);
}
