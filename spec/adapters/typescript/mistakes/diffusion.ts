import type { Mistake } from './mistake.js';

/** Mistakes of diffusion: noise schedules, samplers, networks. */
export const DIFFUSION_MISTAKES: Readonly<Record<string, Mistake>> = {
  'zero-terminal-snr-missing': {
    file: 'src/tokenizers/diffusion/schedule.ts',
    from: 'const betas = zeroTerminalSnr ? withZeroTerminalSnr(plain) : plain;',
    to: 'const betas = zeroTerminalSnr && timesteps < 2 ? withZeroTerminalSnr(plain) : plain;',
    contradicts: 'SCH-11',
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
  'gate-missing': {
    file: 'src/tokenizers/diffusion/uvit-block.ts',
    from: 'y = tf.add(y, tf.mul(gates[part]!, compute(input)));',
    to: 'y = tf.add(y, compute(input));',
    contradicts: 'DIF-26',
  },
  'modulation-without-one': {
    file: 'src/tokenizers/diffusion/uvit-block.ts',
    from: 'tf.add(1, scale)',
    to: 'scale',
    contradicts: 'DIF-26',
  },
  'shift-scale-swapped': {
    file: 'src/tokenizers/diffusion/uvit-block.ts',
    from: 'const [shift, scale] = tf.split',
    to: 'const [scale, shift] = tf.split',
    contradicts: 'DIF-26',
  },
  'groups-spread': {
    file: 'src/nn/group-norm.ts',
    from: 'const grouped = tf.reshape(x, [b, h * w, p.groups, width / p.groups]);',
    to: 'const grouped = tf.transpose(tf.reshape(x, [b, h * w, width / p.groups, p.groups]), [0, 1, 3, 2]);',
    contradicts: 'DIF-16',
  },
  'time-not-activated': {
    file: 'src/tokenizers/diffusion/residual-block.ts',
    from: `linear(p.embedding, activate('SiLU', embedding))`,
    to: 'linear(p.embedding, embedding)',
    contradicts: 'DIF-17',
  },
  'skip-first': {
    file: 'src/tokenizers/diffusion/levels.ts',
    from: 'tf.concat([y, skips.pop()!], 3)',
    to: 'tf.concat([skips.pop()!, y], 3)',
    contradicts: 'DIF-18',
  },
  'residual-missing': {
    file: 'src/tokenizers/diffusion/pixel-attention.ts',
    from: 'return tf.add(x, linear(p.proj, tf.reshape(looked, x.shape) as tf.Tensor4D));',
    to: 'return linear(p.proj, tf.reshape(looked, x.shape) as tf.Tensor4D) as tf.Tensor4D;',
    contradicts: 'DIF-22',
  },
};
