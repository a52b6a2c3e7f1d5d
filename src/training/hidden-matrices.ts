import type { ParameterList } from '../nn/parameters.js';
import type { HiddenMatrix } from './muon.js';

/**
 * The matrices of all transformer and MLP blocks, which {@link Muon} moves: those of `encoder.0`, `decoder.blocks.3` and the
 * like. Embeddings, projections at either end, norms and convolutions are left to AdamW.
 */
export function hiddenMatrices({ all }: ParameterList): HiddenMatrix[] {
  const matrices = all.filter(
    ({ names, shape, trainable }) =>
      trainable && shape.length === 2 && /(^|\.)(encoder|decoder|blocks)\.\d+\./.test(names[0]!),
  );
  return matrices.map((parameter) => {
    const [name] = parameter.names;
    // Queries, keys and values that are computed at once are several matrices side by side.
    return { parameter, parts: name!.includes('.qkv.') ? 3 : name!.includes('.kv.') ? 2 : 1 };
  });
}
