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
  'sine-schedule': {
    file: 'src/decoding/schedules.ts',
    from: 'return 1 - 0.5 * (1 - Math.cos((Math.PI * step) / steps));',
    to: 'return 1 - Math.sin((Math.PI * step) / (2 * steps));',
    contradicts: 'SCH-1',
  },
  'temperature-reversed': {
    file: 'src/decoding/schedules.ts',
    from: '(start * (total - committed[step - 1]!)) / total',
    to: '(start * committed[step - 1]!) / total',
    contradicts: 'SCH-4',
  },
  'linear-schedule-ascending': {
    file: 'src/decoding/schedules.ts',
    from: '.sort((a, b) => b - a)',
    to: '.sort((a, b) => a - b)',
    contradicts: 'SCH-2',
  },
  'top-k-one-too-few': {
    file: 'src/decoding/sampling.ts',
    from: 'Math.min(Math.trunc(topK), vocabulary);',
    to: 'Math.max(Math.min(Math.trunc(topK), vocabulary) - 1, 1);',
    contradicts: 'SMP-3',
  },
  'guidance-mean': {
    file: 'src/decoding/guidance.ts',
    from: 'tf.mul(tf.sub(logits, unconditional), weights[i]!)',
    to: 'tf.mul(tf.sub(logits, unconditional), weights[i]! / conditional.length)',
    contradicts: 'GDC-3',
  },
  'negative-weights-clipped': {
    file: 'src/decoding/guidance.ts',
    from: 'tf.mul(tf.sub(logits, unconditional), weights[i]!)',
    to: 'tf.mul(tf.sub(logits, unconditional), Math.max(weights[i]!, 0))',
    contradicts: 'GDC-3',
  },
  'least-confident': {
    file: 'src/decoding/maskgit.ts',
    from: '.sort((x, y) => y.probability - x.probability)',
    to: '.sort((x, y) => x.probability - y.probability)',
    contradicts: 'SMP-7',
  },
  'drawn-one-early': {
    file: 'src/decoding/sampling.ts',
    from: 'passed <= mass;',
    to: 'passed < mass;',
    contradicts: 'SMP-5',
  },
  'roar-order-not-shared': {
    file: 'src/decoding/roar.ts',
    from: 'const shared = compat ? undefined : order();',
    to: 'const shared = compat ? order() : undefined;',
    contradicts: 'GEN-11',
  },
  'conditions-zeroed-not-masked': {
    file: 'src/decoding/state.ts',
    from: 'return { ...modality, ...nothing, targetMask: new Uint8Array(size * length) };',
    to: 'return { ...modality, ...nothing, inputMask: modality.inputMask, targetMask: new Uint8Array(size * length) };',
    contradicts: 'GEN-2',
  },
  'padding-is-input': {
    file: 'src/decoding/state.ts',
    from: 'return { ...allInput(ids.length), ids, inputMask };',
    to: 'return { ...allInput(ids.length), ids };',
    contradicts: 'GEN-15',
  },
  'decreasing-temperature-late': {
    file: 'src/decoding/schedules.ts',
    from: 'return runningSums(schedule).map((committed) => lowest + (highest - lowest) * (1 - committed / total));',
    to: 'return runningSums(schedule).map((committed, i) => lowest + (highest - lowest) * (1 - (committed - schedule[i]!) / total));',
    contradicts: 'SCH-6',
  },
  'remainder-dropped': {
    file: 'src/decoding/schedules.ts',
    from: 'return [...counts, tokens - sum(counts)];',
    to: 'return [...counts, roundHalfToEven(tokens * cosineMaskRatio(steps - 1, steps))];',
    contradicts: 'SCH-1',
  },
  'continued-one-late': {
    file: 'src/decoding/schedules.ts',
    from: 'const first = totals.findIndex((total) => total > committed);',
    to: 'const first = totals.findIndex((total) => total >= committed);',
    contradicts: 'SCH-3',
  },
  'confidence-of-all': {
    file: 'src/decoding/sampling.ts',
    from: `return { id, probability: weights[id]! / total };
}

/**
 * The tokens`,
    to: `return { id, probability: softmax(logits, options.temperature || 1)[id]! };
}

/**
 * The tokens`,
    contradicts: 'SMP-6',
  },
  'decided-not-input': {
    file: 'src/decoding/image-tokens.ts',
    from: `    inputMask[index] = 0;
`,
    to: '',
    contradicts: 'GEN-12',
  },
};
