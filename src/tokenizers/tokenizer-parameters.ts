import { type Parameter, parametersIn } from '../nn/parameters.js';
import type { Tokenizer } from './tokenizer.js';

/** What a tokenizer makes tokens with. */
export function tokenizingParameters({ classEmbedding, encoder, quantProj, quantizer }: Tokenizer): Parameter[] {
  return parametersIn([classEmbedding, encoder, quantProj, quantizer]);
}

/** What it makes values of tokens with. */
export function detokenizingParameters(model: Tokenizer): Parameter[] {
  const decoder = 'denoiser' in model ? model.denoiser : [model.postQuantProj, model.decoder];
  return parametersIn([model.quantizer, decoder]);
}
