/**
 * The highest threshold at which enough is left: the k-th highest logit, or the lowest one of a nucleus. Found by halving, on
 * the bits of the numbers, which are in the order of the numbers; nothing has to be sorted.
 *
 * @param highest    nothing is left above it, finite
 * @param amountFrom how much is at or above a threshold; all of it is more than `enough`
 * @returns          the highest number of single precision for which that is more than `enough`; one of those that are there
 */
export function highestThreshold(highest: number, amountFrom: (threshold: number) => number, enough: number): number {
  let [kept, missed] = [orderOf(-Infinity), orderOf(highest) + 1];
  while (missed - kept > 1) {
    const middle = Math.floor((kept + missed) / 2);
    if (amountFrom(numberAt(middle)) > enough) kept = middle;
    else missed = middle;
  }
  return numberAt(kept);
}

const number = new Float32Array(1);
const bits = new Int32Array(number.buffer);
/** The bits of -0; more is added to them the lower the number. */
const LOWEST = -(2 ** 31);

function orderOf(x: number): number {
  number[0] = x;
  return bits[0]! < 0 ? LOWEST - bits[0]! : bits[0]!;
}

function numberAt(order: number): number {
  bits[0] = order < 0 ? LOWEST - order : order;
  return number[0]!;
}
