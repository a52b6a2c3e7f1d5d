import { type GenerationRequest, generateTokens } from '../../decoding/generate.js';
import type { KnownModalities, KnownModality } from '../../decoding/known-modalities.js';
import type { DecodingVocabulary } from '../../decoding/state.js';
import { InvalidInputError } from '../../errors.js';
import { type SamInstance, textToSamInstances } from '../../modalities/text/sam-instances.js';
import type { WordPiece } from '../../tokenizers/text/word-piece.js';
import type { FourM } from '../../transformer/model.js';

/** What is searched for objects, and how thoroughly. */
export interface DenseSamRequest extends Pick<GenerationRequest, 'random' | 'signal' | 'onProgress'> {
  /** What is known of one picture, by published name, such as its pixels as `rgb@224`. */
  readonly inputs: KnownModalities;
  /** The text tokenizer; a `WordPiece` is one. */
  readonly text: DecodingVocabulary & Pick<WordPiece, 'decode'>;
  /** How often the model is asked; 16 if absent. Each time it looks at other places of the picture. */
  readonly times?: number;
  /** 0.01 if absent. */
  readonly temperature?: number;
  /** 0.8 if absent: without any chance, every time would be the same. */
  readonly topP?: number;
}

/**
 * All objects of a picture ("segment anything"). Asked once, the model tells of the objects at a few points that it chooses;
 * so it is asked many times at once, and all answers are put together. An object that is told several times comes as
 * often: `samMasks` puts these together. (`generate_sam_dense` officially.)
 *
 * @returns objects with their boxes and mask tokens, largest box first
 * @throws InvalidInputError for inputs of more than one picture
 */
export async function denseSamInstances(model: FourM, request: DenseSamRequest): Promise<SamInstance[]> {
  const { text, times = 16, temperature = 0.01, topP = 0.8, inputs, ...rest } = request;
  if (!Number.isInteger(times) || times < 1) {
    throw new InvalidInputError(`times must be a whole number above 0, not ${times}`);
  }
  const repeated = Object.entries(inputs).map(([name, known]) => [name, repeat(name, known, times)] as const);
  const { sam_instance: answers } = await generateTokens(model, {
    ...rest,
    inputs: Object.fromEntries(repeated),
    targets: [{ modality: 'sam_instance', temperature, topP }],
    vocabulary: text,
  });
  return textToSamInstances(answers!.map((ids) => text.decode(ids)).join(' '));
}

function repeat(name: string, known: KnownModality, times: number): KnownModality {
  const all = <T>(samples: readonly T[]): T[] => {
    if (samples.length !== 1) throw new InvalidInputError(`'${name}' must be of one picture, not of ${samples.length}`);
    return Array.from({ length: times }, () => samples[0]!);
  };
  const part = 'known' in known && known.known && { known: all(known.known) };
  if ('embeddings' in known) return { embeddings: all(known.embeddings) };
  return 'pixels' in known ? { pixels: all(known.pixels), ...part } : { ids: all(known.ids), ...part };
}
