/** PyTorch's `topk` sorts partially if `count` is at most this fraction of `size`; equal values then keep their order. */
const PARTIAL_SORT_SHARE = 1 / 64;

/**
 * The indices that PyTorch's `topk` selects on the CPU when all values are equal, as all confidences of MaskGIT are at
 * temperature 0. Which of them it selects depends on its algorithm: a partial sort for few, otherwise the quickselect of
 * libstdc++ (`std::nth_element`), which this repeats for equal values.
 *
 * @param size  number of values
 * @param count number to select, 0 … size
 * @returns     `count` different indices below `size`, unordered
 */
export function tiedTopK(size: number, count: number): number[] {
  const indices = Array.from({ length: size }, (_, i) => i);
  if (count <= size * PARTIAL_SORT_SHARE) return indices.slice(0, count);
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
