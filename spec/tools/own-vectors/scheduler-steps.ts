import type { FlagName } from '../../harness/convert/flags.js';
import { expectedOf, type OwnVector, tensor } from './write.js';

/** Steps of the schedulers from given samples and outputs of a network that predicts noise. */
export function schedulerSteps(): Record<string, OwnVector> {
  return {
    ddim_noise: withNoise(),
    ddim_limited: limited(),
    ddpm_mean: withoutNoise(),
    pndm_transfer: transfer(),
  };
}

/** SCH-7 and SCH-8, in double precision. */
export function linearAlphaBars(): number[] {
  let product = 1;
  return Array.from({ length: 1000 }, (_, t) => {
    product *= 1 - (0.0001 + ((0.02 - 0.0001) * t) / 999);
    return product;
  });
}

const SAMPLE = [0.5, -0.25, 1.5, -2];
const OUTPUT = [-1, 0.75, 0.25, 0.5];
const NOISE = [1, -0.5, 0.25, 2];
const PLAIN = { beta_schedule: 'linear', prediction_type: 'epsilon', zero_terminal_snr: false, clip_sample: false };

/** The next sample, and the clean image that it is made from. */
interface Step {
  readonly next: readonly number[];
  readonly clean?: readonly number[];
}

/** @param noise the same in every step */
function steps(
  config: object & { num_inference_steps: number },
  results: readonly Step[],
  { requirements, flag, noise }: { requirements: readonly string[]; flag: FlagName; noise?: readonly number[] },
) {
  const shape = [1, 1, 2, 2];
  const calls = Array.from({ length: config.num_inference_steps + 1 }, (_, k) => String(k).padStart(2, '0'));
  const tensors = [
    ...['in.sample0', 'in.clean', 'in.add_noise'].map((name) => tensor(name, 'F32', shape, SAMPLE)),
    tensor('in.t', 'I32', [1], [10]),
    ...calls.flatMap((k, call) => {
      const { next, clean } = results[call] ?? {};
      return [
        tensor(`in.model_output.${k}`, 'F32', shape, OUTPUT),
        ...(noise ? [tensor(`in.noise.${k}`, 'F32', shape, noise)] : []),
        ...(clean ? [tensor(`out.pred_original.${k}`, 'F32', shape, clean)] : []),
        ...(next ? [tensor(`out.prev_sample.${k}`, 'F32', shape, next)] : []),
      ];
    }),
  ];
  const hasClean = results.some(({ clean }) => clean);
  return {
    kind: 'sched.steps',
    tier: 'tokenizers',
    options: { config },
    tensors,
    tolerances: { default: { form: 'close', rtol: 1e-4, atol: 1e-5 } },
    expected: { tensors: expectedOf(tensors, 'default') },
    checks: [
      ...(hasClean
        ? [{ results: ['out.pred_original.*'], requirements: ['DIF-2'], flags: ['prediction-type' as const] }]
        : []),
      { results: ['out.prev_sample.*'], requirements, flags: [flag] },
    ],
  } as const;
}

/** DIF-2. @param a ᾱ_t */
function cleanIn(x: readonly number[], a: number): number[] {
  return x.map((value, i) => (value - Math.sqrt(1 - a) * OUTPUT[i]!) / Math.sqrt(a));
}

/** The steps from some timesteps, each from the sample that the last one made. */
function run(timesteps: readonly number[], step: (x: readonly number[], t: number) => Step): Step[] {
  let x: readonly number[] = SAMPLE;
  return timesteps.map((t) => {
    const result = step(x, t);
    x = result.next;
    return result;
  });
}

/** DIF-5 at 750, 500 and 250, with η = 1/2. */
function withNoise(): OwnVector {
  const [alphaBars, eta] = [linearAlphaBars(), 0.5];
  const results = run([750, 500, 250], (x, t) => {
    const [a, b] = [alphaBars[t]!, alphaBars[t - 250]!];
    const variance = ((eta ** 2 * (1 - b)) / (1 - a)) * (1 - a / b);
    const clean = cleanIn(x, a);
    const next = clean.map((value, i) => {
      const direction = Math.sqrt(1 - b - variance) * OUTPUT[i]!;
      return Math.sqrt(b) * value + direction + Math.sqrt(variance) * NOISE[i]!;
    });
    return { next, clean };
  });
  const config = { scheduler: 'DDIMScheduler', args: PLAIN, num_inference_steps: 4, mode: 'leading', eta };
  return {
    ...steps(config, results, { requirements: ['DIF-5'], flag: 'step-variance', noise: NOISE }),
    description: 'steps of DDIM with noise',
  };
}

/** DIF-4 from 500 to 0: the clean image is clipped, and the noise stays. */
function limited(): OwnVector {
  const alphaBars = linearAlphaBars();
  const [a, b] = [alphaBars[500]!, alphaBars[0]!];
  const next = cleanIn(SAMPLE, a).map((value, i) => {
    const clean = Math.min(Math.max(value, -1), 1);
    return Math.sqrt(b) * clean + Math.sqrt(1 - b) * OUTPUT[i]!;
  });
  const args = { ...PLAIN, clip_sample: true };
  const config = { scheduler: 'DDIMScheduler', args, num_inference_steps: 2, mode: 'leading', eta: 0 };
  return {
    ...steps(config, [{ next }], { requirements: ['DIF-4'], flag: 'sample-limit' }),
    description: 'a step of DDIM whose clean image is clipped',
  };
}

/** DIF-8 at 500 and 0, with noise of zeros. */
function withoutNoise(): OwnVector {
  const alphaBars = linearAlphaBars();
  const results = run([500, 0], (x, t) => {
    const [a, b] = [alphaBars[t]!, t === 0 ? 1 : alphaBars[t - 500]!];
    const beta = 1 - a / b;
    const clean = cleanIn(x, a);
    const next = x.map((value, i) => {
      const ofClean = ((Math.sqrt(b) * beta) / (1 - a)) * clean[i]!;
      return ofClean + ((Math.sqrt(1 - beta) * (1 - b)) / (1 - a)) * value;
    });
    return { next, clean };
  });
  const config = { scheduler: 'DDPMScheduler', args: PLAIN, num_inference_steps: 2, mode: null };
  return {
    ...steps(config, results, { requirements: ['DIF-8'], flag: 'step-mean', noise: [0, 0, 0, 0] }),
    description: 'steps of DDPM with noise of zeros, which are the means',
  };
}

/** DIF-10 from 500 to 0: the first call, whose average is of one output. */
function transfer(): OwnVector {
  const alphaBars = linearAlphaBars();
  const [a, b] = [alphaBars[500]!, alphaBars[0]!];
  const divisor = a * Math.sqrt(1 - b) + Math.sqrt(a * (1 - a) * b);
  const next = SAMPLE.map((value, i) => Math.sqrt(b / a) * value - ((b - a) * OUTPUT[i]!) / divisor);
  const args = { beta_schedule: 'linear', prediction_type: 'epsilon', skip_prk_steps: true };
  const config = { scheduler: 'PNDMScheduler', args, num_inference_steps: 2, mode: 'leading' };
  return {
    ...steps(config, [{ next }], { requirements: ['DIF-10', 'DIF-2'], flag: 'step-mean' }),
    description: 'the first call of PNDM without Runge–Kutta steps: a transfer by one output',
  };
}
