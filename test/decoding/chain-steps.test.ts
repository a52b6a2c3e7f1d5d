import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chainSteps, type DecodingMethod, type DecodingTarget } from '../../src/decoding/chain-steps.js';
import type { TemperatureSchedule, TokenSchedule } from '../../src/decoding/schedules.js';
import { InvalidInputError } from '../../src/errors.js';
import { referenceModalities } from '../transformer/reference.js';

interface Call {
  args: {
    cond_domains: string[];
    target_domains: string[];
    autoregression_schemes: DecodingMethod[];
    decoding_steps: (number | null)[];
    token_decoding_schedules: (TokenSchedule | null)[];
    temps: number[];
    temp_schedules: string[];
    cfg_scales: number[];
    cfg_grow_conditioning?: boolean;
  };
  schedule:
    | string
    | {
        target_domain: string;
        scheme: string;
        num_tokens: number | null;
        temperature: number;
        cfg_scale: number;
        cfg_cond_domains: string[];
      }[];
}

const calls = JSON.parse(
  readFileSync(new URL('../../spec/vectors/gen_chained_schedules/data.json', import.meta.url)).toString(),
) as Call[];

function targetsOf({ args }: Call): DecodingTarget[] {
  return args.target_domains.map((modality, i) => {
    const [shape, lowest, power] = args.temp_schedules[i]!.split(':');
    return {
      modality,
      method: args.autoregression_schemes[i]!,
      ...(args.decoding_steps[i] && { steps: args.decoding_steps[i] }),
      ...(args.token_decoding_schedules[i] && { schedule: args.token_decoding_schedules[i] }),
      temperature: args.temps[i]!,
      temperatureSchedule:
        shape === 'onex' ? { lowest: Number(lowest), power: Number(power) } : (shape as TemperatureSchedule),
      guidanceScale: args.cfg_scales[i]!,
    };
  });
}

describe('gen_chained_schedules', () => {
  const growing = calls.filter(({ args, schedule }) => args.cfg_grow_conditioning && Array.isArray(schedule));

  it.each(growing.map((call) => [call.args.target_domains.join(', '), call] as const))('%s', (_, call) => {
    const infos = referenceModalities(call.args.target_domains);
    const actual = chainSteps(targetsOf(call), { known: call.args.cond_domains, infos, compat: 'official' }).map(
      (step) => ({
        target_domain: step.modality,
        scheme: step.method,
        num_tokens: step.tokens ?? null,
        temperature: step.temperature,
        cfg_scale: step.guidance!.scale,
        cfg_cond_domains: step.guidance!.conditions,
      }),
    );
    const expected = (call.schedule as Exclude<Call['schedule'], string>).map((step) => ({
      ...step,
      temperature: expect.closeTo(step.temperature, 9),
    }));
    expect(actual).toEqual(expected);
  });

  it('rejects an image method for a text, as the reference does', () => {
    const illegal = calls.find(({ schedule }) => typeof schedule === 'string' && schedule.includes('Illegal'))!;
    const infos = referenceModalities(illegal.args.target_domains);
    expect(() => chainSteps(targetsOf(illegal), { known: illegal.args.cond_domains, infos })).toThrow(
      InvalidInputError,
    );
  });
});

describe('a chain', () => {
  const infos = referenceModalities(['tok_depth@224', 'caption', 'tok_rgb@224']);

  it('conditions each target on the targets before it, texts included', () => {
    const targets = [{ modality: 'tok_depth@224', steps: 1 }, { modality: 'caption' }, { modality: 'tok_rgb@224' }];
    const steps = chainSteps(targets, { known: ['rgb@224'], infos });
    expect(steps.map(({ modality }) => modality)).toEqual([
      'tok_depth@224',
      'caption',
      ...Array.from({ length: 8 }, () => 'tok_rgb@224'),
    ]);
    expect(steps.at(-1)!.guidance!.conditions).toEqual(['rgb@224', 'tok_depth@224', 'caption']);
  });

  it('names the modality that cannot be predicted, and those that can', () => {
    expect(() => chainSteps([{ modality: 'tok_smell@224' }], { known: [], infos })).toThrow(
      "cannot predict 'tok_smell@224', only tok_depth@224, caption, tok_rgb@224",
    );
    expect(() => chainSteps([{ modality: 'tok_rgb@224', method: 'autoregressive' }], { known: [], infos })).toThrow(
      /image-tokens/,
    );
  });
});
