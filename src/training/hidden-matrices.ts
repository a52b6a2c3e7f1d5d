import type { ParameterList } from '../nn/parameters.js';
import type { HiddenMatrix } from './muon.js';

/**
 * The matrices of all transformer and MLP blocks, which {@link Muon} updates: those of `encoder.0`, `decoder.blocks.3` and the
 * like. Embeddings, input and output projections, norms and convolutions are updated by AdamW.
 */
export function hiddenMatrices({ all }: ParameterList): HiddenMatrix[] {
  const matrices = all.filter(
    ({ names, shape, trainable }) =>
      trainable && shape.length === 2 && /(^|\.)(encoder|decoder|blocks)\.\d+\./.test(names[0]!),
  );
  return matrices.map((parameter) => {
    const [name] = parameter.names;
    // Fused queries, keys and values are several matrices.
    return { parameter, parts: name!.includes('.qkv.') ? 3 : name!.includes('.kv.') ? 2 : 1 };
  });
}
