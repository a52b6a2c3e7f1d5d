import { decodeText } from '../../../../src/masking/decode-text.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import type { RunnerContext } from '../../../harness/runner.js';
import { publishedTokenizer } from './vocabulary.js';

/** `trans.decode_text`: input, target and both together, in words. */
export function maskedTexts(reference: ConformanceCase, compare: Comparison, context: RunnerContext): void {
  const tokenizer = publishedTokenizer(context);
  type Batch = { tensor: number[][]; input_mask: number[][]; target_mask: number[][] };
  (reference.json() as Batch[]).forEach((entry, i) => {
    const texts = entry.tensor.map((ids, b) => {
      const inputMask = Uint8Array.from(entry.input_mask[b]!);
      const targetMask = Uint8Array.from(entry.target_mask[b]!);
      return decodeText({ ids: Int32Array.from(ids), inputMask, targetMask }, tokenizer);
    });
    const listed = (field: 'input' | 'target' | 'merged') =>
      texts.length === 1 ? texts[0]![field] : texts.map((text) => text[field]);
    compare.entry(`[${i}]`, entry, ['tensor', 'input_mask', 'target_mask'], {
      input_text: listed('input'),
      target_text: listed('target'),
      merged_text: listed('merged'),
    });
  });
}
