/** Masking of a whole training sample: budgets first, then every modality by its kind. (`UnifiedMasking` officially.) */
import { InvalidInputError } from '../errors.js';
import type { ModalityInfo } from '../modalities/modality.js';
import type { Random } from '../random.js';
import { allocateBudgets, sampleDirichlet, targetCaps } from './budgets.js';
import { maskImage } from './image-mask.js';
import type { MaskedModality, SequenceVocabulary } from './masked.js';
import { type KeepScheme, maskEmbeddings, maskSequence, textChunks, wholeChunks } from './sequence-mask.js';

/** One component of the masking mixture; each sample picks one. Modalities without an alpha get no tokens. */
export interface MixtureComponent {
  /** Relative probability, > 0. */
  weight: number;
  /** Dirichlet concentration of each modality for the input, by name. */
  inputAlphas: Readonly<Record<string, number>>;
  /** Dirichlet concentration of each modality for the target, by name. */
  targetAlphas: Readonly<Record<string, number>>;
  /** Keep scheme of sequences, by name; `random` if absent. */
  keep?: Readonly<Record<string, KeepScheme>>;
}

/** Configuration of {@link maskSample}. */
export interface MaskingConfig {
  /** Maximum number of input tokens of a sample, or a range to draw it from, both ends included. */
  inputTokens: number | readonly [min: number, max: number];
  /** The same for target tokens; null if all tokens that are not input are targets. */
  targetTokens: number | readonly [min: number, max: number] | null;
  mixture: readonly MixtureComponent[];
  /** The text vocabulary; required only if a modality is a sequence. */
  vocabulary?: SequenceVocabulary;
}

/** One modality of a sample before masking. */
export type SampleModality =
  | { kind: 'pixels' }
  | { kind: 'image-tokens'; tokens: ArrayLike<number> }
  /** Text ids without [EOS]; as chunks (`[[…], […]]`) if some tokens are kept or masked together. */
  | { kind: 'sequence'; tokens: ArrayLike<number> | readonly ArrayLike<number>[] }
  | { kind: 'sequence-embedding'; vectors: number };

/**
 * Selects the input and target tokens of a sample.
 *
 * @param sample     the token ids of every modality, by name; every one of `modalities` is required
 * @param modalities in their order in the encoder
 * @returns          the masked modalities by name, in the same order
 * @throws {InvalidInputError} for a missing modality, an image of the wrong size, or an alpha that is negative or of no modality
 */
export function maskSample(
  sample: Readonly<Record<string, SampleModality>>,
  modalities: readonly ModalityInfo[],
  config: MaskingConfig,
  random: Random,
): Record<string, MaskedModality> {
  checkMixture(config.mixture, modalities);
  const component = pickComponent(config.mixture, random);
  const budgets = drawBudgets(modalities, config, component, random);
  const masked: Record<string, MaskedModality> = {};
  modalities.forEach((info, m) => {
    const tokens = sample[info.name];
    if (tokens === undefined) throw new InvalidInputError(`the sample has no modality '${info.name}'`);
    const inputBudget = budgets.input[m]!;
    const targetBudget = budgets.target === null ? null : budgets.target[m]!;
    const keep = component.keep?.[info.name];
    masked[info.name] = maskModality(info, tokens, { inputBudget, targetBudget, keep }, config.vocabulary, random);
  });
  return masked;
}

/** Token budgets of every modality, in the order of `modalities`; a null target has no limit. */
function drawBudgets(
  modalities: readonly ModalityInfo[],
  config: MaskingConfig,
  component: MixtureComponent,
  random: Random,
): { input: number[]; target: number[] | null } {
  const alphas = (of: Readonly<Record<string, number>>) => modalities.map((info) => of[info.name] ?? 0);
  const inputTotal = drawTotal(config.inputTokens, random);
  const targetTotal = config.targetTokens === null ? null : drawTotal(config.targetTokens, random);
  const maxTokens = modalities.map((info) => info.maxTokens);
  const input = allocateBudgets(inputTotal, maxTokens, () => sampleDirichlet(alphas(component.inputAlphas), random));
  if (targetTotal === null) return { input, target: null };
  const caps = targetCaps(
    modalities.map((info) => ({ isImage: isImage(info), maxTokens: info.maxTokens })),
    input,
  );
  return {
    input,
    target: allocateBudgets(targetTotal, caps, () => sampleDirichlet(alphas(component.targetAlphas), random)),
  };
}

