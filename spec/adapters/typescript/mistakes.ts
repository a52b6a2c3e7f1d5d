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
  'sines-cosines-swapped': {
    file: 'src/nn/positions.ts',
    from: `row[i] = Math.sin(angle);
    row[half + i] = Math.cos(angle);`,
    to: `row[i] = Math.cos(angle);
    row[half + i] = Math.sin(angle);`,
    contradicts: 'EMB-1',
  },
  'grid-axes-swapped': {
    file: 'src/nn/positions.ts',
    from: `    fillSinesCosines(row.subarray(0, width / 2), Math.floor(p / h));
    fillSinesCosines(row.subarray(width / 2), p % h);`,
    to: `    fillSinesCosines(row.subarray(0, width / 2), Math.floor(p / w));
    fillSinesCosines(row.subarray(width / 2), p % w);`,
    contradicts: 'EMB-2',
  },
  'key-value-swapped': {
    file: 'src/nn/attention.ts',
    from: 'const [keys, values] = tf.split(linear(p.kv, context), 2, -1)',
    to: 'const [values, keys] = tf.split(linear(p.kv, context), 2, -1)',
    contradicts: 'TRN-27',
  },
  'attention-scale-missing': {
    file: 'src/nn/attention.ts',
    from: 'const q = normalizeHeads(p.norms?.query, query, p.heads);',
    to: 'const q = tf.mul(normalizeHeads(p.norms?.query, query, p.heads), (query.shape[2] / p.heads) ** 0.5) as tf.Tensor3D;',
    contradicts: 'TRN-5',
  },
  'causal-off-by-one': {
    file: 'src/transformer/attention-mask.ts',
    from: 'const beyond = causal ? j > i : j >= visible;',
    to: 'const beyond = causal ? j > i + 1 : j >= visible;',
    contradicts: 'TRN-21',
  },
  'modalities-not-separate': {
    file: 'src/transformer/attention-mask.ts',
    from: 'const otherModality = separate && modalityIds',
    to: 'const otherModality = separate && size < 0 && modalityIds',
    contradicts: 'TRN-22',
  },
  'temperature-before-filters': {
    file: 'src/decoding/sampling.ts',
    from: 'const left = greedy ? logits : filterLogits(logits, options);',
    to: 'const left = greedy ? logits : filterLogits(logits.map((x) => x / options.temperature), options).map((x) => x * options.temperature);',
    contradicts: 'SMP-2',
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
  'codes-not-normalised': {
    file: 'src/tokenizers/vq/quantizer.ts',
    from: 'tf.matMul(l2Normalize(latents), l2Normalize(codes), false, true)',
    to: 'tf.matMul(latents, codes, false, true)',
    contradicts: 'QNT-3',
  },
  'memcodes-heads-order': {
    file: 'src/tokenizers/vq/memcodes.ts',
    from: '() => tf.reshape(tf.transpose(argMaxOfFinite(codeLogits(p, latents)) as tf.Tensor2D), [-1]) as tf.Tensor1D,',
    to: '() => tf.reshape(argMaxOfFinite(codeLogits(p, latents)) as tf.Tensor2D, [-1]) as tf.Tensor1D,',
    contradicts: 'QNT-15',
  },
  'spans-merged-in-order': {
    file: 'src/masking/span-mask.ts',
    from: `  for (const token of input) {
    if (!sentinels.has(token)) merged.push(token);
    else for (const filled of filling.get(token) ?? []) merged.push(filled);
  }`,
    to: `  const runs = [...filling].filter(([token]) => token !== null).map(([, run]) => run);
  for (const token of input) {
    if (!sentinels.has(token)) merged.push(token);
    else merged.push(...(runs.shift() ?? []));
  }`,
    contradicts: 'MSK-17',
  },
  'coordinates-cut': {
    file: 'src/modalities/text/detections.ts',
    from: 'return roundHalfToEven(value * (bins - 1));',
    to: 'return Math.floor(value * (bins - 1));',
    contradicts: 'MOD-5',
  },
  'ddim-eta-ignored': {
    file: 'src/tokenizers/diffusion/ddim.ts',
    from: 'const variance = eta ** 2 *',
    to: 'const variance = 0 *',
    contradicts: 'DIF-5',
  },
  'betas-not-squared': {
    file: 'src/tokenizers/diffusion/schedule.ts',
    from: 'scaled_linear: (timesteps, start, end) => linspace(Math.sqrt(start), Math.sqrt(end), timesteps).map((x) => x * x),',
    to: 'scaled_linear: (timesteps, start, end) => linspace(start, end, timesteps),',
    contradicts: 'SCH-8',
  },
  'velocity-sign': {
    file: 'src/tokenizers/diffusion/prediction.ts',
    from: 'clean: weightedSum([signal, sample], [-sigma, output]),',
    to: 'clean: weightedSum([signal, sample], [sigma, output]),',
    contradicts: 'DIF-2',
  },
  'norm-epsilon': {
    file: 'src/nn/layer-norm.ts',
    from: 'bias = true, epsilon = 1e-6',
    to: 'bias = true, epsilon = 1e-3',
    contradicts: 'TRN-2',
  },
  'empty-modalities-not-counted': {
    file: 'src/transformer/loss.ts',
    from: `weights.push(options.lossType === 'mod' ? ofModality(modality) : 0);`,
    to: 'weights.push(0);',
    contradicts: 'LOS-3',
  },
  'ranks-inverted': {
    file: 'src/masking/image-mask.ts',
    from: '.sort((a, b) => noise[a]! - noise[b]!);',
    to: `.sort((a, b) => noise[a]! - noise[b]!)
    .reduce((inverse, at, place) => inverse.fill(place, at, at + 1), new Int32Array(noise.length));`,
    contradicts: 'MSK-4',
  },
  'positions-with-gaps': {
    file: 'src/transformer/selection.ts',
    from: '? countUnmasked(modality.inputMask, length)',
    to: '? Int32Array.from(modality.inputMask, (_, index) => index % length)',
    contradicts: 'EMB-9',
  },
  'targets-not-shifted': {
    file: 'src/transformer/selection.ts',
    from: 'tokenIndex + (isSequence(info) ? 1 : 0)',
    to: 'tokenIndex + (isSequence(info) ? 0 : 0)',
    contradicts: 'EMB-11',
  },
  'bicubic-half': {
    file: 'src/nn/interpolation.ts',
    from: 'const a = -0.75;',
    to: 'const a = -0.5;',
    contradicts: 'EMB-4',
  },
  'ddpm-noise-at-zero': {
    file: 'src/tokenizers/diffusion/ddpm.ts',
    from: 'if (timestep === 0)',
    to: 'if (timestep < 0)',
    contradicts: 'DIF-9',
  },
  'ddpm-large-variance': {
    file: 'src/tokenizers/diffusion/ddpm.ts',
    from: `kind === 'fixed_large' ? beta`,
    to: `kind !== 'fixed_large' ? beta`,
    contradicts: 'DIF-9',
  },
  'memcodes-keys-for-values': {
    file: 'src/tokenizers/vq/memcodes.ts',
    from: 'tf.matMul(byHead, p.toValues.value)',
    to: 'tf.matMul(byHead, p.toKeys.value)',
    contradicts: 'QNT-16',
  },
  'qk-norm-missing': {
    file: 'src/nn/attention.ts',
    from: 'const q = normalizeHeads(p.norms?.query, query, p.heads);',
    to: 'const q = normalizeHeads(undefined, query, p.heads);',
    contradicts: 'TRN-6',
  },
  'heads-interleaved': {
    file: 'src/nn/attention.ts',
    from: '  return tf.transpose(tf.reshape(x, [b, n, heads, d / heads]) as tf.Tensor4D, [0, 2, 1, 3]);',
    to: '  return tf.transpose(tf.reshape(x, [b, n, d / heads, heads]) as tf.Tensor4D, [0, 3, 1, 2]);',
    contradicts: 'TRN-5',
  },
  'keep-decays-slower': {
    file: 'src/masking/sequence-mask.ts',
    from: 'const KEEP_PROBABILITY_DECAY = 0.9;',
    to: 'const KEEP_PROBABILITY_DECAY = 0.95;',
    contradicts: 'MSK-10',
  },
  'eos-after-cut': {
    file: 'src/masking/sequence-mask.ts',
    from: '[...Array.from(tokens), eosId].slice(0, maxTokens)',
    to: '[...Array.from(tokens).slice(0, maxTokens - 1), eosId]',
    contradicts: 'MSK-8',
  },
  'temperature-one-late': {
    file: 'src/decoding/schedules.ts',
    from: '(start * (total - committed[step - 1]!)) / total',
    to: '(start * (total - committed[step]!)) / total',
    contradicts: 'SCH-4',
  },
  'case-kept': {
    file: 'src/tokenizers/text/normalize.ts',
    from: 'if (options.lowercase) result',
    to: 'if (options.lowercase && result.length < 0) result',
    contradicts: 'TXT-8',
  },
  'nearest-rounded': {
    file: 'src/tokenizers/diffusion/resize.ts',
    from: 'Math.floor(Math.fround(i *',
    to: 'Math.round(Math.fround(i *',
    contradicts: 'DIF-19',
  },
  'lora-unscaled': {
    file: 'src/nn/lora.ts',
    from: 'tf.add(weight.value, tf.mul(correction, lora.scale))',
    to: 'tf.add(weight.value, correction)',
    contradicts: 'TRN-25',
  },
};
