import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { FourMError } from '../../src/errors.js';
import { constant } from '../../src/nn/initializers.js';
import { Parameter } from '../../src/nn/parameters.js';
import { Random } from '../../src/random.js';
import { ADAMW, AdamW, type AdamWConfig } from '../../src/training/adamw.js';
import { onEachBackend, onOneBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { readerOf } from './store.js';

const CONFIG: AdamWConfig = { beta1: 0.8, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.5, clip: 1.5 };
const LEARNING_RATE = 0.1;
const NAMES = ['weight', 'bias', 'head'] as const;
type Name = (typeof NAMES)[number];

/** Gradients of each step; `head` has none in the second. */
const GRADIENTS: Partial<Record<Name, number[]>>[] = [
  { weight: [1, -2, 3, -4], bias: [0.5, 0], head: [2, -1] },
  { weight: [0.1, 0.2, -0.1, 0.05], bias: [-0.3, 0.2] },
  { weight: [-0.4, 0, 0.2, 0.3], bias: [0.01, 0.02], head: [5, 5] },
];
const START: Record<Name, number[]> = { weight: [1, 2, -3, 0.5], bias: [1, -1], head: [0.25, 4] };

/** AdamW by the paper, one number at a time; only `weight` decays. */
function plain(config: AdamWConfig): { values: Record<Name, number[]>; norms: number[] } {
  const values = structuredClone(START);
  const moments = Object.fromEntries(NAMES.map((name) => [name, values[name].map(() => ({ m: 0, v: 0 }))]));
  const norms = GRADIENTS.map((gradients, i) => {
    const norm = Math.hypot(...Object.values(gradients).flat());
    const scale = Math.min(1, config.clip / norm);
    for (const name of NAMES) {
      gradients[name]?.forEach((g, k) => {
        const moment = moments[name]![k]!;
        moment.m = config.beta1 * moment.m + (1 - config.beta1) * g * scale;
        moment.v = config.beta2 * moment.v + (1 - config.beta2) * (g * scale) ** 2;
        const [m, v] = [moment.m / (1 - config.beta1 ** (i + 1)), moment.v / (1 - config.beta2 ** (i + 1))];
        if (name === 'weight') values[name][k]! *= 1 - LEARNING_RATE * config.weightDecay;
        values[name][k]! -= (LEARNING_RATE * m) / (Math.sqrt(v) + config.epsilon);
      });
    }
    return norm;
  });
  return { values, norms };
}

function parameters(): Record<Name, Parameter> {
  const make = (name: Name, shape: number[], options = {}) => {
    const parameter = new Parameter(name, shape, { init: constant(0), ...options });
    parameter.load(Float32Array.from(START[name]));
    return parameter;
  };
  return {
    weight: make('weight', [4, 1], { decay: true }),
    bias: make('bias', [2]),
    head: make('head', [2]),
  };
}

async function step(optimizer: AdamW, of: Record<Name, Parameter>, i: number): Promise<number> {
  const gradients = Object.fromEntries(
    Object.entries(GRADIENTS[i]!).map(([name, values]) => {
      const { value } = of[name as Name];
      return [value.name, tf.tensor(values, value.shape)];
    }),
  );
  const norm = optimizer.apply(gradients, LEARNING_RATE);
  const [length] = await norm.data();
  tf.dispose([norm, ...Object.values(gradients)]);
  return length!;
}

const release = (of: Record<Name, Parameter>) => {
  for (const parameter of Object.values(of)) parameter.dispose();
};

onEachBackend(() => {
  test.each([
    ['with clipping', CONFIG],
    ['without clipping', { ...CONFIG, clip: 1e6 }],
    ["4M's settings", ADAMW],
  ])('steps as in the paper, %s; what has no gradient stays', async (_, config) => {
    const before = tf.memory().numTensors;
    const of = parameters();
    const optimizer = new AdamW(Object.values(of), config);
    const expected = plain(config);
    for (const i of GRADIENTS.keys()) {
      const head = await of.head.read();
      expectClose([await step(optimizer, of, i)], [expected.norms[i]!], { rtol: 1e-6, atol: 0 }, 'norm');
      if (!GRADIENTS[i]!.head) expect(await of.head.read()).toEqual(head);
    }
    expect(optimizer.step).toBe(3);
    for (const name of NAMES) {
      expectClose(await of[name].read(), expected.values[name], { rtol: 1e-5, atol: 1e-6 }, name);
    }
    optimizer.dispose();
    release(of);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('on one backend', () => {
  onOneBackend();

  test('resumes exactly from its state', async () => {
    const [unbroken, stopped, resumed] = [parameters(), parameters(), parameters()];
    const whole = new AdamW(Object.values(unbroken), CONFIG);
    for (const i of GRADIENTS.keys()) await step(whole, unbroken, i);
    const first = new AdamW(Object.values(stopped), CONFIG);
    await step(first, stopped, 0);
    const state = (await first.state()).map((tensor) => ({ ...tensor, data: tensor.data.slice() }));
    for (const name of NAMES) resumed[name].load((await stopped[name].read()).slice());
    const second = new AdamW(Object.values(resumed), CONFIG);
    await second.restore(readerOf(state), first.step);
    await step(second, resumed, 1);
    await step(second, resumed, 2);
    for (const name of NAMES) expect(await resumed[name].read()).toEqual(await unbroken[name].read());
    for (const optimizer of [whole, first, second]) optimizer.dispose();
    for (const of of [unbroken, stopped, resumed]) release(of);
  });

  test('refuses the state of another model, by name', async () => {
    const of = parameters();
    const optimizer = new AdamW(Object.values(of), CONFIG);
    const state = (await optimizer.state()).filter(({ name }) => name !== 'adamw.square.bias');
    const restored = optimizer.restore(readerOf(state), 1);
    await expect(restored).rejects.toThrow(FourMError);
    await expect(restored).rejects.toThrow('"adamw.square.bias"');
    optimizer.dispose();
    release(of);
  });

  test('walks down a hill to its lowest point', async () => {
    const of = parameters();
    const optimizer = new AdamW(Object.values(of), { ...ADAMW, weightDecay: 0 });
    const random = new Random(0);
    const goal = tf.tensor2d(
      Array.from({ length: 4 }, () => random.normal()),
      [4, 1],
    );
    const loss = () => tf.sum(tf.squaredDifference(of.weight.value, goal)) as tf.Scalar;
    for (let i = 0; i < 150; i++) {
      const { value, grads } = tf.variableGrads(loss, [of.weight.value]);
      tf.dispose([value, optimizer.apply(grads, 0.1 * (1 - i / 150)), ...Object.values(grads)]);
    }
    expectClose(await of.weight.read(), await goal.data(), { rtol: 0, atol: 0.02 });
    optimizer.dispose();
    goal.dispose();
    release(of);
  });
});
