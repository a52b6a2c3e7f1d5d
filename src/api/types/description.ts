/** Description of a model: its modalities by short name, and their parts. */
import { InvalidInputError } from '../../errors.js';
import { didYouMean } from '../../nearest-name.js';
import type { DecodingSettings, ModelPackage, PackageModality } from './package.js';

/** A modality of a published model that is no text: pictures, maps, features. */
export interface PublishedModality {
  readonly kind: 'published';
  /** The model's modality that takes this one's pixels, where there is one. */
  readonly pixels?: string;
  /** The model's modality of its tokens. */
  readonly tokens: string;
  /** Id of their tokenizer on the Hub. */
  readonly tokenizer: string;
  readonly decoding: DecodingSettings;
  /** How it is decoded when a picture is given. */
  readonly decodingFromImage: DecodingSettings;
}

/** Vectors of another text encoder; input only. */
export interface EmbeddedModality {
  readonly kind: 'embeddings';
  readonly tokens: string;
  readonly decoding: DecodingSettings;
}

/** A text of a published model that tells values: facts, colours, people, objects. */
export interface ValuesModality {
  readonly kind: 'metadata' | 'palette' | 'poses' | 'instances';
  readonly tokens: string;
  readonly decoding: DecodingSettings;
}

/** A modality as users see it, of whatever model. */
export type ModelModality = PackageModality | PublishedModality | EmbeddedModality | ValuesModality;

/** Where a codec comes from. */
export type CodecSource =
  | Extract<PackageModality, { readonly kind: 'image' }>
  | Pick<PublishedModality, 'kind' | 'tokenizer'>;

/** A modality whose tokens a tokenizer makes of values. */
export type CodedModality = Extract<ModelModality, { readonly tokenizer: string }>;

/** A modality whose tokens are words. */
export type WordsModality = ValuesModality | Extract<PackageModality, { readonly kind: 'text' | 'detections' }>;

/** Description of a model. */
export interface ModelDescription extends Pick<ModelPackage, 'name'> {
  /** By short name. */
  readonly modalities: Readonly<Record<string, ModelModality>>;
}

/** @throws InvalidInputError for a name that the model does not know */
export function modalityNamed({ modalities }: ModelDescription, name: string): ModelModality {
  if (Object.hasOwn(modalities, name)) return modalities[name]!;
  const known = Object.keys(modalities);
  throw new InvalidInputError(`unknown modality '${name}'${didYouMean(name, known)}; known are ${known.join(', ')}`);
}

/** Whether a modality's tokens are words of the model's vocabulary. */
export function isWords(modality: ModelModality): modality is WordsModality {
  return !('tokenizer' in modality) && modality.kind !== 'embeddings';
}
