import { linearAlphaBars } from './scheduler-steps.js';
import { type OwnVector, rejected } from './write.js';

/** Losses of diffusion decoders, and shifted timesteps. */
export function diffusion(): Record<string, OwnVector> {
  return {
    diffusion_loss: loss(),
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
