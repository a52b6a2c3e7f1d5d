import type { Mistake } from './mistake.js';

/** Mistakes of the transformer and its layers. */
export const TRANSFORMER_MISTAKES: Readonly<Record<string, Mistake>> = {
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
  'swiglu-halves': {
    file: 'src/nn/mlp.ts',
    from: 'gated(p.activation, hidden, linear(p.fc3, x))',
    to: 'gated(p.activation, linear(p.fc3, x), hidden)',
    contradicts: 'TRN-4',
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
  'qk-norm-missing': {
    file: 'src/nn/attention.ts',
    from: 'const q = normalizeHeads(p.norms?.query, query, p.heads);',
    to: 'const q = normalizeHeads(undefined, query, p.heads);',
    contradicts: 'TRN-6',
  },
  'heads-interleaved': {
    file: 'src/nn/attention.ts',
    // In front of the kernel, which splits the heads on the backends that have one.
    from: '  const inputs = { q, keys, values };',
    to: `  const spread = (x: tf.Tensor3D) => {
    const [b, n, d] = x.shape;
    return tf.reshape(tf.transpose(tf.reshape(x, [b, n, d / heads, heads]), [0, 1, 3, 2]), [b, n, d]) as tf.Tensor3D;
  };
  [q, keys, values] = [spread(q), spread(keys), spread(values)];
  const inputs = { q, keys, values };`,
    contradicts: 'TRN-5',
  },
  'lora-unscaled': {
    file: 'src/nn/linear.ts',
    from: 'tf.mul(linear(lora.up, linear(lora.down, x)), lora.scale)',
    to: 'linear(lora.up, linear(lora.down, x))',
    contradicts: 'TRN-25',
  },
  'lora-unscaled-when-merged': {
    file: 'src/nn/lora.ts',
    from: 'tf.add(weight.value, tf.mul(correction, lora.scale))',
    to: 'tf.add(weight.value, correction)',
    contradicts: 'TRN-26',
  },
  'registers-behind': {
    file: 'src/transformer/forward.ts',
    from: 'return tf.concat([registers as tf.Tensor3D, x], 1);',
    to: 'return tf.concat([x, registers as tf.Tensor3D], 1);',
    contradicts: 'TRN-9',
  },
  'channels-before-pixels': {
    file: 'src/transformer/gather-patches.ts',
    from: `    for (let y = top; y < top + rows; y++)
      for (let x = left; x < left + columns; x++)
        for (let c = 0; c < channels; c++) values`,
    to: `    for (let c = 0; c < channels; c++)
      for (let y = top; y < top + rows; y++)
        for (let x = left; x < left + columns; x++) values`,
    contradicts: 'EMB-6',
  },
  'embedding-added-twice': {
    file: 'src/transformer/forward.ts',
    from: 'let x = tf.add(tokens, positions) as tf.Tensor3D;',
    to: 'let x = tf.add(tokens, tf.mul(2, positions)) as tf.Tensor3D;',
    contradicts: 'TRN-12',
  },
  'context-mask-missing': {
    file: 'src/transformer/forward.ts',
    from: '    mask: padding.includes(1) ? additiveMask(padding, [size, 1, length]) : undefined,',
    to: '    mask: length < 0 ? additiveMask(padding, [size, 1, length]) : undefined,',
    contradicts: 'TRN-17',
  },
  'context-mask-inverted': {
    file: 'src/transformer/forward.ts',
    from: '    mask: padding.includes(1) ? additiveMask(padding, [size, 1, length]) : undefined,',
    to: '    mask: padding.includes(1) ? additiveMask(padding.map((x) => 1 - x), [size, 1, length]) : undefined,',
    contradicts: 'TRN-17',
  },
  'encoder-norm-missing': {
    file: 'src/transformer/forward.ts',
    from: 'const output = layerNorm(model.encoderNorm, x);',
    to: 'const output = tf.clone(x);',
    contradicts: 'TRN-12',
  },
  'loss-over-all-tokens': {
    file: 'src/transformer/loss.ts',
    from: `options.lossType === 'mod' ? ofModality(modality) : sequenceIndices.length * perToken`,
    to: `options.lossType === 'mod' ? ofModality(modality) * sequenceIndices.length : sequenceIndices.length * perToken`,
    contradicts: 'LOS-3',
  },
  'label-smoothing': {
    file: 'src/nn/cross-entropy.ts',
    from: `const hot = tf.oneHot(tf.tensor1d(ids, 'int32'), vocabulary, 1, 0, 'float32') as tf.Tensor2D;`,
    to: `const hot = tf.oneHot(tf.tensor1d(ids, 'int32'), vocabulary, 0.9 + 0.1 / vocabulary, 0.1 / vocabulary, 'float32') as tf.Tensor2D;`,
    contradicts: 'LOS-1',
  },
  'registers-are-padding': {
    file: 'src/transformer/forward.ts',
    from: 'const result = new Uint8Array(size * (registers + length));',
    to: 'const result = new Uint8Array(size * (registers + length)).fill(1);',
    contradicts: 'TRN-9',
  },
  'positions-wrap-not-to-zero': {
    file: 'src/transformer/selection.ts',
    from: '.map((p) => (p < longest ? p : 0));',
    to: '.map((p) => (p < longest ? p : longest - 1));',
    contradicts: 'EMB-9',
  },
  'pairs-across-gaps': {
    file: 'src/transformer/selection.ts',
    from: 'mask[index] === 1 || mask[index + 1] === 1',
    to: 'mask[index] === 1',
    contradicts: 'EMB-11',
  },
  'mask-cumulated-late': {
    file: 'src/transformer/attention-mask.ts',
    from: 'const beyond = causal ? j > i : j >= visible;',
    to: 'const beyond = causal ? j > i : j >= visible - compressed[b * count + i]! + 1;',
    contradicts: 'TRN-20',
  },
  'lora-not-merged': {
    file: 'src/nn/lora.ts',
    from: 'tf.add(weight.value, tf.mul(correction, lora.scale))',
    to: 'tf.add(weight.value, tf.mul(correction, 0 * lora.scale))',
    contradicts: 'TRN-26',
  },
  'own-tokens-for-images': {
    file: 'src/transformer/embeddings.ts',
    from: `return p.info.kind === 'sequence'
    ? gather`,
    to: `return p.info.kind === 'sequence' || modality.ids
    ? gather`,
    contradicts: 'EMB-10',
  },
  'context-norm-missing': {
    file: 'src/transformer/decoder-block.ts',
    from: 'contextKVCache(p.crossAttn, layerNorm(p.contextNorm, context))',
    to: 'contextKVCache(p.crossAttn, context)',
    contradicts: 'TRN-16',
  },
  'mlp-before-attention': {
    file: 'src/transformer/decoder-block.ts',
    from: 'x = tf.add(x, mlp(p.mlp, layerNorm(p.norm2, x)));',
    to: 'x = tf.add(x, mlp(p.mlp, layerNorm(p.norm2, y)));',
    contradicts: 'TRN-16',
  },
  'masked-weakly': {
    file: 'src/nn/attention.ts',
    from: 'const MASKED_SCORE = -1e38;',
    to: 'const MASKED_SCORE = -3;',
    contradicts: 'TRN-7',
  },
  'query-norm-missing': {
    file: 'src/transformer/decoder-block.ts',
    from: 'const cross = [p.crossAttn, layerNorm(p.queryNorm, x), context',
    to: 'const cross = [p.crossAttn, x, context',
    contradicts: 'TRN-16',
  },
};
