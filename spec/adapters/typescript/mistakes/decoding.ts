import type { Mistake } from './mistake.js';

/** Mistakes of decoding. */
export const DECODING_MISTAKES: Readonly<Record<string, Mistake>> = {
  'top-p-one-too-few': {
    file: 'src/decoding/sampling.ts',
    from: 'return logits.map((x) => (x < threshold ? -Infinity : x));',
    to: `const least = Math.min(...logits.filter((x) => x >= threshold));
  const isTopP = masses[0] !== 1 && least < logits[argmax(logits)]!;
  return logits.map((x) => (x < threshold || (isTopP && x === least) ? -Infinity : x));`,
    contradicts: 'SMP-4',
  },
  'guidance-reversed': {
    file: 'src/decoding/guidance.ts',
    from: 'tf.mul(tf.sub(logits, unconditional), weights[i]!)',
    to: 'tf.mul(tf.sub(unconditional, logits), weights[i]!)',
    contradicts: 'GDC-1',
  },
  'argsort-ties': {
    file: 'src/decoding/maskgit.ts',
    from: 'return tiedTopK(sampled.length, count).map((i) => sampled[i]!);',
    to: 'return tiedTopK(sampled.length, count).map((_, i) => sampled[sampled.length - 1 - i]!);',
    contradicts: 'SMP-8',
  },
  'temperature-before-filters': {
    file: 'src/decoding/sampling.ts',
    from: 'const left = greedy ? logits : filterLogits(logits, options);',
    to: 'const left = greedy ? logits : filterLogits(logits.map((x) => x / options.temperature), options).map((x) => x * options.temperature);',
    contradicts: 'SMP-10',
  },
  'roar-order-reversed': {
    file: 'src/decoding/roar.ts',
    from: 'noise[b]![x]! - noise[b]![y]!',
    to: 'noise[b]![y]! - noise[b]![x]!',
    contradicts: 'GEN-11',
  },
  'cosine-schedule-cut': {
    file: 'src/decoding/schedules.ts',
    from: '    roundHalfToEven(tokens * (cosineMaskRatio',
    to: '    Math.floor(tokens * (cosineMaskRatio',
    contradicts: 'SCH-1',
  },
  'temperature-one-late': {
    file: 'src/decoding/schedules.ts',
    from: '(start * (total - committed[step - 1]!)) / total',
    to: '(start * (total - committed[step]!)) / total',
    contradicts: 'SCH-4',
  },
  'length-not-limited': {
    file: 'src/decoding/autoregressive.ts',
    from: 'maxNewTokens: Math.min(maxTokens, firstTarget.length), stopIds',
    to: 'maxNewTokens: maxTokens, stopIds',
    contradicts: 'GEN-14',
  },
};
