import type { Mistake } from './mistake.js';

/** Mistakes of codebooks, encoders and decoders. */
export const TOKENIZERS_MISTAKES: Readonly<Record<string, Mistake>> = {
  'ema-inverted': {
    file: 'src/tokenizers/vq/codebook.ts',
    from: '[Math.fround(decay), Math.fround(1 - decay)]',
    to: '[Math.fround(1 - decay), Math.fround(decay)]',
    contradicts: 'QNT-7',
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
  'memcodes-keys-for-values': {
    file: 'src/tokenizers/vq/memcodes.ts',
    from: 'tf.matMul(byHead, p.toValues.value)',
    to: 'tf.matMul(byHead, p.toKeys.value)',
    contradicts: 'QNT-16',
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
  'post-mlp-gelu': {
    file: 'src/tokenizers/vq/vit.ts',
    from: `activation: 'Tanh',`,
    to: `activation: 'GELU',`,
    contradicts: 'VQ-8',
  },
  'codes-given-out-normalised': {
    file: 'src/tokenizers/vq/quantizer.ts',
    from: 'return tf.gather(p.codes.value, ids);',
    to: 'const all = p.codes.value as tf.Tensor2D; return tf.gather(p.cosine ? l2Normalize(all) : all, ids);',
    contradicts: 'QNT-4',
  },
  'distance-without-length': {
    file: 'src/tokenizers/vq/quantizer.ts',
    from: 'const similarity = tf.sub(tf.mul(2, tf.matMul(latents, codes, false, true)), tf.sum(tf.square(codes), -1));',
    to: 'const similarity = tf.matMul(latents, codes, false, true);',
    contradicts: 'QNT-3',
  },
  'latents-not-normalised': {
    file: 'src/tokenizers/vq/quantizer.ts',
    from: 'return p.normLatents ? l2Normalize(split) : split;',
    to: 'return p.normLatents && split.size < 0 ? l2Normalize(split) : split;',
    contradicts: 'QNT-2',
  },
  'least-used-copied': {
    file: 'src/tokenizers/vq/codebook.ts',
    from: 'sort((a, b) => usage[b]! - usage[a]!)',
    to: 'sort((a, b) => usage[a]! - usage[b]!)',
    contradicts: 'QNT-10',
  },
};
