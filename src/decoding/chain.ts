/** One target after the other: what is generated becomes input for what comes next. */
import { pauseOrCancel } from '../errors.js';
import type { Batch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { autoregressiveStep } from './autoregressive.js';
import type { DecodingMethod, DecodingStep } from './chain-steps.js';
import { type DecodingCost, maxNewTokens, stepCosts, totalCost } from './cost.js';
import { EncoderCache } from './encoder-cache.js';
import type { Condition, Guidance, WeightedGuidance } from './guidance.js';
import { maskgitStep } from './maskgit.js';
import { roarStep } from './roar.js';
import type { StepOptions } from './step.js';
import { addCondition, withFrozenTarget } from './weighted-conditions.js';

/** What a chain needs besides its steps. */
export interface ChainOptions extends Pick<StepOptions, 'randomness' | 'vocabulary' | 'compat' | 'encoderCache'> {
  /** For guidance by several conditions: what each knows besides the targets. The batch is what is known without any. */
  readonly conditions?: readonly Condition[] | undefined;
  /** What a target that has become a condition knows besides itself. */
  readonly shared?: Condition;
  readonly signal?: AbortSignal | undefined;
  /** Called before the first step of every target, and after every step. */
  readonly onProgress?: ((progress: DecodingProgress) => void) | undefined;
}

/** How far a target is. */
export interface TargetProgress {
  readonly modality: string;
  /** Tokens of the modality that are decided in each sample. */
  readonly done: number;
  /** Tokens that there will be at most. */
  readonly total: number;
}

/** How far a chain is. */
export interface DecodingProgress extends TargetProgress {
  readonly method: DecodingMethod;
  /** What is to be done of the whole chain. */
  readonly remaining: DecodingCost;
}

/** Where a chain is between two steps. */
export interface ChainState {
  readonly batch: Batch;
  readonly conditions?: readonly Condition[] | undefined;
  /** What is being generated. */
  readonly target?: string;
  /** Under several conditions: the targets that are complete, which the batch hides. */
  readonly complete?: Batch['modalities'];
}

/**
 * Goes through the steps of a chain. (`GenerationSampler.generate` officially, and `generate_multi_guided` where there are
 * conditions.)
 *
 * @param batch   its arrays change
 * @param options with `compat`, under several conditions: these go on predicting what ROAR has decided
 * @returns       the batch with all targets decided
 * @throws CancelledError when the signal fires, between two steps
 */
export async function runChain(
  model: FourM,
  batch: Batch,
  steps: readonly DecodingStep[],
  options: ChainOptions,
): Promise<Batch> {
  let state: ChainState = { batch, conditions: options.conditions };
  const reader = new EncoderCache(model);
  const work = stepCosts(model, batch, steps);
  try {
    for (const [i, step] of steps.entries()) {
      const { method } = step;
      state = beginTarget(model, state, step, options);
      if (step.modality !== steps[i - 1]?.modality) {
        options.onProgress?.({ ...initialProgress(state.batch, step), method, remaining: totalCost(work.slice(i)) });
      }
      const onProgress = (at: TargetProgress) => {
        const tokens = method === 'autoregressive' ? at.total - at.done : 0;
        options.onProgress?.({ ...at, method, remaining: totalCost([{ dense: 0, tokens }, ...work.slice(i + 1)]) });
      };
      state = await runStep(model, state, step, { ...options, encoderCache: reader }, onProgress);
    }
  } finally {
    reader.dispose();
  }
  return { ...state.batch, modalities: { ...state.batch.modalities, ...state.complete } };
}

/** Under several conditions, the target that is complete joins them when a step has another. */
export function beginTarget(
  model: FourM,
  state: ChainState,
  { modality, method }: DecodingStep,
  { shared = {}, vocabulary, compat }: ChainOptions,
): ChainState {
  const { batch, conditions, target, complete } = state;
  if (!conditions || target === modality) return state;
  let turned = { batch, conditions };
  if (target !== undefined) turned = addCondition(turned, target, shared, model.modalities, vocabulary);
  const seen = compat && method === 'roar' ? withFrozenTarget(turned, modality) : turned.conditions;
  return {
    batch: turned.batch,
    conditions: seen,
    target: modality,
    complete: target === undefined ? {} : { ...complete, [target]: batch.modalities[target]! },
  };
}

/** What guides a step. */
export function stepGuidance({ conditions }: ChainState, step: DecodingStep): Guidance | WeightedGuidance | undefined {
  return conditions ? { weights: step.weights ?? [], conditions } : step.guidance;
}

/** Takes a step of a chain that has turned to its target. @param onProgress called after it, and of a text after every token */
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
  const how = { ...options, ...step, guidance: stepGuidance(state, step) };
  if (method === 'autoregressive') {
    const onToken = (done: number, total: number) => onProgress?.({ modality, done, total });
    return { ...state, batch: await autoregressiveStep(model, batch, modality, { ...how, onToken }) };
  }
  await (method === 'roar' ? roarStep : maskgitStep)(model, batch, modality, tokens!, how);
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
