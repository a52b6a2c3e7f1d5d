import { expectedOf, type OwnVector, rejected, tensor } from './write.js';

/** Losses of diffusion decoders, and shifted timesteps. */
export function diffusion(): Record<string, OwnVector> {
  return {
    diffusion_loss: loss(),
    ddim_noise: withNoise(),
    ddpm_mean: withoutNoise(),
    pndm_transfer: transfer(),
    timesteps_offset: offset(),
    timesteps_pndm_linspace: multistep('linspace', [999, 666, 666, 333, 0]),
    // 1000 − i · 1000/7, of which 857.14, 714.29, 571.43, 428.57, 285.71 and 142.86 are rounded.
    timesteps_pndm_trailing: multistep('trailing', [999, 856, 856, 713, 570, 428, 285, 142]),
    timesteps_pndm_runge_kutta: rungeKutta(),
    timesteps_pndm_short: short(),
  };
}

const TIMESTEPS = [0, 250, 999];
const SIZE = 8;

function loss(): OwnVector {
  const values = (seed: number) =>
    Float32Array.from({ length: TIMESTEPS.length * SIZE }, (_, i) => (((i + seed) * 29) % 31) / 16 - 1);
  const [clean, noise, output] = [values(1), values(7), values(12)] as [Float32Array, Float32Array, Float32Array];
  const mean = (target: (i: number) => number) =>
    output.reduce((sum, value, i) => sum + (value - target(i)) ** 2, 0) / output.length;
  const alphaBars = linearAlphaBars();
  const losses = {
    sample: mean((i) => clean[i]!),
    epsilon: mean((i) => noise[i]!),
    v_prediction: mean((i) => {
      const alphaBar = alphaBars[TIMESTEPS[Math.floor(i / SIZE)]!]!;
      return Math.sqrt(alphaBar) * noise[i]! - Math.sqrt(1 - alphaBar) * clean[i]!;
    }),
  };
  const shape = [TIMESTEPS.length, SIZE];
  const names = Object.keys(losses).map((name) => `out.loss.${name}`);
  return {
    kind: 'sched.loss',
    description: 'losses of a diffusion decoder at three timesteps, by what it predicts',
    tier: 'training',
    options: { config: { beta_schedule: 'linear', predictions: Object.keys(losses) } },
    tensors: [
      { name: 'in.clean', dtype: 'F32', shape, data: clean },
      { name: 'in.noise', dtype: 'F32', shape, data: noise },
      { name: 'in.output', dtype: 'F32', shape, data: output },
      { name: 'in.t', dtype: 'I32', shape: [TIMESTEPS.length], data: Int32Array.from(TIMESTEPS) },
      ...Object.entries(losses).map(([name, value]) => ({
        name: `out.loss.${name}`,
        dtype: 'F32' as const,
        shape: [],
        data: Float32Array.of(value),
      })),
    ],
    tolerances: { default: { form: 'close', rtol: 1e-5, atol: 1e-6 } },
    expected: {
      tensors: Object.fromEntries(names.map((name) => [name, { dtype: 'F32', shape: [], tolerance: 'default' }])),
    },
    requirements: ['LOS-6', 'SCH-7'],
    flag: 'prediction-type',
  };
}

/** Timesteps of a short run; the samples do not matter. */
function timesteps(
  description: string,
  config: object,
  expected: readonly number[],
  requirements: string[],
): OwnVector {
  const data = Float32Array.of(0.5, -0.25);
  const outputs = expected.map((_, k) => `in.model_output.${String(k).padStart(2, '0')}`);
  return {
    kind: 'sched.steps',
    description,
    tier: 'tokenizers',
    options: { config },
    tensors: [
      ...['in.sample0', ...outputs, 'in.clean', 'in.add_noise'].map((name) => ({
        ...{ name, dtype: 'F32' as const, shape: [1, 1, 1, 2], data },
      })),
      { name: 'in.t', dtype: 'I32', shape: [1], data: Int32Array.of(10) },
      { name: 'out.timesteps', dtype: 'I32', shape: [expected.length], data: Int32Array.from(expected) },
    ],
    expected: { tensors: { 'out.timesteps': { dtype: 'I32', shape: [expected.length] } } },
    requirements,
    flag: 'timestep-spacing',
  };
}

/** `leading`, one higher. */
function offset(): OwnVector {
  const args = { beta_schedule: 'linear', prediction_type: 'epsilon', steps_offset: 1 };
  const config = { scheduler: 'DDIMScheduler', args, num_inference_steps: 2, mode: 'leading', eta: 0 };
  return timesteps('timesteps of DDIM with steps_offset 1', config, [501, 1], ['SCH-12', 'SCH-15']);
}

/** PNDM begins with two steps from one timestep. */
function multistep(mode: 'linspace' | 'trailing', expected: readonly number[]): OwnVector {
  const args = { beta_schedule: 'linear', prediction_type: 'epsilon', skip_prk_steps: true };
  const config = { scheduler: 'PNDMScheduler', args, num_inference_steps: expected.length - 1, mode };
  return timesteps(`timesteps of PNDM, ${mode}`, config, expected, ['DIF-14']);
}

