/** What the transformer said, as users get it. */
import { InvalidInputError } from '../errors.js';
import { Random } from '../random.js';
import { modalityNamed } from './description.js';
import type { GenerateOptions } from './generate-options.js';
import { type ModelParts, tokensOf } from './model-parts.js';
import { detectionsResult, type Result } from './results.js';

/**
 * Turns tokens into results.
 *
 * @param name   a modality's short name
 * @param tokens of every sample
 * @throws CancelledError when the signal fires
 */
export async function writeResults(
  model: ModelParts,
  name: string,
  tokens: readonly Int32Array[],
  { seed = 0, signal }: Pick<GenerateOptions, 'seed' | 'signal'>,
): Promise<Result[]> {
  const modality = modalityNamed(model.about, name);
  switch (modality.kind) {
    case 'image':
    case 'published': {
      const codec = await model.codec(name, modality);
      return codec.detokenize(tokens, tokensOf(model, name), new Random(seed), signal);
    }
    case 'text':
    case 'detections': {
      const vocabulary = await model.text();
      return tokens.map((ids) => {
        const text = vocabulary.decode(ids);
        return modality.kind === 'detections'
          ? detectionsResult(ids, text, modality.bins)
          : { kind: 'text', tokens: ids, text };
      });
    }
    case 'embeddings':
      throw new InvalidInputError(`'${name}' can only be given`);
  }
}