function maskModality(
  info: ModalityInfo,
  sample: SampleModality,
  budgets: { inputBudget: number; targetBudget: number | null; keep: KeepScheme | undefined },
  vocabulary: SequenceVocabulary | undefined,
  random: Random,
): MaskedModality {
  if (sample.kind !== info.kind) {
    throw new InvalidInputError(`modality '${info.name}' is of kind ${info.kind}, but the sample has ${sample.kind}`);
  }
  const { maxTokens } = info;
  if (sample.kind === 'pixels' || sample.kind === 'image-tokens') {
    const ids = sample.kind === 'pixels' ? new Int32Array(0) : Int32Array.from(sample.tokens);
    if (sample.kind === 'image-tokens' && ids.length !== maxTokens) {
      throw new InvalidInputError(`modality '${info.name}' has ${maxTokens} tokens, but the sample has ${ids.length}`);
    }
    return { ids, ...maskImage(random.uniforms(maxTokens), budgets.inputBudget, budgets.targetBudget) };
  }
  if (vocabulary === undefined) {
    throw new InvalidInputError(`modality '${info.name}' is a sequence, and masking it needs a text vocabulary`);
  }
  const limits = { maxTokens, inputBudget: budgets.inputBudget, targetBudget: budgets.targetBudget };
  if (sample.kind === 'sequence-embedding') {
    return maskEmbeddings(sample.vectors, limits, vocabulary.sentinelIds.length, random, budgets.keep);
  }
  const chunks = isChunked(sample.tokens)
    ? wholeChunks(sample.tokens, maxTokens, vocabulary.eosId)
    : textChunks(sample.tokens, maxTokens, vocabulary.eosId);
  return maskSequence(chunks, limits, vocabulary, random, budgets.keep);
}

function checkMixture(mixture: readonly MixtureComponent[], modalities: readonly ModalityInfo[]): void {
  const names = new Set(modalities.map((info) => info.name));
  if (mixture.length === 0)
    throw new InvalidInputError('the masking mixture is empty; it needs at least one component');
  for (const { weight, inputAlphas, targetAlphas } of mixture) {
    if (!(weight > 0)) throw new InvalidInputError(`the weight of a mixture component must be above 0, not ${weight}`);
    for (const alphas of [inputAlphas, targetAlphas]) {
      for (const [name, alpha] of Object.entries(alphas)) {
        if (!names.has(name)) {
          throw new InvalidInputError(
            `the mixture has the unknown modality '${name}'; known are ${[...names].join(', ')}`,
          );
        }
        if (!(alpha >= 0)) throw new InvalidInputError(`the alpha of '${name}' must be at least 0, not ${alpha}`);
      }
      if (!Object.values(alphas).some((alpha) => alpha > 0)) {
        throw new InvalidInputError('a mixture component must have an alpha above 0 for some input and some target');
      }
    }
  }
}

function pickComponent(mixture: readonly MixtureComponent[], random: Random): MixtureComponent {
  let rest = random.uniform() * mixture.reduce((sum, component) => sum + component.weight, 0);
  for (const component of mixture) {
    rest -= component.weight;
    if (rest < 0) return component;
  }
  return mixture.at(-1)!;
}

function drawTotal(range: number | readonly [min: number, max: number], random: Random): number {
  const [min, max] = typeof range === 'number' ? [range, range] : range;
  if (!Number.isInteger(min) || !Number.isInteger(max) || min < 0 || max < min) {
    throw new InvalidInputError(`a number of tokens must be a whole number or a range of two, not ${range}`);
  }
  return random.integer(min, max);
}

function isImage(info: ModalityInfo): boolean {
  return info.kind === 'pixels' || info.kind === 'image-tokens';
}

function isChunked(tokens: ArrayLike<number> | readonly ArrayLike<number>[]): tokens is readonly ArrayLike<number>[] {
  return typeof tokens[0] === 'object';
}
