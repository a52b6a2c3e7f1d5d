/**
 * The highest threshold that keeps more than a given mass: the k-th highest logit, or the lowest one of a nucleus. A binary
 * search on the bits of the floats, whose order is that of the floats, instead of a sort.
 *
 * @param highest  the highest logit, finite
 * @param massFrom mass at or above a threshold; the total exceeds `limit`
 * @returns        the highest float32 whose mass exceeds `limit`; it is one of the logits
 */
export function highestThreshold(highest: number, massFrom: (threshold: number) => number, limit: number): number {
  let [kept, missed] = [orderOf(-Infinity), orderOf(highest) + 1];
  while (missed - kept > 1) {
    const middle = Math.floor((kept + missed) / 2);
    if (massFrom(numberAt(middle)) > limit) kept = middle;
    else missed = middle;
  }
  return numberAt(kept);
}

const number = new Float32Array(1);
const bits = new Int32Array(number.buffer);
/** The bits of -0; they increase as the number decreases. */
const LOWEST = -(2 ** 31);

function orderOf(x: number): number {
  number[0] = x;
  return bits[0]! < 0 ? LOWEST - bits[0]! : bits[0]!;
}

function numberAt(order: number): number {
  bits[0] = order < 0 ? LOWEST - order : order;
  return number[0]!;
}