/** Five timesteps, 200 apart, of which three are Runge–Kutta steps, by halves of 100. */
function rungeKutta(): OwnVector {
  const args = { beta_schedule: 'linear', prediction_type: 'epsilon' };
  const config = { scheduler: 'PNDMScheduler', args, num_inference_steps: 5, mode: 'leading' };
  const calls = [800, 700, 700, 600, 600, 500, 500, 400, 400, 300, 300, 200];
  return timesteps('timesteps of PNDM with Runge–Kutta steps', config, [...calls, 200, 0], ['DIF-11', 'DIF-14']);
}

/** Three timesteps, which are too few for Runge–Kutta steps. */
function short(): OwnVector {
  const args = { beta_schedule: 'linear', prediction_type: 'epsilon' };
  const config = { scheduler: 'PNDMScheduler', args, num_inference_steps: 3, mode: 'leading' };
  const described = timesteps('three timesteps of PNDM with Runge–Kutta steps', config, [666, 333, 0], ['DIF-11']);
  return {
    ...described,
    tensors: described.tensors!.filter(({ name }) => name.startsWith('in.')),
    expected: { values: [rejected('out.timesteps')] },
    flag: 'invalid-accepted',
  };
}

/** SCH-7 and SCH-8, in double precision. */
function linearAlphaBars(): number[] {
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

/** A step of a scheduler from given samples and outputs of the network. */
function steps(config: object, results: readonly (readonly number[])[], noise?: readonly number[]) {
  const number = (k: number) => String(k).padStart(2, '0');
  const shape = [1, 1, 2, 2];
  const tensors = [
    ...['in.sample0', 'in.clean', 'in.add_noise'].map((name) => tensor(name, 'F32', shape, SAMPLE)),
    tensor('in.t', 'I32', [1], [10]),
    ...results.flatMap((result, k) => [
      tensor(`in.model_output.${number(k)}`, 'F32', shape, OUTPUT),
      ...(noise ? [tensor(`in.noise.${number(k)}`, 'F32', shape, noise)] : []),
      tensor(`out.prev_sample.${number(k)}`, 'F32', shape, result),
    ]),
  ];
  return {
    kind: 'sched.steps',
    tier: 'tokenizers',
    options: { config },
    tensors,
    tolerances: { default: { form: 'close', rtol: 1e-4, atol: 1e-5 } },
    expected: { tensors: expectedOf(tensors, 'default') },
  } as const;
}

/** DIF-8 at 500 and 0, with noise of zeros. */
function withoutNoise(): OwnVector {
  const alphaBars = linearAlphaBars();
  let x = SAMPLE;
  const results = [500, 0].map((t) => {
    const [a, b] = [alphaBars[t]!, t === 0 ? 1 : alphaBars[t - 500]!];
    const beta = 1 - a / b;
    x = x.map((value, i) => {
      const clean = (value - Math.sqrt(1 - a) * OUTPUT[i]!) / Math.sqrt(a);
      return ((Math.sqrt(b) * beta) / (1 - a)) * clean + ((Math.sqrt(1 - beta) * (1 - b)) / (1 - a)) * value;
    });
    return x;
  });
  const config = { scheduler: 'DDPMScheduler', args: PLAIN, num_inference_steps: 2, mode: null };
  return {
    ...steps(config, results, [0, 0, 0, 0]),
    description: 'steps of DDPM with noise of zeros, which are the means',
    requirements: ['DIF-8'],
    flag: 'step-mean',
  };
}

/** DIF-5 at 750, 500 and 250, with η = 1/2. */
function withNoise(): OwnVector {
  const [alphaBars, eta] = [linearAlphaBars(), 0.5];
  let x = SAMPLE;
  const results = [750, 500, 250].map((t) => {
    const [a, b] = [alphaBars[t]!, alphaBars[t - 250]!];
    const variance = ((eta ** 2 * (1 - b)) / (1 - a)) * (1 - a / b);
    x = x.map((value, i) => {
      const clean = (value - Math.sqrt(1 - a) * OUTPUT[i]!) / Math.sqrt(a);
      return Math.sqrt(b) * clean + Math.sqrt(1 - b - variance) * OUTPUT[i]! + Math.sqrt(variance) * NOISE[i]!;
    });
    return x;
  });
  const args = { ...PLAIN, steps_offset: 0 };
  const config = { scheduler: 'DDIMScheduler', args, num_inference_steps: 4, mode: 'leading', eta };
  const vector = steps(config, [...results, results[2]!], NOISE);
  const tensors = vector.tensors.filter(({ name }) => name !== 'out.prev_sample.03');
  return {
    ...vector,
    tensors,
    expected: { tensors: expectedOf(tensors, 'default') },
    description: 'steps of DDIM with noise',
    requirements: ['DIF-5'],
    flag: 'step-variance',
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
  const vector = steps(config, [next, next, next]);
  const first = Object.entries(vector.expected.tensors).slice(0, 1);
  return {
    ...vector,
    tensors: vector.tensors.filter(({ name }) => !/^out.*0[12]$/.test(name)),
    expected: { tensors: Object.fromEntries(first) },
    description: 'the first call of PNDM without Runge–Kutta steps: a transfer by one output',
    requirements: ['DIF-10'],
    flag: 'step-mean',
  };
}
