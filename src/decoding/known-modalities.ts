/** Modalities that are input at the start of generation. */
import { InvalidInputError } from '../errors.js';
import type { ModalityInfo } from '../modalities/modality.js';
import { type ModalityBatch, patchCount } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { sequencesUpToEos } from './given-sequences.js';
import { type DecodingVocabulary, fullEmbeddings, fullImage, fullSequence } from './state.js';

/** An image modality that may be given in part. */
export interface PartlyKnown {
  /** 1 where a position is input, for every sample, [h·w] each. Absent, all positions are. */
  readonly known?: readonly ArrayLike<number>[];
}

/** Values of an input modality, for every sample. */
export type KnownModality =
  /**
   * Token ids of an image modality, [h·w]; or of a text without [EOS]. If the text is a target as well, a sentinel marks every
   * span to fill: `[S_1]`, `[S_2]` and so on.
   */
  | ({ readonly ids: readonly ArrayLike<number>[] } & PartlyKnown)
  /** Images, normalised for the modality, each [C, H, W]. */
  | ({ readonly pixels: readonly Float32Array[] } & PartlyKnown)
  /** Embeddings of another text encoder, [L, E] each; L may differ. */
  | { readonly embeddings: readonly Float32Array[] };

/** Input modalities by published name; all with the same number of samples. */
export type KnownModalities = Readonly<Record<string, KnownModality>>;

/** Number of samples; undefined without inputs. @throws InvalidInputError if the modalities differ in it */
export function sampleCount(known: readonly KnownModalities[]): number | undefined {
  const sizes = known.flatMap((modalities) => Object.values(modalities).map((values) => samplesIn(values).length));
  if (sizes.some((other) => other !== sizes[0])) {
    throw new InvalidInputError(`all inputs must have the same number of samples, not ${sizes.join(', ')}`);
  }
  return sizes[0];
}

/**
 * The input modalities of a batch.
 *
 * @param compat as for `sequencesUpToEos`
 * @throws InvalidInputError for a modality that is not an input of the model, and for values of the wrong size
 */
export function knownBatch(
  model: FourM,
  inputs: KnownModalities,
  size: number,
  vocabulary: DecodingVocabulary,
  compat?: 'official',
): Record<string, ModalityBatch> {
  const entries = Object.entries(inputs).map(([name, known]) => {
    const info = model.encoderEmbeddings[name]?.info;
    if (!info) {
      const readable = Object.keys(model.encoderEmbeddings).join(', ');
      throw new InvalidInputError(`'${name}' is not an input of the model, only ${readable}`);
    }
    return [name, knownModality(info, known, size, vocabulary, compat)] as const;
  });
  return Object.fromEntries(entries);
}

function samplesIn(known: KnownModality): readonly ArrayLike<number>[] {
  if ('ids' in known) return known.ids;
  return 'pixels' in known ? known.pixels : known.embeddings;
}

/** One input modality. @throws InvalidInputError for values of the wrong kind or size */
export function knownModality(
  info: ModalityInfo,
  given: KnownModality,
  size: number,
  vocabulary: DecodingVocabulary,
  compat?: 'official',
): ModalityBatch {
  const refuse = (what: string) => new InvalidInputError(`'${info.name}' is of kind ${info.kind}, not ${what}`);
  if ('embeddings' in given) {
    if (info.kind !== 'sequence-embedding') throw refuse('embeddings');
    return paddedEmbeddings(info, given.embeddings);
  }
  if ('pixels' in given) {
    if (info.kind !== 'pixels') throw refuse('pixels');
    return maskUnknown(info, fullImage(info, size, { pixels: concatArrays(Float32Array, given.pixels) }), given);
  }
  if (info.kind === 'sequence') {
    if (given.known) throw refuse('a partly known image');
    const complete = given.ids.map((ids) => [...Array.from(ids), vocabulary.eosId].slice(0, info.maxTokens));
    const whole = fullSequence(complete, vocabulary);
    return compat ? sequencesUpToEos(whole.ids!, size, vocabulary, compat) : whole;
  }
  if (info.kind !== 'image-tokens') throw refuse('token ids');
  checkLengths(info, 'tokens', given.ids);
  return maskUnknown(info, fullImage(info, size, { ids: concatArrays(Int32Array, given.ids) }), given);
}

/** Masks the positions of an image that are not known. */
function maskUnknown(info: ModalityInfo, image: ModalityBatch, { known }: PartlyKnown): ModalityBatch {
  if (!known) return image;
  checkLengths(info, 'entries of `known`', known);
  const inputMask = Uint8Array.from(known.flatMap((positions) => Array.from(positions, (is) => (is ? 0 : 1))));
  if (inputMask.length !== image.inputMask.length) {
    throw new InvalidInputError(
      `'${info.name}' has \`known\` masks for ${known.length} samples, but another number of samples`,
    );
  }
  return { ...image, inputMask };
}

function checkLengths(info: ModalityInfo, what: string, samples: readonly ArrayLike<number>[]): void {
  const wrong = samples.find((values) => values.length !== patchCount(info));
  if (wrong)
    throw new InvalidInputError(`'${info.name}' takes ${patchCount(info)} ${what} a sample, not ${wrong.length}`);
}

function paddedEmbeddings(info: ModalityInfo, samples: readonly Float32Array[]): ModalityBatch {
  const [width, maxTokens] = [info.embeddingDim!, info.maxTokens];
  const wrong = samples.find((values) => values.length % width !== 0 || values.length > width * maxTokens);
  if (wrong) {
    throw new InvalidInputError(
      `'${info.name}' takes at most ${maxTokens} vectors of ${width} numbers a sample, not ${wrong.length} numbers`,
    );
  }
  const length = Math.max(1, ...samples.map((values) => values.length / width));
  const embeddings = new Float32Array(samples.length * length * width);
  const valid = new Uint8Array(samples.length * length);
  samples.forEach((values, b) => {
    embeddings.set(values, b * length * width);
    valid.fill(1, b * length, b * length + values.length / width);
  });
  return fullEmbeddings(embeddings, valid);
}

function concatArrays<T extends Float32Array | Int32Array>(
  Type: new (length: number) => T,
  arrays: readonly ArrayLike<number>[],
): T {
  const result = new Type(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    result.set(array, at);
    at += array.length;
  }
  return result;
}
