/**
 * The WGSL programs that sample tokens (`sampling.ts`): a workgroup for every row of logits. Sums of weights have two parts, the
 * lower one with 16 bits.
 */
import { INVERSE_EXP2 } from '../../src/nn/kernels/fixed-point-softmax.js';

/** Threads of a workgroup: the maximum that WebGPU guarantees. */
export const THREADS = 256;

/** Common code of the programs. */
const COMMON = `
/** A number's bits, in the order of the numbers; 0 and -0 are one. */
fn orderOf(x : f32) -> u32 {
  let bits = bitcast<u32>(x);
  return select(bits + 0x80000000u, ~bits + 1u, bits >= 0x80000000u);
}

fn upperHalf(a : u32, b : u32) -> u32 {
  let middle = (a >> 16u) * (b & 0xffffu) + (((a & 0xffffu) * (b & 0xffffu)) >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u);
}

fn plus(a : vec2u, b : vec2u) -> vec2u {
  let low = a.y + b.y;
  return vec2u(a.x + b.x + (low >> 16u), low & 0xffffu);
}

fn isMore(a : vec2u, b : vec2u) -> bool {
  return a.x > b.x || (a.x == b.x && a.y > b.y);
}

/** A share of a sum, in units of 2^-32. */
fn fixedPointProduct(total : vec2u, share : u32) -> vec2u {
  let rest = (total.x * share) << 16u;
  let carry = select(0u, 1u, rest + total.y * share < rest);
  let low = upperHalf(total.y, share) + ((total.x * share) >> 16u) + carry;
  return vec2u(upperHalf(total.x, share) + (low >> 16u), low & 0xffffu);
}
`;

/** The bits of infinity. */
const INFINITY = '0x7f800000u';

/** The weights of all tokens; -1 for a row without a distribution. */
export const WEIGH = `${COMMON}
var<workgroup> highestOrder : atomic<u32>;

fn weightOf(gap : f32) -> u32 {
  let scaled = gap * uniforms.power;
  let whole = select(u32(min(scaled, 4294967040.0)), 0xffffffffu, scaled >= 4294967296.0);
  let exponent = upperHalf(whole, u32(uniforms.factor));
  let fraction = exponent << 8u;
  var sum = ${INVERSE_EXP2[0]}u;
  ${INVERSE_EXP2.slice(1)
    .map((coefficient) => `sum = ${coefficient}u - upperHalf(sum, fraction);`)
    .join('\n  ')}
  let octaves = exponent >> 24u;
  return select((sum << 3u) >> (octaves & 31u), 0u, octaves > 31u);
}

fn main(index : i32) {
  let ours = index / ${THREADS} < uniforms.rows;
  let start = min(index / ${THREADS}, uniforms.rows - 1) * uniforms.width;
  var highest = 0u;
  for (var i = i32(localIndex); i < uniforms.width; i += ${THREADS}) {
    highest = max(highest, orderOf(logits[start + i]));
  }
  atomicMax(&highestOrder, highest);
  workgroupBarrier();
  highest = atomicLoad(&highestOrder);
  let bits = select(~highest + 1u, highest - 0x80000000u, highest >= 0x80000000u);
  let isNumber = (bits & ${INFINITY}) != ${INFINITY};
  for (var i = i32(localIndex); i < uniforms.width; i += ${THREADS}) {
    let logit = logits[start + i];
    let x = bitcast<u32>(logit);
    var weight = -1;
    if (x == (${INFINITY} | 0x80000000u)) {
      weight = select(-1, 0, isNumber);
    } else if (isNumber && (x & ${INFINITY}) != ${INFINITY}) {
      weight = i32(weightOf(bitcast<f32>(bits) - logit));
    }
    if (ours) {
      setOutputAtIndexI32(start + i, weight);
    }
  }
}`;

