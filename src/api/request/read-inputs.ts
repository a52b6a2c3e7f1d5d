/** Converts inputs to the transformer's input modalities. */
import type { KnownModalities, KnownModality } from '../../decoding/known-modalities.js';
import { InvalidInputError, pauseOrCancel } from '../../errors.js';
import { channelsFirst } from '../../modalities/channel-order.js';
import { toTokenizerValues } from '../../modalities/images.js';
import type { ModalityInfo } from '../../modalities/modality.js';
import { patchGrid } from '../../transformer/batch.js';
import { pixelsOf } from '../codecs/published-codec.js';
import type { Report } from '../progress/progress.js';
import { inputModality, type ModelParts, tokenModality } from '../resources/model-parts.js';
import { type CodedModality, modalityNamed, type WordsModality } from '../types/description.js';
import type { Input, Inputs, WeightedInputs } from '../types/inputs.js';
import type { PackageEmbeddings } from '../types/package.js';
import { givenTokens, isTokens } from './given-tokens.js';
import { fitToSquare, imageInput, toRaster } from './images.js';
import { textVectors, withFeatures } from './networks.js';
import { imageOf, isPartial, knownPatches } from './partial.js';
import { checkTextLength, encodeText, warnOfUnknownWords } from './texts/check-text.js';
import { formatOf } from './texts/index.js';

/** Cancellation and progress of reading inputs. */
interface ReadOptions {
  readonly signal: AbortSignal | undefined;
  readonly report: Report;
}

/** An input modality of the transformer, and its values. */
type ReadModality = readonly [modality: string, known: KnownModality];

/**
 * Converts the inputs of all samples.
 *
 * @param samples all of the same modalities
 * @param targets names of the targets; inputs may be a given part of them
 * @throws InvalidInputError for values that are not the modality's
 * @throws MediaError for bytes that are not a PNG or JPEG file
 * @throws CancelledError when the signal fires
 */
export async function readInputs(
  model: ModelParts,
  samples: readonly Inputs[],
  targets: readonly string[],
  options: ReadOptions,
): Promise<KnownModalities> {
  const known: Record<string, KnownModality> = {};
  for (const name of Object.keys(samples[0]!)) {
    const given = samples.map((inputs) => inputs[name]!);
    const [modality, values] = await readModality(model, name, given, targets.includes(name), options);
    known[modality] = values;
    await pauseOrCancel(options.signal, `reading '${name}'`);
  }
  return known;
}

/** Converts conditions; each applies to all `count` samples. */
export async function readConditions(
  model: ModelParts,
  conditions: readonly WeightedInputs[],
  count: number,
  how: ReadOptions,
): Promise<{ inputs: KnownModalities; weight: number }[]> {
  const read: { inputs: KnownModalities; weight: number }[] = [];
  for (const { inputs, weight } of conditions) {
    read.push({ inputs: repeated(await readInputs(model, [inputs], [], how), count), weight });
  }
  return read;
}

function readModality(
  model: ModelParts,
  name: string,
  inputs: readonly Input[],
  isTarget: boolean,
  how: ReadOptions,
): Promise<ReadModality> {
  const modality = modalityNamed(model.description, name);
  switch (modality.kind) {
    case 'image':
    case 'features':
    case 'embedding':
    case 'published':
      return readCoded(model, name, modality, inputs, isTarget, how);
    case 'embeddings':
      return readEmbeddings(model, name, modality, inputs, how.signal);
    default:
      return readWords(model, name, modality, inputs);
  }
}

