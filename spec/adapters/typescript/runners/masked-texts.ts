import { decodeText } from '../../../../src/masking/decode-text.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { tokenizerOf } from './vocabulary.js';

/** `trans.decode_text`: input, target, and both merged, as texts. */
export function maskedTexts(task: Inputs, out: Outputs): void {
  const tokenizer = tokenizerOf(task);
  type Batch = { tensor: number[][]; input_mask: number[][]; target_mask: number[][] };
  (task.json() as Batch[]).forEach((entry, i) => {
    const texts = entry.tensor.map((ids, b) => {
      const inputMask = Uint8Array.from(entry.input_mask[b]!);
      const targetMask = Uint8Array.from(entry.target_mask[b]!);
      return decodeText({ ids: Int32Array.from(ids), inputMask, targetMask }, tokenizer);
    });
    const listed = (field: 'input' | 'target' | 'merged') =>
      texts.length === 1 ? texts[0]![field] : texts.map((text) => text[field]);
    out.value(`/${i}`, {
      input_text: listed('input'),
      target_text: listed('target'),
      merged_text: listed('merged'),
    });
  });
}
