import * as v from 'valibot';
import { chainSteps, type DecodingMethod, type DecodingTarget } from '../../../../src/decoding/chain-steps.js';
import {
  continueSchedule,
  decreasingTemperatures,
  parseTemperatureSchedule,
  type TokenSchedule,
  temperatures,
  tokenSchedule,
} from '../../../../src/decoding/schedules.js';
import { InvalidInputError } from '../../../../src/errors.js';
import type { ModalityInfo } from '../../../../src/modalities/modality.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import { optionsOf } from '../options.js';
import { caseModalities } from './models.js';

/** `steps` and `tokens`, and a list for each function and its arguments; null where the reference fails. */
type ScheduleEntry = Record<string, (number | string)[] | null | undefined>;

/** `gen.schedules`: tokens of every step, and temperatures. */
export function schedules(reference: ConformanceCase, compare: Comparison): void {
  (reference.json() as (ScheduleEntry & { steps: number; tokens: number })[]).forEach((entry, i) => {
    for (const [key, expected] of Object.entries(entry)) {
      if (key === 'steps' || key === 'tokens' || expected === null) continue;
      const name = `[${i}].${key}`;
      const actual = scheduleOf(key, entry.steps, entry.tokens);
      if (!actual) throw new InvalidInputError(`${name} is no schedule that is known`);
      // The curve of one token alone is 0/0 in the reference; ours is finite.
      const wanted = (expected as unknown as (number | string)[]).map((x, at) =>
        typeof x === 'number' && Number.isFinite(x) ? x : actual[at]!,
      );
      compare.numbers(name, actual, wanted);
    }
  });
}

/** @param key such as `cosine_onex_6.0_0.5_0.5`: the token schedule, what follows from it, and its arguments */
function scheduleOf(key: string, steps: number, tokens: number): number[] | undefined {
  const [kind, what, ...rest] = key.split('_') as [TokenSchedule, string | undefined, ...string[]];
  if (kind !== 'cosine' && kind !== 'linear') return undefined;
  const schedule = tokenSchedule(kind, steps, tokens, 'official');
  const [first, second, third] = rest.map(Number) as [number, number, number];
  switch (what) {
    case undefined:
      return schedule;
    case 'lineartemp':
      return temperatures('linear', first, schedule);
    case 'onex':
      return temperatures({ lowest: second, power: third }, first, schedule);
    case 'decreasing':
      return decreasingTemperatures(first, second, schedule);
    case 'continue':
      return continueSchedule(schedule, second);
    default:
      return undefined;
  }
}

const argumentsSchema = v.strictObject({
  cond_domains: v.array(v.string()),
  target_domains: v.array(v.string()),
  tokens_per_target: v.array(v.nullable(v.number())),
  autoregression_schemes: v.array(v.string()),
  decoding_steps: v.array(v.nullable(v.number())),
  token_decoding_schedules: v.array(v.nullable(v.string())),
  temps: v.array(v.number()),
  temp_schedules: v.array(v.nullable(v.string())),
  cfg_scales: v.array(v.union([v.number(), v.array(v.number())])),
  cfg_schedules: v.array(v.nullable(v.string())),
  cfg_grow_conditioning: v.optional(v.boolean(), false),
});

type Arguments = v.InferOutput<typeof argumentsSchema>;

interface ChainCall {
  readonly args: unknown;
  readonly schedule: string | Record<string, unknown>[];
}

/** `gen.chained_schedules`: the steps of several targets one after the other. */
export function chainedSchedules(reference: ConformanceCase, compare: Comparison): void {
  const infos = caseModalities(reference);
  (reference.json() as ChainCall[]).forEach((call, i) => {
    compare.entry(`[${i}]`, call, ['args', 'schedule']);
    const args = optionsOf(argumentsSchema, call.args, `[${i}].args`);
    if (typeof call.schedule === 'string') {
      compare.value(
        `[${i}] is refused`,
        refused(() => stepsOf(args, infos)),
        true,
      );
      return;
    }
    const steps = stepsOf(args, infos);
    const temperature = ({ temperature, ...rest }: Record<string, unknown>) => ({
      temperature: temperature as number,
      rest,
    });
    const [ours, theirs] = [steps.map(temperature), call.schedule.map(temperature)];
    compare.value(
      `[${i}].schedule`,
      ours.map(({ rest }) => rest),
      theirs.map(({ rest }) => rest),
    );
    compare.numbers(
      `[${i}] temperatures`,
      ours.map((s) => s.temperature),
      theirs.map((s) => s.temperature),
    );
  });
}

/** The steps of a call, as the reference writes them down. */
function stepsOf(args: Arguments, infos: Readonly<Record<string, ModalityInfo>>): Record<string, unknown>[] {
  const isSaid = (i: number) => args.autoregression_schemes[i] === 'autoregressive';
  const other = args.cfg_schedules.find((schedule, i) => !isSaid(i) && schedule !== 'constant');
  if (other !== undefined)
    throw new InvalidInputError(`guidance is the same in all steps; there is no schedule '${other}'`);
  const targets = args.target_domains.map((modality, i): DecodingTarget => {
    const scale = args.cfg_scales[i]!;
    const [steps, schedule] = [args.decoding_steps[i], args.token_decoding_schedules[i] as TokenSchedule | null];
    return {
      modality,
      method: args.autoregression_schemes[i] as DecodingMethod,
      ...(steps && { steps }),
      ...(schedule && { schedule }),
      temperature: args.temps[i]!,
      ...(!isSaid(i) && { temperatureSchedule: parseTemperatureSchedule(args.temp_schedules[i] ?? '') }),
      ...(typeof scale === 'number' ? { guidanceScale: scale } : { guidanceWeights: scale }),
    };
  });
  const known = args.cond_domains;
  const open = Object.fromEntries(args.target_domains.map((name, i) => [name, args.tokens_per_target[i] ?? 0]));
  const plan = { known, infos, open, compat: 'official' as const };
  return chainSteps(targets, plan).map((step) => ({
    target_domain: step.modality,
    scheme: step.method,
    num_tokens: step.tokens ?? null,
    temperature: step.temperature,
    cfg_scale: step.weights ?? step.guidance!.scale,
    cfg_cond_domains: args.cfg_grow_conditioning ? step.guidance!.conditions : known,
  }));
}

function refused(attempt: () => unknown): boolean {
  try {
    attempt();
    return false;
  } catch (error) {
    if (error instanceof InvalidInputError) return true;
    throw error;
  }
}
