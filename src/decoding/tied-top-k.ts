/** Up to this share of all values, a 64th, the reference's `topk` sorts partially and takes the first of equal values. */
const PARTIAL_SORT_SHARE = 64;

/**
 * Which of equal values the official implementation keeps: MaskGIT at temperature 0 is equally sure of all tokens, and its
 * `topk` on the CPU takes what the quickselect of libstdc++ (`nth_element`) happens to leave in front.
 *
 * @param size  how many values there are
 * @param count how many are kept
 * @returns     their indices, in no particular order
 */
export function tiedTopK(size: number, count: number): number[] {
  const indices = Array.from({ length: size }, (_, i) => i);
  if (count * PARTIAL_SORT_SHARE <= size) return indices.slice(0, count);
  const swap = (a: number, b: number) => {
    [indices[a], indices[b]] = [indices[b]!, indices[a]!];
  };
  let [first, end] = [0, size];
  while (end - first > 3) {
    // Among equals the median of three is the one in the middle, and partitioning swaps from both ends until they meet.
    swap(first, first + Math.floor((end - first) / 2));
    let [left, right] = [first + 1, end - 1];
    for (; left < right; left++, right--) swap(left, right);
    if (left <= count - 1) first = left;
    else end = left;
  }
  return indices.slice(0, count);
}
