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
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';
import { caseModalities } from './models.js';

const argument = v.optional(v.number());
const schedulesSchema = v.array(
  v.strictObject({
    result: v.string(),
    steps: v.number(),
    tokens: v.number(),
    schedule: v.picklist(['cosine', 'linear']),
    /** A schedule derived from the token schedule, if any, and its arguments. */
    derived: v.optional(v.picklist(['lineartemp', 'onex', 'decreasing', 'continue'])),
    start: argument,
    lowest: argument,
    power: argument,
    from: argument,
  }),
);
type Call = v.InferOutput<typeof schedulesSchema>[number];

/** `gen.schedules`: token and temperature schedules. */
export function schedules(task: Inputs, out: Outputs): void {
  for (const call of optionsOf(schedulesSchema, task.options.calls, 'calls')) out.value(call.result, scheduleOf(call));
}

function scheduleOf({ schedule: kind, steps, tokens, derived, start, lowest, power, from }: Call): number[] {
  const schedule = tokenSchedule(kind, steps, tokens, 'official');
  switch (derived) {
    case undefined:
      return schedule;
    case 'lineartemp':
      return temperatures('linear', start!, schedule);
    case 'onex':
      return temperatures({ lowest: lowest!, power: power! }, start!, schedule);
    case 'decreasing':
      return decreasingTemperatures(start!, lowest!, schedule);
    case 'continue':
      return continueSchedule(schedule, from!);
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

/** `gen.chained_schedules`: the steps of a chain of targets. */
export function chainedSchedules(task: Inputs, out: Outputs): void {
  const infos = caseModalities(task);
  (task.json() as { args: unknown }[]).forEach((call, i) => {
    const args = optionsOf(argumentsSchema, call.args, `[${i}].args`);
    out.attempt(`/${i}/schedule`, () => stepsOf(args, infos));
  });
}

/** The steps of a call, in the format of the reference. */
function stepsOf(args: Arguments, infos: Readonly<Record<string, ModalityInfo>>): Record<string, unknown>[] {
  const isAutoregressive = (i: number) => args.autoregression_schemes[i] === 'autoregressive';
  const other = args.cfg_schedules.find((schedule, i) => !isAutoregressive(i) && schedule !== 'constant');
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
      ...(!isAutoregressive(i) && { temperatureSchedule: parseTemperatureSchedule(args.temp_schedules[i] ?? '') }),
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
