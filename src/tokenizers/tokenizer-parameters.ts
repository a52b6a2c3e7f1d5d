import { type Parameter, parametersIn } from '../nn/parameters.js';
import type { Tokenizer } from './tokenizer.js';

/** Parameters of the encoding half: class embedding, encoder and quantizer. */
export function tokenizingParameters({ classEmbedding, encoder, quantProj, quantizer }: Tokenizer): Parameter[] {
  return parametersIn([classEmbedding, encoder, quantProj, quantizer]);
}

/** Parameters of the decoding half: quantizer and decoder. */
export function detokenizingParameters(model: Tokenizer): Parameter[] {
  const decoder = 'denoiser' in model ? model.denoiser : [model.postQuantProj, model.decoder];
  return parametersIn([model.quantizer, decoder]);
}
