import * as v from 'valibot';
import { InvalidInputError } from '../../../errors.js';
import type { WordPiece } from '../../../tokenizers/text/word-piece.js';
import type { EmbeddedTokens } from '../../codecs/embedded.js';
import type { ModelParts } from '../../resources/model-parts.js';
import type { Input } from '../../types/inputs.js';
import type { UnnamedResult } from '../../types/results.js';

/** How what is given for a modality becomes text, and how a text that a model wrote becomes a result. */
export interface TextFormat {
  /**
   * @param name what errors call the modality
   * @throws InvalidInputError for inputs of another kind, and values that cannot be written as text
   */
  write(name: string, input: Input, model: ModelParts): Promise<string>;
  /** @param text may be malformed: cut off, out of range, without sense */
  result(tokens: Int32Array, text: string, model: ModelParts): UnnamedResult | Promise<UnnamedResult>;
  /** The tokenizer whose tokens are words of the text; absent if there is none. */
  readonly embedded?: EmbeddedTokens | undefined;
}

/** Words that are nothing but words. */
export const PLAIN_TEXT: TextFormat = {
  async write(name, input) {
    if (typeof input === 'string') return input;
    throw new InvalidInputError(`'${name}' takes text`);
  },
  result: (tokens, text) => ({ kind: 'text', tokens, text }),
};

/**
 * Texts of values. Inputs that are already text are used unchanged.
 *
 * @param takes    what errors call the values
 * @param embedded the tokenizer whose tokens are words of the text
 */
export function valuesInText<V>(
  takes: string,
  schema: v.GenericSchema<unknown, V>,
  write: (values: V, model: ModelParts) => string | Promise<string>,
  result: TextFormat['result'],
  embedded?: EmbeddedTokens,
): TextFormat {
  return {
    async write(name, input, model) {
      if (typeof input === 'string') return input;
      const { success, output, issues } = v.safeParse(schema, input);
      if (success) return withKnownNumbers(await write(output, model), await model.text());
      const path = v.getDotPath(issues[0]);
      const what = path === null ? '' : `; "${path}": ${issues[0].message}`;
      throw new InvalidInputError(`'${name}' takes text or ${takes}${what}`);
    },
    result,
    embedded,
  };
}

/**
 * A text in which every number has a word of the vocabulary: those that it lacks become the nearest that it has. Smaller
 * vocabularies than the published one have words for some of the numbers 0…999 only.
 */
export function withKnownNumbers(text: string, vocabulary: Pick<WordPiece, 'tokenToId'>): string {
  return text.replace(/(v[0-3])=(\d+)/g, (word, axis: string, digits: string) => {
    for (let distance = 0; distance < 1000; distance++) {
      for (const number of [Number(digits) - distance, Number(digits) + distance]) {
        const near = `${axis}=${number}`;
        if (vocabulary.tokenToId(near) !== undefined) return near;
      }
    }
    return word;
  });
}

/** Several numbers. */
export const numbers = v.custom<ArrayLike<number>>(
  (value) =>
    (Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)) &&
    Array.from(value as ArrayLike<unknown>).every((x) => typeof x === 'number'),
  'must be a list of numbers',
);

/** Sides of a rectangle. */
export const box = v.object({ xmin: v.number(), ymin: v.number(), xmax: v.number(), ymax: v.number() });
