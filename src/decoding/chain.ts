/** Chained generation: each target is input for the targets after it. */
import { NotFiniteError, pauseOrCancel } from '../errors.js';
import { notFiniteError } from '../nn/not-finite.js';
import type { Batch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { autoregressiveStep } from './autoregressive.js';
import type { DecodingMethod, DecodingStep } from './chain-steps.js';
import { type DecodingCost, maxNewTokens, stepCosts, totalCost } from './cost.js';
import { EncoderCache } from './encoder-cache.js';
import type { Condition, Guidance, WeightedGuidance } from './guidance.js';
import { maskgitStep } from './maskgit.js';
import { roarStep } from './roar.js';
import type { GeneratedToken, StepOptions } from './step.js';
import { addCondition, withFrozenTarget } from './weighted-conditions.js';

/** Options of {@link runChain}. */
export interface ChainOptions
  extends Pick<StepOptions, 'randomness' | 'vocabulary' | 'compat' | 'encoderCache' | 'details'> {
  /** For guidance by several conditions: the inputs of each besides the targets. The batch holds the unconditional inputs. */
  readonly conditions?: readonly Condition[] | undefined;
  /** Inputs that a completed target gets as well when it becomes a condition. */
  readonly shared?: Condition;
  readonly signal?: AbortSignal | undefined;
  /** Called with the tokens that each step has committed, before its `onProgress`. */
  readonly onTokens?: ((step: GeneratedTokens) => void) | undefined;
  /** Called before the first step of every target, and after every step. */
  readonly onProgress?: ((progress: DecodingProgress) => void) | undefined;
}

/** Tokens that one step has committed. */
export interface GeneratedTokens {
  readonly modality: string;
  /** Of each sample, [B][M]; none of a text that is complete. */
  readonly samples: readonly (readonly GeneratedToken[])[];
}

/** Progress of one target. */
export interface TargetProgress {
  readonly modality: string;
  /** Tokens of the modality generated so far in each sample. */
  readonly done: number;
  /** Maximum number of tokens. */
  readonly total: number;
}

/** Progress of a chain. */
export interface DecodingProgress extends TargetProgress {
  readonly method: DecodingMethod;
  /** Remaining cost of the whole chain. */
  readonly remaining: DecodingCost;
}

/** State of a chain between two steps. */
export interface ChainState {
  readonly batch: Batch;
  readonly conditions?: readonly Condition[] | undefined;
  /** The current target. */
  readonly target?: string;
  /** With several conditions: the completed targets, which are masked in the batch. */
  readonly complete?: Batch['modalities'];
}

/**
 * Runs the steps of a chain. (`GenerationSampler.generate` officially, and `generate_multi_guided` with several conditions.)
 *
 * @param batch   modified in place
 * @param options with `compat` and several conditions, tokens committed by ROAR stay masked in the conditional passes
 * @returns       the batch with all targets generated
 * @throws NotFiniteError naming the weights that are at fault, if logits are not finite
 * @throws CancelledError when the signal fires, between two steps
 */
export async function runChain(
  model: FourM,
  batch: Batch,
  steps: readonly DecodingStep[],
  options: ChainOptions,
): Promise<Batch> {
  let state: ChainState = { batch, conditions: options.conditions };
  const encoderCache = new EncoderCache(model);
  const costs = stepCosts(model, batch, steps);
  try {
    for (const [i, step] of steps.entries()) {
      const { method } = step;
      state = beginTarget(model, state, step, options);
      if (step.modality !== steps[i - 1]?.modality) {
        options.onProgress?.({ ...initialProgress(state.batch, step), method, remaining: totalCost(costs.slice(i)) });
      }
      const onProgress = (at: TargetProgress) => {
        const tokens = method === 'autoregressive' ? at.total - at.done : 0;
        options.onProgress?.({ ...at, method, remaining: totalCost([{ dense: 0, tokens }, ...costs.slice(i + 1)]) });
      };
      state = await runStep(model, state, step, { ...options, encoderCache }, onProgress).catch(async (error) => {
        const { modality } = step;
        throw error instanceof NotFiniteError
          ? await notFiniteError(`the logits of '${modality}'`, model.parameters.all)
          : error;
      });
    }
  } finally {
    encoderCache.dispose();
  }
  return { ...state.batch, modalities: { ...state.batch.modalities, ...state.complete } };
}

/** Makes a step's modality the current target. With several conditions, the target before it becomes one of them. */
export function beginTarget(
  model: FourM,
  state: ChainState,
  { modality, method }: DecodingStep,
  { shared = {}, vocabulary, compat }: ChainOptions,
): ChainState {
  const { batch, conditions, target, complete } = state;
  if (!conditions || target === modality) return state;
  let next = { batch, conditions };
  if (target !== undefined) next = addCondition(next, target, shared, model.modalities, vocabulary);
  const visible = compat && method === 'roar' ? withFrozenTarget(next, modality) : next.conditions;
  return {
    batch: next.batch,
    conditions: visible,
    target: modality,
    complete: target === undefined ? {} : { ...complete, [target]: batch.modalities[target]! },
  };
}

/** The guidance of a step. */
export function stepGuidance({ conditions }: ChainState, step: DecodingStep): Guidance | WeightedGuidance | undefined {
  return conditions ? { weights: step.weights ?? [], conditions } : step.guidance;
}

/** Runs a step of the current target. @param onProgress called after the step; for sequences, after every token */
export async function runStep(
  model: FourM,
  state: ChainState,
  step: DecodingStep,
  options: Omit<ChainOptions, 'onProgress'>,
  onProgress?: (progress: TargetProgress) => void,
): Promise<ChainState> {
  const { batch } = state;
  const { modality, method, tokens } = step;
  await pauseOrCancel(options.signal, `generating '${modality}'`);
  const onTokens =
    options.onTokens && ((samples: GeneratedTokens['samples']) => options.onTokens!({ modality, samples }));
  const stepOptions = { ...options, ...step, guidance: stepGuidance(state, step), onTokens };
  if (method === 'autoregressive') {
    const onToken = (done: number, total: number) => onProgress?.({ modality, done, total });
    return { ...state, batch: await autoregressiveStep(model, batch, modality, { ...stepOptions, onToken }) };
  }
  await (method === 'roar' ? roarStep : maskgitStep)(model, batch, modality, tokens!, stepOptions);
  onProgress?.(imageProgress(batch, modality));
  return state;
}

function initialProgress(batch: Batch, { modality, method }: DecodingStep): TargetProgress {
  if (method !== 'autoregressive') return imageProgress(batch, modality);
  return { modality, done: 0, total: maxNewTokens(batch.modalities[modality]!, batch.size) };
}

function imageProgress(batch: Batch, modality: string): TargetProgress {
  const { targetMask } = batch.modalities[modality]!;
  const total = targetMask.length / batch.size;
  return { modality, done: targetMask.subarray(0, total).reduce((sum, decided) => sum + decided, 0), total };
}
