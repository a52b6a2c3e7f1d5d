/**
 * The inverse cosine transform of a block, as libjpeg computes it (`jidctint`, the default: Loeffler, Ligtenberg and Moschytz,
 * "Practical fast 1-D DCT algorithms with 11 multiplications", 1989), so that pixels are libjpeg's to the bit: constants of 13
 * fractional bits, and two more between the passes.
 */
const BITS = 13;
const PASS_BITS = 2;

const fixed = (x: number) => Math.round(x * 2 ** BITS);
const C0_298 = fixed(0.298631336);
const C0_390 = fixed(0.390180644);
const C0_541 = fixed(0.5411961);
const C0_765 = fixed(0.765366865);
const C0_899 = fixed(0.899976223);
const C1_175 = fixed(1.175875602);
const C1_501 = fixed(1.50132111);
const C1_847 = fixed(1.847759065);
const C1_961 = fixed(1.96157056);
const C2_053 = fixed(2.053119869);
const C2_562 = fixed(2.562915447);
const C3_072 = fixed(3.072711026);

const workspace = new Int32Array(64);

/**
 * @param coefficients  64 of them from `from` on, row by row
 * @param divisors      the quantisation table
 * @param plane         where the 8 × 8 samples go, 0…255, from `to` on, in rows of `stride`
 */
export function inverseDct(
  coefficients: Int16Array,
  from: number,
  divisors: Int32Array,
  plane: Uint8ClampedArray,
  to: number,
  stride: number,
): void {
  for (let x = 0; x < 8; x++) column(coefficients, from + x, divisors, x);
  for (let y = 0; y < 8; y++) row(8 * y, plane, to + y * stride);
}

function column(coefficients: Int16Array, at: number, divisors: Int32Array, x: number): void {
  const c0 = Math.imul(coefficients[at]!, divisors[x]!);
  if (
    (coefficients[at + 8]! |
      coefficients[at + 16]! |
      coefficients[at + 24]! |
      coefficients[at + 32]! |
      coefficients[at + 40]! |
      coefficients[at + 48]! |
      coefficients[at + 56]!) ===
    0
  ) {
    const constant = c0 << PASS_BITS;
    for (let i = x; i < 64; i += 8) workspace[i] = constant;
    return;
  }
  const c1 = Math.imul(coefficients[at + 8]!, divisors[x + 8]!);
  const c2 = Math.imul(coefficients[at + 16]!, divisors[x + 16]!);
  const c3 = Math.imul(coefficients[at + 24]!, divisors[x + 24]!);
  const c4 = Math.imul(coefficients[at + 32]!, divisors[x + 32]!);
  const c5 = Math.imul(coefficients[at + 40]!, divisors[x + 40]!);
  const c6 = Math.imul(coefficients[at + 48]!, divisors[x + 48]!);
  const c7 = Math.imul(coefficients[at + 56]!, divisors[x + 56]!);
  transform(c0, c1, c2, c3, c4, c5, c6, c7);
  const shift = BITS - PASS_BITS;
  const half = 1 << (shift - 1);
  for (let i = 0; i < 8; i++) workspace[x + 8 * i] = (outputs[i]! + half) >> shift;
}

function row(at: number, plane: Uint8ClampedArray, to: number): void {
  const w = workspace;
  transform(w[at]!, w[at + 1]!, w[at + 2]!, w[at + 3]!, w[at + 4]!, w[at + 5]!, w[at + 6]!, w[at + 7]!);
  const shift = BITS + PASS_BITS + 3;
  const half = 1 << (shift - 1);
  for (let i = 0; i < 8; i++) plane[to + i] = ((outputs[i]! + half) >> shift) + 128;
}

const outputs = new Int32Array(8);

/** Eight values in one dimension, scaled by 2^13 · √8; into {@link outputs}. */
function transform(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  c4: number,
  c5: number,
  c6: number,
  c7: number,
): void {
  // The even part.
  const z1 = Math.imul(c2 + c6, C0_541);
  const even2 = z1 - Math.imul(c6, C1_847);
  const even3 = z1 + Math.imul(c2, C0_765);
  const even0 = (c0 + c4) << BITS;
  const even1 = (c0 - c4) << BITS;
  const s0 = even0 + even3;
  const s3 = even0 - even3;
  const s1 = even1 + even2;
  const s2 = even1 - even2;
  // The odd part.
  const z5 = Math.imul(c7 + c3 + c5 + c1, C1_175);
  const z73 = Math.imul(c7 + c3, -C1_961) + z5;
  const z51 = Math.imul(c5 + c1, -C0_390) + z5;
  const z71 = Math.imul(c7 + c1, -C0_899);
  const z53 = Math.imul(c5 + c3, -C2_562);
  const d0 = Math.imul(c7, C0_298) + z71 + z73;
  const d1 = Math.imul(c5, C2_053) + z53 + z51;
  const d2 = Math.imul(c3, C3_072) + z53 + z73;
  const d3 = Math.imul(c1, C1_501) + z71 + z51;
  outputs[0] = s0 + d3;
  outputs[7] = s0 - d3;
  outputs[1] = s1 + d2;
  outputs[6] = s1 - d2;
  outputs[2] = s2 + d1;
  outputs[5] = s2 - d1;
  outputs[3] = s3 + d0;
  outputs[4] = s3 - d0;
}
