/** Inputs computed by a package's frozen networks: features of images, vectors of texts. */
import { CheckpointError, InvalidInputError, pauseOrCancel } from '../../errors.js';
import type { Raster } from '../../media/raster.js';
import type { FrozenNetwork } from '../codecs/network.js';
import type { ModelParts } from '../resources/model-parts.js';
import {
  type CodedModality,
  isCoded,
  type ModelDescription,
  type ModelModality,
  modalityNamed,
} from '../types/description.js';
import type { Input } from '../types/inputs.js';
import { toRaster } from './images.js';
import { encodeText } from './texts/check-text.js';

/** The file of the network that computes a modality's values from an image or text. */
export function networkOf(modality: ModelModality): string | undefined {
  return 'network' in modality ? modality.network : undefined;
}

/** Whether an input is a picture or text for a network, not the values themselves. */
export function needsNetwork(modality: ModelModality, input: Input): boolean {
  if (networkOf(modality) === undefined) return false;
  return modality.kind === 'embeddings' ? typeof input === 'string' : isPicture(input);
}

/** Whether an input is a picture (file or 8-bit raster), not features. */
function isPicture(input: Input): input is Uint8Array | Raster<Uint8Array> {
  if (input instanceof Uint8Array) return true;
  return typeof input === 'object' && input !== null && 'data' in input && input.data instanceof Uint8Array;
}

/** The values of an input: for a picture, the network's features; others unchanged. */
export async function withFeatures(
  model: ModelParts,
  modality: ModelModality,
  input: Input,
  signal?: AbortSignal,
): Promise<Input> {
  return needsNetwork(modality, input) ? imageFeatures(model, modality, input, signal) : input;
}

/**
 * The features of a picture.
 *
 * @param modality with a network, of features or embeddings
 * @throws InvalidInputError if the input is not a picture
 */
async function imageFeatures(
  model: ModelParts,
  modality: ModelModality,
  input: Input,
  signal?: AbortSignal,
): Promise<Raster<Float32Array> | Float32Array> {
  const file = networkOf(modality)!;
  if (!isPicture(input)) throw new InvalidInputError(`${file} computes features of a picture, which was not given`);
  const network = await networkNamed(model, file, 'image', signal);
  const features = await model.withMemoryFor(network.memoryNeed(), () => network.features(toRaster(input), signal));
  return modality.kind === 'embedding' ? features.global : features.dense;
}

/** The modality of this name. @throws InvalidInputError if it has no network that computes it from a picture */
export function modalityWithNetwork(description: ModelDescription, name: string): CodedModality {
  const modality = modalityNamed(description, name);
  if (isCoded(modality) && networkOf(modality) !== undefined) return modality;
  throw new InvalidInputError(`the model has no network that computes '${name}' of a picture`);
}

/** Downloads the weights of a modality's network. @throws CancelledError when the signal fires */
export async function fetchNetwork(model: ModelParts, modality: CodedModality, signal?: AbortSignal): Promise<void> {
  const { weights, parameters } = await model.network(networkOf(modality)!, signal);
  await weights.fetch(parameters, signal);
}

/** {@link imageFeatures} of several pictures, one after another. @throws CancelledError when the signal fires */
export async function featuresOfImages(
  model: ModelParts,
  modality: CodedModality,
  pictures: readonly Input[],
  signal?: AbortSignal,
): Promise<(Raster<Float32Array> | Float32Array)[]> {
  const features: (Raster<Float32Array> | Float32Array)[] = [];
  for (const picture of pictures) {
    await pauseOrCancel(signal, `computing features by ${networkOf(modality)}`);
    features.push(await imageFeatures(model, modality, picture, signal));
  }
  return features;
}

/**
 * The vectors of a text and of the [EOS] behind it, as T5 has one, [N, D].
 *
 * @param modality  of embeddings, with a network
 * @param maxTokens longer texts are cut off
 */
export async function textVectors(
  model: ModelParts,
  modality: ModelModality,
  text: string,
  maxTokens: number,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const network = await networkNamed(model, networkOf(modality)!, 'text', signal);
  const words = await model.text(signal);
  const ids = Int32Array.from([...encodeText(modality.tokens, text, words), words.eosId].slice(0, maxTokens));
  return model.withMemoryFor(network.memoryNeed(ids.length), () => network.vectors(ids, signal));
}

/** @throws CheckpointError if the file is of a network of another kind */
async function networkNamed<K extends FrozenNetwork['kind']>(
  model: ModelParts,
  file: string,
  kind: K,
  signal?: AbortSignal,
): Promise<Extract<FrozenNetwork, { kind: K }>> {
  const network = await model.network(file, signal);
  if (network.kind === kind) return network as Extract<FrozenNetwork, { kind: K }>;
  throw new CheckpointError(`${file} is a network of the kind '${network.kind}'; expected '${kind}'`);
}
