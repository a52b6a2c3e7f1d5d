import { InvalidInputError } from '../../../../src/errors.js';
import type { MaskedModality } from '../../../../src/masking/masked.js';
import {
  type MaskingRandom,
  maskEmbeddings,
  maskSequence,
  textChunks,
  wholeChunks,
} from '../../../../src/masking/sequence-mask.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { SENTINEL_IDS } from './masks.js';
import { tokenizerOf } from './vocabulary.js';

interface MaskEntry {
  readonly max_tokens: number;
  readonly input_budget: number;
  readonly target_budget: number | null;
  readonly keep_prob_drawn: number;
  readonly rand_draws: number[][];
  readonly sentinel_choice?: [n: number, value: number][] | 'n-1';
}

const VOCABULARY = { padId: 0, eosId: 3, sentinelIds: SENTINEL_IDS };

/** `mask.sequence`: span masking of texts and lists of texts. */
export function sequenceMasks(task: Inputs, out: Outputs): void {
  const tokenizer = tokenizerOf(task);
  (task.json() as (MaskEntry & { text: string | string[] })[]).forEach((entry, i) => {
    const { text, max_tokens: maxTokens } = entry;
    const chunks =
      typeof text === 'string'
        ? textChunks(tokenizer.encode(text), maxTokens, VOCABULARY.eosId)
        : wholeChunks(
            text.map((chunk) => tokenizer.encode(chunk)),
            maxTokens,
            VOCABULARY.eosId,
          );
    out.attempt(`/${i}`, () => {
      const masked = maskSequence(chunks, limitsOf(entry), VOCABULARY, recordedDraws(entry));
      return listed(masked, Array.from(masked.ids!));
    });
  });
}

type TokenEntry = MaskEntry & { fn: 'sequence_token_mask'; ids: number[]; vocab_offset: number };
type EmbeddingEntry = MaskEntry & { fn: 'sequence_emb_mask_span'; emb: number[][] };

/** `mask.seqtoken_emb`: masking of sequences with another vocabulary, and of embedding sequences. */
export function tokenAndEmbeddingMasks(task: Inputs, out: Outputs): void {
  (task.json() as (TokenEntry | EmbeddingEntry)[]).forEach((entry, i) => {
    const mask = { sequence_token_mask: maskTokens, sequence_emb_mask_span: maskVectors }[entry.fn];
    if (!mask) throw new InvalidInputError(`[${i}] is made with ${entry.fn}, which is not known`);
    out.attempt(`/${i}`, () => mask(entry as never));
  });
}

function maskTokens(entry: TokenEntry): Record<string, unknown[]> {
  const chunks = entry.ids.map((id) => [id + entry.vocab_offset]);
  const masked = maskSequence(chunks, limitsOf(entry), VOCABULARY, recordedDraws(entry));
  return listed(masked, Array.from(masked.ids!));
}

function maskVectors(entry: EmbeddingEntry): Record<string, unknown[]> {
  const { emb } = entry;
  const masked = maskEmbeddings(emb.length, limitsOf(entry), SENTINEL_IDS.length, recordedDraws(entry));
  const nothing = new Array<number>(emb[0]?.length ?? 0).fill(0);
  return listed(
    masked,
    Array.from(masked.ids!, (row) => emb[row] ?? nothing),
  );
}

function limitsOf({ max_tokens, input_budget, target_budget }: MaskEntry) {
  return { maxTokens: max_tokens, inputBudget: input_budget, targetBudget: target_budget };
}

function listed(masked: MaskedModality, tensor: unknown[]): Record<string, unknown[]> {
  return {
    tensor,
    input_mask: Array.from(masked.inputMask),
    target_mask: Array.from(masked.targetMask),
    decoder_attention_mask: Array.from(masked.decoderAttentionMask),
  };
}

/** Replays recorded random numbers. @throws InvalidInputError if they are drawn in another way than they were recorded */
function recordedDraws({ keep_prob_drawn, rand_draws, sentinel_choice }: MaskEntry): MaskingRandom {
  const vectors = [...rand_draws];
  const choices = Array.isArray(sentinel_choice) ? [...sentinel_choice] : [];
  return {
    uniform: () => keep_prob_drawn,
    uniforms: (n) => {
      const drawn = vectors.shift() ?? [];
      if (drawn.length !== n)
        throw new InvalidInputError(`${n} random numbers are asked for where ${drawn.length} are recorded`);
      return Float64Array.from(drawn);
    },
    integer: (low, high) => {
      if (sentinel_choice === 'n-1') return high;
      const [n, value] = choices.shift() ?? [0, 0];
      if (low !== 0 || high !== n - 1) {
        throw new InvalidInputError(`a number from ${low} to ${high} is asked for where one of ${n} is recorded`);
      }
      return value;
    },
  };
}
