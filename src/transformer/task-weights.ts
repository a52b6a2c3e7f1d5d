import { LazyWeights } from '../nn/lazy-weights.js';
import type { WeightDtype } from '../nn/packing.js';
import { type Parameter, parametersIn } from '../nn/parameters.js';
import type { TensorReader } from '../nn/state-dict.js';
import type { FourM } from './model.js';

/**
 * Leaves a model's weights in their checkpoint until {@link ensureLoaded} is told what they are needed for.
 *
 * @param model  from {@link buildFourM}; its own parameters are filled
 * @param dtype  how those that can be packed are kept
 * @throws CheckpointError naming the first tensor that is missing or has another shape; no values are read
 */
export function withLazyWeights(model: FourM, checkpoint: TensorReader, dtype: WeightDtype = 'f32'): FourM {
  for (const parameter of model.parameters.all) parameter.setDtype(dtype);
  const read = model.parameters.all.filter((parameter) => !model.unusedParameters.has(parameter));
  return { ...model, weights: new LazyWeights(read, checkpoint) };
}

/**
 * The parameters that a task computes with: all blocks, and the embeddings of its modalities alone. In 4M-21_B that is 0.9 of
 * 3.4 GB from pictures to depth.
 *
 * @param inputs  modalities that the encoder reads
 * @param targets modalities that are predicted. Those that the model can also read count as inputs: what is decided of them
 *                is read before the rest
 */
export function taskParameters(model: FourM, inputs: readonly string[], targets: readonly string[]): Parameter[] {
  const { encoderEmbeddings, decoderEmbeddings } = model;
  const parts = [
    model.registerTokens,
    [...inputs, ...targets].map((name) => encoderEmbeddings[name]),
    [model.encoder, model.encoderNorm, model.contextProjection],
    model.maskToken,
    targets.map((name) => decoderEmbeddings[name]),
    [model.decoder, model.decoderNorm],
  ];
  return parametersIn(parts).filter((parameter) => !model.unusedParameters.has(parameter));
}

/**
 * Reads what a task needs and is not there yet: to be awaited before anything is computed, which cannot wait. A model without
 * lazy weights has all it needs.
 *
 * @param onLoad as {@link LazyWeights.load} takes it
 * @throws CancelledError when the signal fires
 */
export async function ensureLoaded(
  model: FourM,
  inputs: readonly string[],
  targets: readonly string[],
  signal?: AbortSignal,
  onLoad?: (done: number, total: number) => void,
): Promise<void> {
  await model.weights?.load(taskParameters(model, inputs, targets), signal, onLoad);
}
