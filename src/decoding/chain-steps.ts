import { InvalidInputError } from '../errors.js';
import type { ModalityInfo } from '../modalities/modality.js';
import { patchCount } from '../transformer/batch.js';
import type { Guidance } from './guidance.js';
import type { SamplingOptions } from './sampling.js';
import { type TemperatureSchedule, type TokenSchedule, temperatures, tokenSchedule } from './schedules.js';

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
  /**
   * For guidance by several conditions: how much each counts while this target is generated, the given conditions first, and
   * then every target before this one. Below 0 a condition is pushed away from.
   */
  readonly guidanceWeights?: readonly number[];
}

/** One step of a chain. */
export interface DecodingStep extends SamplingOptions {
  readonly modality: string;
  readonly method: DecodingMethod;
  /** How many tokens of a sample it decides; for image tokens. */
  readonly tokens?: number;
  readonly guidance?: Guidance;
  /** In place of `guidance`, where the chain has several conditions: their weights, and those of the targets before. */
  readonly weights?: readonly number[];
}

/** What {@link chainSteps} has to know besides the targets. */
export interface ChainPlan {
  /** Modalities that are input from the start; guidance exaggerates these and every target before. */
  readonly known: readonly string[];
  /** What can be predicted. */
  readonly infos: Readonly<Record<string, ModalityInfo>>;
  /** How many tokens are to be decided of image targets that are given in part; of others, all are. */
  readonly maskedCounts?: Readonly<Record<string, number>>;
  /** With `official`, sequences do not join what guidance exaggerates, and the cosine schedule is the official one. */
  readonly compat?: 'official' | undefined;
}

const DEFAULT_STEPS = 8;

/**
 * The steps of a chain. (`build_chained_generation_schedules` officially, with growing conditioning.)
 *
 * @throws InvalidInputError for a modality that cannot be predicted, or not in this way
 */
export function chainSteps(targets: readonly DecodingTarget[], plan: ChainPlan): DecodingStep[] {
  const conditions = [...plan.known];
  const steps: DecodingStep[] = [];
  for (const target of targets) {
    const { modality, topK = 0, topP = 0, temperature = 1 } = target;
    const info = plan.infos[modality];
    if (!info) throw new InvalidInputError(`cannot predict '${modality}', only ${Object.keys(plan.infos).join(', ')}`);
    const method = methodOf(target, info);
    const guidance = { scale: target.guidanceScale ?? 1, conditions: [...conditions] };
    const weights = target.guidanceWeights && { weights: target.guidanceWeights };
    const shared = { modality, method, topK, topP, guidance, ...weights };
    if (method === 'autoregressive') {
      steps.push({ ...shared, temperature });
      if (plan.compat) continue;
    } else {
      const kind = method === 'roar' ? 'linear' : (target.schedule ?? 'cosine');
      const count = plan.maskedCounts?.[modality] ?? patchCount(info);
      const tokens = tokenSchedule(kind, target.steps ?? DEFAULT_STEPS, count, plan.compat);
      const heat = temperatures(target.temperatureSchedule ?? 'constant', temperature, tokens);
      steps.push(...heat.map((temperature, i) => ({ ...shared, tokens: tokens[i]!, temperature })));
    }
    conditions.push(modality);
  }
  return steps;
}

function methodOf({ modality, method }: DecodingTarget, { kind }: ModalityInfo): DecodingMethod {
  const possible: readonly DecodingMethod[] = kind === 'sequence' ? ['autoregressive'] : ['maskgit', 'roar'];
  const chosen = method ?? possible[0]!;
  if (!possible.includes(chosen)) {
    throw new InvalidInputError(`'${modality}' is of kind ${kind} and cannot be decoded by ${chosen}`);
  }
  return chosen;
}
