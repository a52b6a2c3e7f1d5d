import type { Mistake } from './mistake.js';

/** Mistakes of the tokenizers. */
export const TOKENIZERS_MISTAKES: Readonly<Record<string, Mistake>> = {
  'ema-inverted': {
    file: 'src/tokenizers/vq/codebook.ts',
    from: '[Math.fround(decay), Math.fround(1 - decay)]',
    to: '[Math.fround(1 - decay), Math.fround(decay)]',
    contradicts: 'QNT-7',
  },
  'zero-terminal-snr-missing': {
    file: 'src/tokenizers/diffusion/schedule.ts',
    from: 'const betas = zeroTerminalSnr ? withZeroTerminalSnr(plain) : plain;',
    to: 'const betas = zeroTerminalSnr && timesteps < 2 ? withZeroTerminalSnr(plain) : plain;',
    contradicts: 'SCH-11',
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
  'nearest-rounded': {
    file: 'src/tokenizers/diffusion/resize.ts',
    from: 'Math.floor(Math.fround(i *',
    to: 'Math.round(Math.fround(i *',
    contradicts: 'DIF-19',
  },
  'time-sines-first': {
    file: 'src/tokenizers/diffusion/time-embedding.ts',
    from: `result[n * width + i] = Math.cos(angle);
      result[n * width + half + i] = Math.sin(angle);`,
    to: `result[n * width + i] = Math.sin(angle);
      result[n * width + half + i] = Math.cos(angle);`,
    contradicts: 'DIF-15',
  },
  'long-skips-in-order': {
    file: 'src/tokenizers/diffusion/uvit-middle.ts',
    from: 'i > half ? left.pop() : undefined',
    to: 'i > half ? left.shift() : undefined',
    contradicts: 'DIF-28',
  },
  'multistep-oldest-first': {
    file: 'src/tokenizers/diffusion/pndm.ts',
    from: '[weights[i]!, x] as const',
    to: '[weights[outputs.length - 1 - i]!, x] as const',
    contradicts: 'DIF-12',
  },
  'straight-through-missing': {
    file: 'src/tokenizers/vq/quantizer.ts',
    from: 'gradFunc: (dy: tf.Tensor) => dy }',
    to: 'gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) }',
    contradicts: 'QNT-12',
  },
  'layer-scale-missing': {
    file: 'src/tokenizers/vq/conv-next.ts',
    from: 'tf.mul(p.gamma.value, mlp(p.mlp, layerNorm(p.norm, smoothed)))',
    to: 'mlp(p.mlp, layerNorm(p.norm, smoothed))',
    contradicts: 'VQ-10',
  },
  'ema-not-smoothed': {
    file: 'src/tokenizers/vq/codebook.ts',
    from: 'const size = ((used + epsilon) / (total + usage.length * epsilon)) * total;',
    to: 'const size = Math.max(used + 0 * (total * epsilon), 1e-30);',
    contradicts: 'QNT-9',
  },
  'dead-at-threshold': {
    file: 'src/tokenizers/vq/codebook.ts',
    from: 'usage[code]! < deadThreshold',
    to: 'usage[code]! <= deadThreshold',
    contradicts: 'QNT-10',
  },
  'commitment-on-codes': {
    file: 'src/tokenizers/vq/quantizer.ts',
    from: 'tf.mean(tf.square(tf.sub(codes, latents))) as tf.Scalar;',
    to: 'tf.mean(tf.square(tf.sub(codes, tf.customGrad((_) => ({ value: tf.clone(latents), gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) }))(latents)))) as tf.Scalar;',
    contradicts: 'LOS-8',
  },
  'cosine-beta-unlimited': {
    file: 'src/tokenizers/diffusion/schedule.ts',
    from: 'const MAX_BETA = 0.999;',
    to: 'const MAX_BETA = 1;',
    contradicts: 'SCH-9',
  },
  'sample-for-noise': {
    file: 'src/tokenizers/diffusion/prediction.ts',
    from: 'return { clean: sample.map((x, i) => (x - sigma * output[i]!) / signal), noise: output };',
    to: 'return { clean: output, noise: noiseIn(sample, output, signal * signal + 0 * sigma) };',
    contradicts: 'DIF-2',
  },
  'ddim-previous-in-run': {
    file: 'src/tokenizers/diffusion/ddim.ts',
    from: 'alphaBarAt(schedule, timestep - before, endsAtOne)',
    to: 'alphaBarAt(schedule, Math.max(timestep - before - 1, -1), endsAtOne)',
    contradicts: 'DIF-5',
  },
  'clip-before-noise': {
    file: 'src/tokenizers/diffusion/ddim.ts',
    from: 'noiseFromLimited ? noiseIn(sample, clean, a) : predicted.noise',
    to: 'noiseFromLimited || limit ? noiseIn(sample, clean, a) : predicted.noise',
    contradicts: 'DIF-4',
  },
  'quantile-not-interpolated': {
    file: 'src/tokenizers/diffusion/prediction.ts',
    from: 'return below + (rank - Math.floor(rank)) * (sorted[Math.ceil(rank)]! - below);',
    to: 'return below + Math.round(rank - Math.floor(rank)) * (sorted[Math.ceil(rank)]! - below);',
    contradicts: 'DIF-3',
  },
  'codes-given-normalised': {
    file: 'src/tokenizers/vq/codebook.ts',
    from: 'blend(codes, targets, training.decay);',
    to: `blend(codes, targets, training.decay);
    codes.set(normalizedRows(codes, d));`,
    contradicts: 'QNT-8',
  },
  'dead-codes-random-kept': {
    file: 'src/tokenizers/vq/codebook.ts',
    from: 'codes.set(normalizedRows(row, d), code * d);',
    to: 'codes.set(row, code * d);',
    contradicts: 'QNT-10',
  },
  'leading-from-one': {
    file: 'src/tokenizers/diffusion/timesteps.ts',
    from: '(steps - 1 - i) * length);',
    to: '(steps - i) * length - 1);',
    contradicts: 'SCH-12',
  },
  'trailing-from-end': {
    file: 'src/tokenizers/diffusion/timesteps.ts',
    from: '(_, i) => timesteps - 1 - i * length);',
    to: '(_, i) => Math.max(timesteps - 2 - i * length, 0));',
    contradicts: 'SCH-13',
  },
  'ddpm-variance-of-beta': {
    file: 'src/tokenizers/diffusion/ddpm.ts',
    from: 'Math.max(kept * beta, MIN_VARIANCE)',
    to: 'Math.max(beta * beta, MIN_VARIANCE)',
    contradicts: 'DIF-9',
  },
  'ddpm-mean-swapped': {
    file: 'src/tokenizers/diffusion/ddpm.ts',
    from: 'weightedSum([(Math.sqrt(b) * beta) / (1 - a), clean], [Math.sqrt(alpha) * kept, sample])',
    to: 'weightedSum([Math.sqrt(alpha) * kept, clean], [(Math.sqrt(b) * beta) / (1 - a), sample])',
    contradicts: 'DIF-8',
  },
  'zero-snr-shift-only': {
    file: 'src/tokenizers/diffusion/schedule.ts',
    from: 'f32(f32(root - last) * scale) ** 2',
    to: 'f32(root - last) ** 2',
    contradicts: 'SCH-11',
  },
  'memcodes-soft': {
    file: 'src/tokenizers/vq/memcodes.ts',
    from: `return { value: tf.cast(isBest, 'float32'), gradFunc`,
    to: `return { value: tf.add(tf.mul(0, tf.cast(isBest, 'float32')), x as tf.Tensor), gradFunc`,
    contradicts: 'QNT-17',
  },
  'patches-channel-last': {
    file: 'src/nn/patches.ts',
    from: `const channelFirst = order === 'channel-first';`,
    to: `const channelFirst = order !== 'channel-first';`,
    contradicts: 'VQ-6',
  },
};
