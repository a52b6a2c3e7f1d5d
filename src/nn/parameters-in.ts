import { Parameter } from './parameters.js';

/**
 * All parameters of a layer, or of any record or list of layers, each once.
 *
 * ```ts
 * nn.parametersIn([tokenizer.encoder, tokenizer.quantizer]);
 * ```
 */
export function parametersIn(part: object): Parameter[] {
  const found = new Set<Parameter>();
  const search = (value: unknown) => {
    if (value instanceof Parameter) found.add(value);
    else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
      for (const inner of Object.values(value)) search(inner);
    }
  };
  search(part);
  return [...found];
}
