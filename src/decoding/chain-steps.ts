import { InvalidInputError } from '../errors.js';
import type { ModalityInfo } from '../modalities/modality.js';
import { patchCount } from '../transformer/batch.js';
import type { Guidance } from './guidance.js';
import type { SamplingOptions } from './sampling.js';
import { type TemperatureSchedule, type TokenSchedule, temperatures, tokenSchedule } from './schedules.js';

/** The decoding algorithm of a target. */
export type DecodingMethod = 'maskgit' | 'roar' | 'autoregressive';

/** A target modality and its decoding settings. Defaults depend on the kind of modality. */
export interface DecodingTarget {
  readonly modality: string;
  /** `maskgit` or `roar` for image tokens, `autoregressive` for sequences. */
  readonly method?: DecodingMethod;
  /** Number of decoding steps; for image tokens. */
  readonly steps?: number;
  /** Number of tokens in each step: `cosine` or `linear` for `maskgit`, always `linear` for `roar`. */
  readonly schedule?: TokenSchedule;
  readonly temperature?: number;
  readonly temperatureSchedule?: TemperatureSchedule;
  readonly topK?: number;
  readonly topP?: number;
  /** Scale of classifier-free guidance; 1 disables it. */
  readonly guidanceScale?: number;
  /**
   * For guidance by several conditions: the weight of each while this target is generated, first those of the given conditions,
   * then those of every target before this one. A negative weight guides away from a condition.
   */
  readonly guidanceWeights?: readonly number[];
}

/** One step of a chain. */
export interface DecodingStep extends SamplingOptions {
  readonly modality: string;
  readonly method: DecodingMethod;
  /** Tokens of a sample that the step generates; for image tokens. */
  readonly tokens?: number;
  readonly guidance?: Guidance;
  /** Instead of `guidance`, in a chain with several conditions: their weights, and those of the targets before. */
  readonly weights?: readonly number[];
}

/** Inputs of {@link chainSteps} besides the targets. */
export interface ChainPlan {
  /** Modalities that are input from the start. Guidance conditions on these and on every target before. */
  readonly known: readonly string[];
  /** Modalities that the model can predict. */
  readonly infos: Readonly<Record<string, ModalityInfo>>;
  /** Masked tokens of image targets that are given in part; of others, all are masked. */
  readonly maskedCounts?: Readonly<Record<string, number>>;
  /** With `official`, generated sequences do not become conditions of guidance, and the cosine schedule is the official one. */
  readonly compat?: 'official' | undefined;
}

const DEFAULT_STEPS = 8;

/**
 * The decoding steps of a chain of targets. (`build_chained_generation_schedules` officially, with growing conditioning.)
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
      const schedule = temperatures(target.temperatureSchedule ?? 'constant', temperature, tokens);
      steps.push(...schedule.map((temperature, i) => ({ ...shared, tokens: tokens[i]!, temperature })));
    }
    conditions.push(modality);
  }
  return steps;
}

function methodOf({ modality, method }: DecodingTarget, { kind }: ModalityInfo): DecodingMethod {
  const possible: readonly DecodingMethod[] = kind === 'sequence' ? ['autoregressive'] : ['maskgit', 'roar'];
  const used = method ?? possible[0]!;
  if (!possible.includes(used)) {
    throw new InvalidInputError(`'${modality}' is of kind ${kind} and cannot be decoded by ${used}`);
  }
  return used;
}
