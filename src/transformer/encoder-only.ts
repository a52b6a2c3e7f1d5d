/** The encoder of a 4M model alone, for transfer to other tasks. With pixels as its only input it equals {@link fmVit}. */
import { pauseOrCancel } from '../errors.js';
import { buildFourM, type FourM } from './model.js';

/**
 * Builds a model with the encoder of another model and no decoder; its parameters have no values yet.
 *
 * @param inputs modalities that it reads, by published name
 */
export function buildEncoder({ config, modalities }: FourM, inputs: readonly string[]): FourM {
  return buildFourM({ ...config, domains_in: [...inputs], domains_out: [], decoder_depth: 0 }, modalities);
}

/**
 * A copy of a model's encoder, whose weights the caller disposes of. Packed weights are copied as rounded, in 32 bits, so that the
 * copy can be trained.
 *
 * @param inputs modalities that it reads, by published name
 * @throws CancelledError when the signal fires
 */
export async function copyEncoder(model: FourM, inputs: readonly string[], signal?: AbortSignal): Promise<FourM> {
  const encoder = buildEncoder(model, inputs);
  const byName = new Map(model.parameters.all.flatMap((p) => p.names.map((name) => [name, p] as const)));
  const originals = encoder.parameters.all.map(({ names }) => byName.get(names[0]!)!);
  await model.weights?.load(originals, signal);
  for (const [i, parameter] of encoder.parameters.all.entries()) {
    await pauseOrCancel(signal, 'copying the encoder');
    parameter.load(await originals[i]!.read());
  }
  return encoder;
}
