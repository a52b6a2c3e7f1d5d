import { InvalidInputError } from '../../../../src/errors.js';
import type { MaskedModality } from '../../../../src/masking/masked.js';
import { textChunks } from '../../../../src/masking/sequence-mask.js';
import { type TransferRole, transferImage, transferSequence } from '../../../../src/masking/transfer-mask.js';
import type { WordPiece } from '../../../../src/tokenizers/text/word-piece.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { tokenizerOf } from './vocabulary.js';

interface TransferEntry {
  /** Such as `input_sequence` or `target_image`. */
  readonly fn: string;
  readonly text?: string;
  readonly max_tokens?: number;
  readonly num_tokens?: number;
}

/** `mask.transfer`: images and sequences that are all input or all target. */
export function transferMasks(task: Inputs, out: Outputs): void {
  const tokenizer = tokenizerOf(task);
  (task.json() as TransferEntry[]).forEach((entry, i) => {
    const { ids, inputMask, targetMask, decoderAttentionMask } = masked(entry, tokenizer);
    out.value(`/${i}`, {
      ...(ids && { tensor: Array.from(ids) }),
      input_mask: Array.from(inputMask),
      target_mask: Array.from(targetMask),
      decoder_attention_mask: Array.from(decoderAttentionMask),
    });
  });
}

function masked(
  { fn, text, max_tokens, num_tokens }: TransferEntry,
  tokenizer: WordPiece,
): Partial<MaskedModality> & Omit<MaskedModality, 'ids'> {
  const [, role, what] = /^(input|target)_(image|sequence)$/.exec(fn) ?? [];
  if (what === 'image') return transferImage(role as TransferRole, num_tokens!);
  if (what === undefined) throw new InvalidInputError(`unknown transfer masking "${fn}"`);
  const chunks = textChunks(tokenizer.encode(text!), max_tokens!, tokenizer.eosId);
  return transferSequence(role as TransferRole, chunks, max_tokens!, tokenizer);
}
