import { type Embeddings, embeddingCount } from '../../evaluation/embeddings.js';

/** Mean Euclidean distance of all pairs of different vectors. 0 for fewer than two. */
export function meanPairDistance(embeddings: Embeddings): number {
  const { values, width } = embeddings;
  const count = embeddingCount(embeddings);
  let [sum, pairs] = [0, 0];
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      let squares = 0;
      for (let d = 0; d < width; d++) squares += (values[i * width + d]! - values[j * width + d]!) ** 2;
      sum += Math.sqrt(squares);
      pairs++;
    }
  }
  return pairs === 0 ? 0 : sum / pairs;
}