/** Pictures, maps and features: as pixels if the model reads pixels and they are not a target, otherwise as tokens. */
async function readCoded(
  model: ModelParts,
  name: string,
  modality: CodedModality,
  inputs: readonly Input[],
  isTarget: boolean,
  { signal, report }: ReadOptions,
): Promise<ReadModality> {
  const info = isTarget ? tokenModality(model, name) : inputModality(model, name, inputs);
  const patches = inputs.some(isPartial) ? knownPatches(inputs, patchGrid(info)) : undefined;
  const known = patches && { known: patches };
  const given = inputs.map(imageOf);
  if (info.kind === 'pixels') {
    return [info.name, { pixels: given.map((image) => readPixels(name, modality, image, info)), ...known }];
  }
  const ids: Int32Array[] = [];
  const stage = { phase: 'reading', modality: name, total: given.length, kind: `read ${name}` } as const;
  if (!given.every(isTokens)) report({ ...stage, done: 0 });
  for (const input of given) {
    await pauseOrCancel(signal, `reading '${name}'`);
    if (isTokens(input)) {
      ids.push(givenTokens(input, info));
      continue;
    }
    const codec = await model.codec(modality, signal);
    ids.push(await codec.tokenize(await withFeatures(model, modality, input, signal), { ...info, name }, signal));
    report({ ...stage, done: ids.length }, new Map([[stage.kind, info.maxTokens]]));
  }
  return [info.name, { ids, ...known }];
}

/** [C, H, W] */
function readPixels(name: string, modality: CodedModality, input: Input, info: ModalityInfo): Float32Array {
  const image = toRaster(imageInput(name, input));
  if (modality.kind !== 'image') return pixelsOf(image, info);
  const fitted = fitToSquare(image, modality.values, info.inputSize![0]);
  const data = toTokenizerValues(modality.values, fitted) as Float32Array;
  return channelsFirst({ ...fitted, data });
}

async function readWords(
  model: ModelParts,
  name: string,
  modality: WordsModality,
  inputs: readonly Input[],
): Promise<ReadModality> {
  const [format, vocabulary] = [formatOf(modality), await model.text()];
  const info = tokenModality(model, name);
  const ids: ArrayLike<number>[] = [];
  for (const input of inputs) {
    if (isTokens(input)) ids.push(givenTokens(input, info));
    else if (typeof input === 'string') ids.push(encodeText(name, input, vocabulary));
    else ids.push(vocabulary.encode(await format.write(name, input, model)));
    checkTextLength(name, ids.at(-1)!, info);
  }
  const texts = inputs.filter((input) => typeof input === 'string');
  warnOfUnknownWords(name, texts, vocabulary);
  return [modality.tokens, { ids }];
}

async function readEmbeddings(
  model: ModelParts,
  name: string,
  modality: PackageEmbeddings,
  inputs: readonly Input[],
  signal: AbortSignal | undefined,
): Promise<ReadModality> {
  const { embeddingDim, maxTokens } = tokenModality(model, name);
  const embeddings: Float32Array[] = [];
  for (const input of inputs) {
    if (typeof input === 'string' && modality.network !== undefined) {
      embeddings.push(await textVectors(model, modality, input, maxTokens, signal));
      continue;
    }
    const vectors = input instanceof Float32Array ? input : floatRows(input, embeddingDim);
    if (!vectors) {
      const text = modality.network === undefined ? '' : 'a text, or ';
      throw new InvalidInputError(
        `'${name}' takes ${text}the vectors of another text encoder, [N, ${embeddingDim}] floats`,
      );
    }
    embeddings.push(vectors);
  }
  return [modality.tokens, { embeddings }];
}

/** The values of a raster [N, D, 1], one vector in each row. */
function floatRows(input: Input, length: number | undefined): Float32Array | undefined {
  if (typeof input !== 'object' || !('data' in input) || !(input.data instanceof Float32Array)) return undefined;
  return input.width === length && input.channels === 1 ? input.data : undefined;
}

/** Repeats a single sample. */
function repeated(known: KnownModalities, times: number): KnownModalities {
  const copies = Object.entries(known).map(([name, values]) => {
    const each = Object.entries(values).map(([key, [only]]) => [key, Array.from({ length: times }, () => only)]);
    return [name, Object.fromEntries(each) as KnownModality] as const;
  });
  return Object.fromEntries(copies);
}
