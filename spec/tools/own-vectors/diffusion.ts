import type { OwnVector } from './write.js';

/** Losses of diffusion decoders, and shifted timesteps. */
export function diffusion(): Record<string, OwnVector> {
  return { diffusion_loss: loss(), timesteps_offset: offset() };
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

/** A run of two steps, whose timesteps are those of `leading`, one higher. */
function offset(): OwnVector {
  const shape = [1, 1, 1, 2];
  const timesteps = [501, 1];
  const data = Float32Array.of(0.5, -0.25);
  const inputs = ['in.sample0', 'in.model_output.00', 'in.model_output.01', 'in.clean', 'in.add_noise'];
  return {
    kind: 'sched.steps',
    description: 'timesteps of DDIM with steps_offset 1',
    tier: 'tokenizers',
    options: {
      config: {
        scheduler: 'DDIMScheduler',
        args: { beta_schedule: 'linear', prediction_type: 'epsilon', steps_offset: 1 },
        num_inference_steps: timesteps.length,
        mode: 'leading',
        eta: 0,
        use_clipped_model_output: false,
      },
    },
    tensors: [
      ...inputs.map((name) => ({ name, dtype: 'F32' as const, shape, data })),
      { name: 'in.t', dtype: 'I32', shape: [1], data: Int32Array.of(10) },
      { name: 'out.timesteps', dtype: 'I32', shape: [timesteps.length], data: Int32Array.from(timesteps) },
    ],
    expected: { tensors: { 'out.timesteps': { dtype: 'I32', shape: [timesteps.length] } } },
    requirements: ['SCH-12', 'SCH-15'],
    flag: 'timestep-spacing',
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
