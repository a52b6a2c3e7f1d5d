/** Tokens as inputs: results of a model can be inputs of the same or another model, without detokenizing. */
import { InvalidInputError } from '../../errors.js';
import type { ModalityInfo } from '../../modalities/modality.js';
import type { GivenTokens, Input } from '../types/inputs.js';

/** Whether an input is tokens. */
export function isTokens(input: Input): input is GivenTokens {
  return typeof input === 'object' && input !== null && 'tokens' in input && input.tokens instanceof Int32Array;
}

/** The tokens of an input. @throws InvalidInputError for tokens that are not the modality's */
export function givenTokens({ tokens, modality = '' }: GivenTokens, { name, vocabSize = 0 }: ModalityInfo): Int32Array {
  if (modality && modality !== name) {
    throw new InvalidInputError(`tokens of '${modality}' were given for '${name}', where they mean something else`);
  }
  const wrong = tokens.find((id) => id < 0 || id >= vocabSize);
  if (wrong === undefined) return tokens;
  throw new InvalidInputError(`'${name}' has token ids from 0 to ${vocabSize - 1}, and ${wrong} was given`);
}
