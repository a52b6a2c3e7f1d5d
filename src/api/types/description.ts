/** Description of a model: its modalities by short name, and their tokenizers. */
import { InvalidInputError } from '../../errors.js';
import { didYouMean } from '../../nearest-name.js';
import type {
  DecodingSettings,
  ModelPackage,
  PackageEmbeddings,
  PackageFeatures,
  PackageImage,
  PackageModality,
} from './package.js';

/** A picture, map or feature modality of a published model. */
export interface PublishedModality {
  readonly kind: 'published';
  /** The transformer's modality that reads this one's pixels, if any. */
  readonly pixels?: string;
  /** The transformer's modality of its tokens. */
  readonly tokens: string;
  /** Id of their tokenizer on the Hub. */
  readonly tokenizer: string;
  readonly decoding: DecodingSettings;
  /** How it is decoded when a picture is given. */
  readonly decodingFromImage: DecodingSettings;
}

/** People or objects of a published model, whose texts hold tokens of another tokenizer. */
export type PublishedValues = PublishedValuesOf<'poses'> | PublishedValuesOf<'instances'>;

/** Texts of one kind that hold tokens of another tokenizer. */
export interface PublishedValuesOf<Kind> {
  readonly kind: Kind;
  readonly tokens: string;
  /** Its id on the Hub. */
  readonly publishedTokenizer: string;
  readonly decoding: DecodingSettings;
}

/** A modality of the API, of any model. */
export type ModelModality = PackageModality | PublishedModality | PublishedValues;

/** A modality with a tokenizer. */
export type CodedModality = PackageImage | PackageFeatures | PublishedModality;

/** A modality whose tokens are words. */
export type WordsModality = Exclude<ModelModality, CodedModality | PackageEmbeddings>;

/** Properties of a modality that its codec needs. */
export type CodecSource =
  | PackageImage
  | Pick<PackageFeatures, 'kind' | 'tokenizer'>
  | Pick<PublishedModality, 'kind' | 'tokenizer'>
  | MaskSource;

/** A tokenizer of masks in a package. */
export interface MaskSource {
  readonly kind: 'mask';
  readonly tokenizer: string;
  /** Its values: input 0 and 1 and output logits, or -1 and 1 for both. */
  readonly values: 'logits' | 'symmetric';
}

/** Description of a model. */
export interface ModelDescription extends Pick<ModelPackage, 'name'> {
  /** By short name. */
  readonly modalities: Readonly<Record<string, ModelModality>>;
}

/** @throws InvalidInputError for a name that is not a modality of the model */
export function modalityNamed({ modalities }: ModelDescription, name: string): ModelModality {
  if (Object.hasOwn(modalities, name)) return modalities[name]!;
  const known = Object.keys(modalities);
  throw new InvalidInputError(`unknown modality '${name}'${didYouMean(name, known)}; known are ${known.join(', ')}`);
}

/** Whether a modality's tokens are those of a tokenizer. */
export function isCoded(modality: ModelModality): modality is CodedModality {
  return ['image', 'features', 'embedding', 'published'].includes(modality.kind);
}

/** Whether a modality's tokens are words of the model's vocabulary. */
export function isWords(modality: ModelModality): modality is WordsModality {
  return !isCoded(modality) && modality.kind !== 'embeddings';
}