/** The order of the lowest logit that is kept: by the number of tokens, or by the sum of their weights. */
export function thresholdShader(by: 'count' | 'share', isFiltered: boolean): string {
  return `${COMMON}
var<workgroup> sums : array<atomic<u32>, 2>;

/** The sum of a value over all threads. */
fn sumOfAll(own : vec2u) -> vec2u {
  if (localIndex == 0u) {
    atomicStore(&sums[0], 0u);
    atomicStore(&sums[1], 0u);
  }
  workgroupBarrier();
  atomicAdd(&sums[0], own.x);
  atomicAdd(&sums[1], own.y);
  workgroupBarrier();
  let sum = vec2u(atomicLoad(&sums[0]), atomicLoad(&sums[1]));
  workgroupBarrier();
  return plus(sum, vec2u(0u, 0u));
}

fn amountFrom(start : i32, threshold : u32) -> vec2u {
  var own = vec2u(0u, 0u);
  for (var i = i32(localIndex); i < uniforms.width; i += ${THREADS}) {
    if (orderOf(logits[start + i]) >= threshold) {
      let amount = ${by === 'count' ? '1u' : 'u32(weights[start + i])'};
      own = plus(own, vec2u(amount >> 16u, amount & 0xffffu));
    }
  }
  return sumOfAll(own);
}

fn main(index : i32) {
  let row = min(index / ${THREADS}, uniforms.rows - 1);
  let start = row * uniforms.width;
  let lowest = ${isFiltered ? 'u32(filtered[row])' : '0u'};
  let enough = ${
    by === 'count'
      ? 'vec2u(0u, u32(uniforms.enough))'
      : 'fixedPointProduct(amountFrom(start, lowest), u32(uniforms.enough))'
  };
  var threshold = 0u;
  for (var bit = 0x80000000u; bit > 0u; bit >>= 1u) {
    if (isMore(amountFrom(start, max(threshold | bit, lowest)), enough)) {
      threshold |= bit;
    }
  }
  if (localIndex == 0u && index / ${THREADS} < uniforms.rows) {
    setOutputAtIndexI32(row, i32(threshold));
  }
}`;
}

/** Every thread sums some neighbouring tokens; then one thread finds the token. */
export function drawShader(isRandom: boolean, isFiltered: boolean): string {
  const passes = isRandom
    ? `let amount = fixedPointProduct(total, u32(numbers[row]));
  var passed = vec2u(0u, 0u);
  var part = 0;
  while (part < ${THREADS - 1} && !isMore(plus(passed, parts[part]), amount)) {
    passed = plus(passed, parts[part]);
    part++;
  }
  for (var i = part * count; i < uniforms.width; i++) {
    if (orderOf(logits[start + i]) >= lowest) {
      passed = plus(passed, vec2u(u32(weights[start + i]) >> 16u, u32(weights[start + i]) & 0xffffu));
    }
    if (isMore(passed, amount)) {
      id = i;
      break;
    }
  }`
    : `highest = 0u;
  for (var part = 0; part < ${THREADS}; part++) {
    if (bestOrders[part] > highest) {
      highest = bestOrders[part];
      id = best[part];
    }
  }`;
  return `${COMMON}
var<workgroup> parts : array<vec2u, ${THREADS}>;
var<workgroup> isInvalid : atomic<u32>;
${isRandom ? '' : `var<workgroup> best : array<i32, ${THREADS}>;\nvar<workgroup> bestOrders : array<u32, ${THREADS}>;`}

fn main(index : i32) {
  let row = min(index / ${THREADS}, uniforms.rows - 1);
  let start = row * uniforms.width;
  let lowest = ${isFiltered ? 'u32(filtered[row])' : '0u'};
  let count = (uniforms.width + ${THREADS - 1}) / ${THREADS};
  let thread = i32(localIndex);
  var own = vec2u(0u, 0u);
  ${isRandom ? '' : 'var highest = 0u;'}
  for (var i = thread * count; i < min((thread + 1) * count, uniforms.width); i++) {
    let order = orderOf(logits[start + i]);
    let weight = weights[start + i];
    if (weight < 0) {
      atomicStore(&isInvalid, 1u);
    }
    if (order >= lowest) {
      own = plus(own, vec2u(u32(weight) >> 16u, u32(weight) & 0xffffu));
    }
    ${isRandom ? '' : 'if (order > highest) { highest = order; best[thread] = i; }'}
  }
  parts[thread] = own;
  ${isRandom ? '' : 'bestOrders[thread] = highest;'}
  workgroupBarrier();
  if (thread > 0 || index / ${THREADS} >= uniforms.rows) {
    return;
  }
  var total = vec2u(0u, 0u);
  for (var part = 0; part < ${THREADS}; part++) {
    total = plus(total, parts[part]);
  }
  var id = 0;
  ${passes}
  if (atomicLoad(&isInvalid) == 1u) {
    setOutputAtIndexI32(row * 4, -1);
    return;
  }
  setOutputAtIndexI32(row * 4, id);
  setOutputAtIndexI32(row * 4 + 1, weights[start + id]);
  setOutputAtIndexI32(row * 4 + 2, i32(total.x));
  setOutputAtIndexI32(row * 4 + 3, i32(total.y));
}`;
}
