/** Plausible mistakes of a port, each as an edit of one module of ours, to see that the kit catches it. */

export interface Mistake {
  /** The module, from the root of the project. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The requirement that the report must point to. */
  readonly contradicts: string;
}

export const MISTAKES: Readonly<Record<string, Mistake>> = {
  'sentinel-off-by-one': {
    file: 'src/masking/span-mask.ts',
    from: 'let spans = 0;',
    to: 'let spans = -1;',
    contradicts: 'MSK-6',
  },
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
  'gelu-tanh': {
    file: 'src/nn/mlp.ts',
    from: 'return tf.mul(x, tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2)))));',
    to: 'return tf.mul(x, tf.mul(0.5, tf.add(1, tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.pow(x, 3))))))));',
    contradicts: 'TRN-3',
  },
  'softmax-over-padding': {
    file: 'src/transformer/forward.ts',
    from: 'const mask = padding.includes(1) ? additiveMask(padding, [inputs.size, 1, length]) : undefined;',
    to: 'const mask = length < 0 ? additiveMask(padding, [inputs.size, 1, length]) : undefined;',
    contradicts: 'TRN-7',
  },
  'context-without-embedding': {
    file: 'src/transformer/forward.ts',
    from: 'context: tf.add(linear(model.contextProjection, output), positions)',
    to: 'context: tf.add(linear(model.contextProjection, output), tf.zerosLike(positions))',
    contradicts: 'TRN-13',
  },
  'argsort-ties': {
    file: 'src/decoding/maskgit.ts',
    from: 'return tiedTopK(sampled.length, count).map((i) => sampled[i]!);',
    to: 'return tiedTopK(sampled.length, count).map((_, i) => sampled[sampled.length - 1 - i]!);',
    contradicts: 'SMP-8',
  },
  'ema-inverted': {
    file: 'src/tokenizers/vq/codebook.ts',
    from: '[Math.fround(decay), Math.fround(1 - decay)]',
    to: '[Math.fround(1 - decay), Math.fround(decay)]',
    contradicts: 'QNT-7',
  },
  'swiglu-halves': {
    file: 'src/nn/mlp.ts',
    from: 'gated(p.activation, hidden, linear(p.fc3, x))',
    to: 'gated(p.activation, linear(p.fc3, x), hidden)',
    contradicts: 'TRN-4',
  },
  'normals-sign': {
    file: 'src/modalities/crop-images.ts',
    from: 'data[i] = sum - data[i]!;',
    to: 'data[i] = sum > 255 ? sum - data[i]! : data[i]!;',
    contradicts: 'TRF-14',
  },
  'zero-terminal-snr-missing': {
    file: 'src/tokenizers/diffusion/schedule.ts',
    from: 'const betas = zeroTerminalSnr ? withZeroTerminalSnr(plain) : plain;',
    to: 'const betas = zeroTerminalSnr && timesteps < 2 ? withZeroTerminalSnr(plain) : plain;',
    contradicts: 'SCH-11',
  },
  bgr: {
    file: 'src/modalities/channel-order.ts',
    from: 'data[(i % area) * channels + Math.floor(i / area)]!',
    to: 'data[(i % area) * channels + channels - 1 - Math.floor(i / area)]!',
    contradicts: 'TRF-10',
  },
};
