import { InvalidInputError } from '../../errors.js';
import { TOYBOX_MODALITIES, TOYBOX_SIZE, type ToyboxModality } from '../modalities.js';

/** Scenes as the model trains on them: its modalities as tokens, and the pictures as pixels. Keys are published names. */
export interface ToyboxTokens {
  readonly count: number;
  /** Colours, [n, 64, 64, 3]. */
  readonly pixels: Uint8Array;
  /** Ids of the modalities with a fixed number of tokens, [n, tokens]. */
  readonly images: Readonly<Record<string, Uint16Array>>;
  /** Sizes of their codebooks. */
  readonly codebooks: Readonly<Record<string, number>>;
  /** Ids of each text modality, a row a scene, without [EOS]. */
  readonly texts: Readonly<Record<string, readonly Int32Array[]>>;
  /** Vectors of `t5_caption`, [N, 64] for each scene. */
  readonly embeddings: Readonly<Record<string, readonly Float32Array[]>>;
}

/** Values of a scene's pixels. */
export const PIXELS = TOYBOX_SIZE ** 2 * 3;

const ofKind = (...kinds: readonly ToyboxModality['tokenizer']['kind'][]) =>
  TOYBOX_MODALITIES.filter(({ tokenizer }) => kinds.includes(tokenizer.kind));
/** Modalities with a fixed number of tokens. */
export const IMAGES = ofKind('vit-vqvae', 'diffusion-vqvae', 'mlp-memcodes');
/** Modalities written as text. */
export const TEXTS = ofKind('word-piece');
/** Vectors of a text encoder. */
export const EMBEDDINGS = ofKind('embeddings');

/** The modalities that tokenized scenes have. */
export function modalitiesOf({ images, texts, embeddings }: ToyboxTokens): ToyboxModality[] {
  const present = [images, texts, embeddings].flatMap((part) => Object.keys(part));
  return TOYBOX_MODALITIES.filter(({ key, tokenizer }) => tokenizer.kind === 'none' || present.includes(key));
}

/**
 * Scenes with some of their modalities alone; pixels always stay.
 *
 * @param name of the scenes in the error
 * @throws InvalidInputError for a modality that they do not have
 */
export function selectModalities(
  scenes: ToyboxTokens,
  modalities: readonly ToyboxModality[],
  name: string,
): ToyboxTokens {
  const present = modalitiesOf(scenes);
  const missing = modalities.find((modality) => !present.includes(modality));
  if (missing) throw new InvalidInputError(`${name} has no ${missing.key}, a modality that the model is trained on`);
  const among = <T>(part: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(part).filter(([own]) => modalities.some(({ key }) => key === own)));
  const { images, texts, embeddings } = scenes;
  const codebooks = among(scenes.codebooks);
  return { ...scenes, codebooks, images: among(images), texts: among(texts), embeddings: among(embeddings) };
}

/** Several files of scenes as one. */
export function joinToyboxTokens(parts: readonly ToyboxTokens[]): ToyboxTokens {
  if (parts.length === 0) throw new InvalidInputError('there are no scenes to train on');
  const join = <T>(first: Readonly<Record<string, T>>, of: (key: string) => T) =>
    Object.fromEntries(Object.keys(first).map((key) => [key, of(key)]));
  const [first] = parts as readonly [ToyboxTokens];
  const namesOf = (part: ToyboxTokens) =>
    modalitiesOf(part)
      .map(({ key }) => (key in part.codebooks ? `${key} of ${part.codebooks[key]} codes` : key))
      .join(', ');
  const other = parts.find((part) => namesOf(part) !== namesOf(first));
  if (other) throw new InvalidInputError(`scenes of different modalities: ${namesOf(first)}; and ${namesOf(other)}`);
  return {
    count: parts.reduce((sum, part) => sum + part.count, 0),
    pixels: joined(parts.map((part) => part.pixels)),
    codebooks: first.codebooks,
    images: join(first.images, (key) => joined(parts.map((part) => part.images[key]!))),
    texts: join(first.texts, (key) => parts.flatMap((part) => part.texts[key]!)),
    embeddings: join(first.embeddings, (key) => parts.flatMap((part) => part.embeddings[key]!)),
  };
}

/** Arrays of one type, one after the other. */
export function joined<T extends Uint8Array | Uint16Array | Float32Array>(parts: readonly T[]): T {
  const all = new (parts[0]!.constructor as new (length: number) => T)(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let start = 0;
  for (const part of parts) {
    all.set(part, start);
    start += part.length;
  }
  return all;
}
