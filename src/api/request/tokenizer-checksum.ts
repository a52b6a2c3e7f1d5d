import { createSha256 } from '../../hub/sha256.js';
import type { LazyWeights } from '../../nn/lazy-weights.js';
import type { Parameter } from '../../nn/parameters.js';
import { type ModelParts, tokenModality } from '../resources/model-parts.js';
import { isCoded, isWords, modalityNamed } from '../types/description.js';
import { networkOf } from './networks.js';
import { formatOf } from './texts/index.js';

/** Weights that tokens depend on. */
interface UsedWeights {
  readonly weights: LazyWeights;
  readonly parameters: readonly Parameter[];
}

/**
 * SHA-256 of all weights that the tokens of a modality depend on: of its tokenizer, without the decoder, and of the frozen network that
 * computes its values.
 *
 * @returns in hexadecimal digits; undefined for modalities without weights, whose tokens are words
 * @throws CancelledError when the signal fires
 */
export async function tokenizerChecksum(
  model: ModelParts,
  name: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const hash = createSha256();
  const used = await weightsFor(model, name, signal);
  if (used.length === 0) return undefined;
  for (const { weights, parameters } of used) {
    await weights.load(parameters, signal);
    for (const parameter of parameters) {
      const values = await parameter.read();
      hash.update(new TextEncoder().encode(`${parameter.names[0]} [${parameter.shape}]\n`));
      hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
  }
  return hash.hex();
}

async function weightsFor(model: ModelParts, name: string, signal?: AbortSignal): Promise<UsedWeights[]> {
  const modality = modalityNamed(model.description, name);
  const used: UsedWeights[] = [];
  const file = networkOf(modality);
  if (file !== undefined) used.push(await model.network(file, signal));
  const embedded = isWords(modality) ? formatOf(modality).embedded : undefined;
  const source = isCoded(modality) ? modality : embedded?.source;
  if (source === undefined) return used;
  const codec = await model.codec(source, signal);
  const { parameters } = codec.memoryNeed('tokenize', embedded?.info ?? tokenModality(model, name))(1);
  return [...used, { weights: codec.weights, parameters }];
}
