/** Layers in plain numbers, to hold the real ones against; and parameters with something in them. */
import type { ParameterList } from '../../src/nn/parameters.js';
import { Random } from '../../src/random.js';

/** Row-major numbers from the standard normal distribution. */
export function normals(n: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: n }, () => random.normal());
}

/** Gives every parameter of a list values that no initialiser would. */
export function fill(list: ParameterList, seed = 0): void {
  const random = new Random(seed);
  for (const parameter of list.all) {
    parameter.load(Float32Array.from({ length: parameter.size }, () => 0.5 * random.normal()));
  }
}

/** Lets go of a list's parameters. */
export function release(list: ParameterList): void {
  for (const parameter of list.all) parameter.dispose();
}

/** [rows, inner] times [inner, columns]. */
export function plainMatMul(a: ArrayLike<number>, b: ArrayLike<number>, inner: number): number[] {
  const columns = b.length / inner;
  return Array.from({ length: (a.length / inner) * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += a[row * inner + k]! * b[k * columns + column]!;
    return sum;
  });
}

/** `x Wᵀ + b` with W as published, [out, in]. */
export function plainLinear(x: ArrayLike<number>, weight: ArrayLike<number>, bias: ArrayLike<number>): number[] {
  const [out, inner] = [bias.length, weight.length / bias.length];
  const transposed = Array.from(weight, (_, i) => weight[(i % out) * inner + Math.floor(i / out)]!);
  return plainMatMul(x, transposed, inner).map((y, i) => y + bias[i % out]!);
}

/** Weights of a query: e^score, scaled to sum 1. */
export function plainSoftmax(scores: readonly number[]): number[] {
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** The cosine of the angle between two vectors. */
export function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
