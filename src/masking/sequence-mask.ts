import { InvalidInputError } from '../errors.js';
import type { Random } from '../random.js';
import type { MaskedModality, SequenceVocabulary } from './masked.js';
import { maskSpans, type Spans } from './span-mask.js';

/** The random numbers that masking a sequence needs; a {@link Random} provides them. */
export type MaskingRandom = Pick<Random, 'uniform' | 'uniforms' | 'integer'>;

/**
 * Probability that a token of a sequence is kept as input: uniformly random for each sample (`random`), 1 (`all`), or 0 or 1 with
 * equal probability (`binary`).
 */
export type KeepScheme = 'random' | 'all' | 'binary';

/** Maximum length of a sequence, and its token budgets in this sample. */
export interface SequenceLimits {
  maxTokens: number;
  inputBudget: number;
  /** Null for no limit. */
  targetBudget: number | null;
}

/** Factor of the keep probability after an attempt with too long an input. */
const KEEP_PROBABILITY_DECAY = 0.9;

/** A text as chunks of one token: [EOS] appended, then cut to `maxTokens` (which may cut [EOS]). */
export function textChunks(tokens: ArrayLike<number>, maxTokens: number, eosId: number): number[][] {
  return [...Array.from(tokens), eosId].slice(0, maxTokens).map((token) => [token]);
}

/** Chunks with [EOS] appended as a chunk; chunks that reach beyond `maxTokens` tokens are dropped whole. */
export function wholeChunks(chunks: readonly ArrayLike<number>[], maxTokens: number, eosId: number): number[][] {
  let count = 0;
  return [...chunks.map((chunk) => Array.from(chunk)), [eosId]].filter((chunk) => {
    count += chunk.length;
    return count <= maxTokens;
  });
}

/**
 * Splits a sequence into an input part and a target part by span masking, and lays both out in one array of
 * `2 * (maxTokens + 1)` positions: the input from the start, the target from `inputBudget` on.
 * (`sequence_mask` and `sequence_token_mask` officially.)
 *
 * @param chunks token ids that are kept or masked together: {@link textChunks}, {@link wholeChunks}, or ids shifted beyond
 *               the sentinels for tokens that are not text
 */
export function maskSequence(
  chunks: readonly ArrayLike<number>[],
  limits: SequenceLimits,
  vocabulary: SequenceVocabulary,
  draws: MaskingRandom,
  keep: KeepScheme = 'random',
): MaskedModality {
  const spans = spansWithinBudget(chunks, limits.inputBudget, vocabulary.sentinelIds, draws, keep);
  const target = targetWithinBudget(spans.target, limits.targetBudget, new Set(vocabulary.sentinelIds), draws);

  const length = 2 * (limits.maxTokens + 1);
  const end = limits.inputBudget + target.length;
  if (end > length) {
    throw new InvalidInputError(
      `a masked sequence of ${end} positions does not fit into the ${length} of maxTokens ${limits.maxTokens}`,
    );
  }
  const ids = new Int32Array(length).fill(vocabulary.padId);
  ids.set(spans.input, 0);
  ids.set(target, limits.inputBudget);
  return {
    ids,
    inputMask: new Uint8Array(length).fill(1).fill(0, 0, spans.input.length),
    targetMask: new Uint8Array(length).fill(1).fill(0, limits.inputBudget, end),
    decoderAttentionMask: new Int32Array(length).fill(1, limits.inputBudget, end),
  };
}

/**
 * Masks a sequence of embedding vectors, which is input only: each masked span becomes one zero vector.
 * (`sequence_emb_mask_span` officially.)
 *
 * @param vectors number of vectors
 * @returns       `ids[i]` is the row for position `i`, or -1 for a zero vector, [maxTokens]; and the masks, [maxTokens]
 */
export function maskEmbeddings(
  vectors: number,
  limits: Pick<SequenceLimits, 'maxTokens' | 'inputBudget'>,
  sentinelCount: number,
  draws: MaskingRandom,
  keep: KeepScheme = 'random',
): MaskedModality {
  const length = limits.maxTokens;
  const rows = Array.from({ length: Math.min(vectors, length) }, (_, row) => [row]);
  const zeros = new Array<number>(sentinelCount).fill(-1);
  const { input } = spansWithinBudget(rows, limits.inputBudget, zeros, draws, keep);
  const ids = new Int32Array(length).fill(-1);
  ids.set(input, 0);
  return {
    ids,
    inputMask: new Uint8Array(length).fill(1).fill(0, 0, input.length),
    targetMask: new Uint8Array(length).fill(1),
    decoderAttentionMask: new Int32Array(length),
  };
}

/** Span masking with decreasing keep probability until the input fits its budget; with budget 0 all is target. */
function spansWithinBudget(
  chunks: readonly ArrayLike<number>[],
  inputBudget: number,
  sentinelIds: readonly number[],
  draws: MaskingRandom,
  keep: KeepScheme,
): Spans {
  const attempt = (probability: number) => maskSpans(chunks, draws.uniforms(chunks.length), probability, sentinelIds);
  if (inputBudget === 0) return { input: [], target: attempt(0).target };
  let probability = keep === 'all' ? 1 : keep === 'binary' ? draws.integer(0, 1) : draws.uniform();
  let spans = attempt(probability);
  while (spans.input.length > inputBudget) {
    probability *= KEEP_PROBABILITY_DECAY;
    spans = attempt(probability);
  }
  return spans;
}

/** Cuts a target to its budget, starting at a random sentinel. */
function targetWithinBudget(
  target: number[],
  budget: number | null,
  sentinelIds: ReadonlySet<number>,
  draws: MaskingRandom,
): number[] {
  if (budget === null || target.length <= budget) return target;
  const starts = [...target.keys()].filter((i) => sentinelIds.has(target[i]!));
  // The last sentinel only ends the target.
  const start = starts[draws.integer(0, Math.max(0, starts.length - 2))]!;
  if (target.length - start >= budget) return target.slice(start, start + budget);
  // The rest is shorter than the budget, so start at the first sentinel from which it fits.
  return target.slice(starts.find((i) => target.length - i <= budget));
}
