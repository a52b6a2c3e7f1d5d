import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../transformer/batch.js';
import { type DecoderContext, decoderContext, encode, selectEncoderInputs } from '../transformer/forward.js';
import type { FourM } from '../transformer/model.js';

/**
 * Encodes the inputs of a batch and computes the decoder's cross-attention keys and values. Call it inside `tf.tidy`.
 *
 * For a sample without any input, cross-attention gives zeros: its values are set to zero. (In training it would attend
 * uniformly to padding.)
 */
export function encodeContext(model: FourM, batch: Batch): DecoderContext {
  const encoded = encode(model, batch, selectEncoderInputs(model, batch));
  const context = decoderContext(model, encoded);
  const count = encoded.padding.length / batch.size;
  const known = Float32Array.from({ length: batch.size }, (_, b) =>
    encoded.padding.subarray(b * count, (b + 1) * count).includes(0) ? 1 : 0,
  );
  if (!known.includes(0)) return context;
  const factor = tf.tensor3d(known, [batch.size, 1, 1]);
  return {
    ...context,
    blocks: context.blocks.map(({ keys, values }) => ({ keys, values: tf.mul(values, factor) })),
  };
}
