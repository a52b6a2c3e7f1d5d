import { LazyWeights } from '../nn/lazy-weights.js';
import type { WeightDtype } from '../nn/packed/packing.js';
import type { Parameter } from '../nn/parameters.js';
import { parametersIn } from '../nn/parameters-in.js';
import type { TensorReader } from '../nn/state-dict.js';
import type { FourM } from './model.js';

/**
 * Leaves a model's weights in their checkpoint until {@link ensureLoaded} reads those of a task.
 *
 * @param model  from {@link buildFourM}; its parameters are loaded in place
 * @param dtype  storage type of packable parameters
 * @throws CheckpointError naming the first tensor that is missing or has another shape; no values are read
 */
export function withLazyWeights(model: FourM, checkpoint: TensorReader, dtype: WeightDtype = 'f32'): FourM {
  for (const parameter of model.parameters.all) parameter.setDtype(dtype);
  const read = model.parameters.all.filter((parameter) => !model.unusedParameters.has(parameter));
  return { ...model, weights: new LazyWeights(read, checkpoint) };
}

/**
 * The parameters that a task uses: all blocks, and the embeddings of its modalities. For rgb to depth with 4M-21_B these are 0.9
 * of 3.4 GB.
 *
 * @param inputs  input modalities
 * @param targets target modalities. Their encoder embeddings are included: generated tokens become input for the next step
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
 * Reads the weights of a task that are not loaded yet. Await it before the forward pass, which is synchronous. Does nothing for
 * a model without lazy weights.
 *
 * @param onLoad as for {@link LazyWeights.load}
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
