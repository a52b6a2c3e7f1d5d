/** One target after the other: what is generated becomes input for what comes next. */
import { InvalidInputError, pauseOrCancel } from '../errors.js';
import type { ModalityInfo } from '../modalities/modality.js';
import { type Batch, gridSize } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { autoregressiveStep, type SequenceOptions } from './autoregressive.js';
import type { Guidance } from './guidance.js';
import { maskgitStep } from './maskgit.js';
import { roarStep } from './roar.js';
import type { SamplingOptions } from './sampling.js';
import { type TemperatureSchedule, type TokenSchedule, temperatures, tokenSchedule } from './schedules.js';
import type { StepOptions } from './step.js';

/** How a target is generated. */
export type DecodingMethod = 'maskgit' | 'roar' | 'autoregressive';

/** A target and how to generate it. What is absent is chosen by the kind of modality. */
export interface DecodingTarget {
  readonly modality: string;
  /** `maskgit` or `roar` for image tokens, `autoregressive` for sequences. */
  readonly method?: DecodingMethod;
  /** How many times the model is asked; for image tokens. */
  readonly steps?: number;
  /** How the tokens spread over the steps: for `maskgit` as told, for `roar` always `linear`. */
  readonly schedule?: TokenSchedule;
  readonly temperature?: number;
  readonly temperatureSchedule?: TemperatureSchedule;
  readonly topK?: number;
  readonly topP?: number;
  /** 1 for none. */
  readonly guidanceScale?: number;
}

/** One step of a chain. */
export interface DecodingStep extends SamplingOptions {
  readonly modality: string;
  readonly method: DecodingMethod;
  /** How many tokens of a sample it decides; for image tokens. */
  readonly tokens?: number;
  readonly guidance?: Guidance;
}

/**
 * The steps of a chain. (`build_chained_generation_schedules` officially, with growing conditioning.)
 *
 * @param known  modalities that are input from the start; guidance exaggerates these and every target before
 * @param compat with `official`, sequences do not join what guidance exaggerates, and the cosine schedule is the official one
 * @throws InvalidInputError for a modality that cannot be predicted, or not in this way
 */
export function chainSteps(
  targets: readonly DecodingTarget[],
  known: readonly string[],
  infos: Readonly<Record<string, ModalityInfo>>,
  compat?: 'official',
): DecodingStep[] {
  const conditions = [...known];
  const steps: DecodingStep[] = [];
  for (const target of targets) {
    const { modality, topK = 0, topP = 0, guidanceScale = 1 } = target;
    const info = infos[modality];
    if (!info) throw new InvalidInputError(`cannot predict '${modality}', only ${Object.keys(infos).join(', ')}`);
    const method = target.method ?? (info.kind === 'sequence' ? 'autoregressive' : 'maskgit');
    if ((method === 'autoregressive') !== (info.kind === 'sequence')) {
      throw new InvalidInputError(`'${modality}' is of kind ${info.kind} and cannot be decoded by ${method}`);
    }
    const guidance = { scale: guidanceScale, conditions: [...conditions] };
    const shared = { modality, method, topK, topP, guidance };
    const temperature = target.temperature ?? 1;
    if (method === 'autoregressive') {
      steps.push({ ...shared, temperature });
      if (compat) continue;
    } else {
      const kind = method === 'roar' ? 'linear' : (target.schedule ?? 'cosine');
      const tokens = tokenSchedule(kind, target.steps ?? DEFAULT_STEPS, gridSize(info), compat);
      const heat = temperatures(target.temperatureSchedule ?? 'constant', temperature, tokens);
      steps.push(...heat.map((temperature, i) => ({ ...shared, tokens: tokens[i]!, temperature })));
    }
    conditions.push(modality);
  }
  return steps;
}

const DEFAULT_STEPS = 8;

/** What a chain needs besides its steps. */
export interface ChainOptions extends Pick<StepOptions, 'draws' | 'vocabulary'> {
  /** Token ids that end a sequence; absent, as officially. */
  readonly stopIds?: readonly number[];
  readonly compat?: SequenceOptions['compat'];
  readonly signal?: AbortSignal | undefined;
  /** Called after every step. */
  readonly onProgress?: ((progress: DecodingProgress) => void) | undefined;
}

/** How far a chain is. */
export interface DecodingProgress {
  readonly modality: string;
  /** Tokens of the modality that are decided in each sample. */
  readonly done: number;
  /** Tokens that there will be at most. */
  readonly total: number;
}

/**
 * Goes through the steps of a chain. (`GenerationSampler.generate` officially.)
 *
 * @param batch its arrays change
 * @returns     the batch with all targets decided
 * @throws CancelledError when the signal fires, between two steps
 */
export async function runChain(
  model: FourM,
  batch: Batch,
  steps: readonly DecodingStep[],
  options: ChainOptions,
): Promise<Batch> {
  let current = batch;
  for (const step of steps) {
    await pauseOrCancel(options.signal, `generating '${step.modality}'`);
    current = await takeStep(model, current, step, options);
  }
  return current;
}

async function takeStep(model: FourM, batch: Batch, step: DecodingStep, options: ChainOptions): Promise<Batch> {
  const { modality, method, tokens } = step;
  const how = { ...step, ...options };
  if (method === 'autoregressive') {
    const onToken = (done: number, total: number) => options.onProgress?.({ modality, done, total });
    return autoregressiveStep(model, batch, modality, { ...how, onToken });
  }
  await (method === 'roar' ? roarStep : maskgitStep)(model, batch, modality, tokens!, how);
  const { targetMask } = batch.modalities[modality]!;
  const total = targetMask.length / batch.size;
  const done = targetMask.subarray(0, total).reduce((sum, decided) => sum + decided, 0);
  options.onProgress?.({ modality, done, total });
  return batch;
}
