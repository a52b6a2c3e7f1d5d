import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { CancelledError, CheckpointError, FourMError } from '../../src/errors.js';
import { buildLinear, linear } from '../../src/nn/linear.js';
import { ParameterList } from '../../src/nn/parameters.js';
import { Random } from '../../src/random.js';
import { ADAMW } from '../../src/training/adamw.js';
import { type TrainingConfig, type TrainingTask, train } from '../../src/training/loop.js';
import { onOneBackend } from '../on-backends.js';
import { type MemoryStore, memoryStore } from './store.js';

onOneBackend();

const STEPS = 6;
const CONFIG: TrainingConfig = {
  steps: STEPS,
  seed: 3,
  learningRate: { peak: 0.1, warmup: 2, total: STEPS, final: 0.01 },
  adamw: ADAMW,
  checkpointMinutes: 1000,
};
const clock = () => 0;

/** Learns to sum two random numbers. */
function task(seed = 0): TrainingTask & { dispose: () => void } {
  const parameters = new ParameterList();
  const layer = buildLinear(parameters, 2, 1);
  const random = new Random(seed);
  for (const parameter of parameters.all) parameter.initialize(random);
  return {
    parameters,
    trained: parameters.all,
    async step(random, differentiate) {
      const [a, b] = random.uniforms(2) as unknown as [number, number];
      const loss = await differentiate(() =>
        tf.mean(tf.squaredDifference(linear(layer, tf.tensor2d([[a, b]])), a + b)),
      );
      return { loss, first: a };
    },
    dispose: () => {
      for (const parameter of parameters.all) parameter.dispose();
    },
  };
}

async function run(store: MemoryStore, options: { until?: number; config?: Partial<TrainingConfig> } = {}) {
  const training = task();
  const stop = new AbortController();
  try {
    await train(
      training,
      { ...CONFIG, ...options.config },
      {
        store,
        clock,
        signal: stop.signal,
        onProgress: ({ step }) => {
          if (step === options.until) stop.abort();
        },
      },
    );
  } finally {
    training.dispose();
  }
}

test('records and reports every step, and writes a checkpoint at the end', async () => {
  const store = memoryStore();
  const told: [number, number][] = [];
  const training = task();
  await train(training, CONFIG, { store, clock, onProgress: ({ step }, total) => told.push([step, total]) });
  expect(told).toEqual([1, 2, 3, 4, 5, 6].map((step) => [step, STEPS]));
  expect(store.records.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(store.records.map(({ learningRate }) => learningRate).slice(0, 3)).toEqual([0.05, 0.1, 0.1]);
  expect(store.records.every(({ gradientNorm, values }) => gradientNorm > 0 && values.loss! > 0)).toBe(true);
  expect(store.checkpoints).toEqual([STEPS]);
  const moments = ['weight', 'bias'].flatMap((name) => [name, `adamw.mean.${name}`, `adamw.square.${name}`]);
  expect(Object.keys(store.last()).sort()).toEqual(moments.sort());
  training.dispose();
});

test('a run stopped anywhere and resumed equals an uninterrupted one', async () => {
  const unbroken = memoryStore();
  await run(unbroken);
  for (let until = 1; until < STEPS; until++) {
    const store = memoryStore();
    await expect(run(store, { until })).rejects.toThrow(CancelledError);
    expect(store.checkpoints).toEqual([until]);
    await run(store);
    expect(store.records).toEqual(unbroken.records);
    expect(store.last()).toEqual(unbroken.last());
  }
});

test('a run that was lost after its last checkpoint repeats the steps since', async () => {
  const unbroken = memoryStore();
  await run(unbroken);
  const store = memoryStore();
  const { record } = store;
  store.record = async (line) => {
    if (line.step === 4) throw new Error('killed');
    await record(line);
  };
  let minutes = 0;
  const training = task();
  const every = { ...CONFIG, checkpointMinutes: 2 };
  await expect(train(training, every, { store, clock: () => 60_000 * minutes++ })).rejects.toThrow('killed');
  training.dispose();
  expect(store.checkpoints).toEqual([2]);
  store.record = record;
  await run(store);
  expect(store.records).toEqual(unbroken.records);
  expect(store.last()).toEqual(unbroken.last());
});

test('a finished run has nothing left to do', async () => {
  const store = memoryStore();
  await run(store);
  const before = structuredClone({ records: store.records, last: store.last() });
  await run(store);
  expect({ records: store.records, last: store.last() }).toEqual(before);
});

test('every step of every seed sees other data', async () => {
  const [one, other] = [memoryStore(), memoryStore()];
  await run(one);
  await run(other, { config: { seed: 4 } });
  const firstValues = [one, other].flatMap(({ records }) => records.map(({ values }) => values.first));
  expect(new Set(firstValues).size).toBe(2 * STEPS);
});

test('a step that the signal abandons is not counted, and a resumed run repeats it', async () => {
  const unbroken = memoryStore();
  await run(unbroken);
  const store = memoryStore();
  const stop = new AbortController();
  const training = task();
  let steps = 0;
  const abandoning: TrainingTask = {
    ...training,
    step: async (random, differentiate) => {
      if (++steps < 3) return training.step(random, differentiate);
      stop.abort();
      throw new CancelledError('rendering a batch');
    },
  };
  const stopped = train(abandoning, CONFIG, { store, clock, signal: stop.signal });
  await expect(stopped).rejects.toThrow(new CancelledError(`training, at step 2 of ${STEPS},`));
  training.dispose();
  expect(store.checkpoints).toEqual([2]);
  await run(store);
  expect(store.records).toEqual(unbroken.records);
  expect(store.last()).toEqual(unbroken.last());
});

test("a step that is cancelled by anything but the run's signal ends the run", async () => {
  const training = task();
  const cancelled: TrainingTask = { ...training, step: () => Promise.reject(new CancelledError('another')) };
  const started = train(cancelled, CONFIG, { store: memoryStore(), clock, signal: new AbortController().signal });
  await expect(started).rejects.toThrow(new CancelledError('another'));
  training.dispose();
});

test('a signal that fired before the start leaves a checkpoint of step 0', async () => {
  const store = memoryStore();
  const training = task();
  const started = train(training, CONFIG, { store, clock, signal: AbortSignal.abort() });
  await expect(started).rejects.toThrow(new CancelledError('training, at step 0 of 6,'));
  expect(store.checkpoints).toEqual([0]);
  training.dispose();
});

test('a loss that is no number ends the run without replacing its checkpoint', async () => {
  const store = memoryStore();
  const training = task();
  const broken: TrainingTask = {
    ...training,
    step: (random, differentiate) =>
      training.step(random, (loss) => differentiate(() => tf.mul(loss(), Number.NaN) as tf.Scalar)),
  };
  const before = tf.memory().numTensors;
  const diverged = train(broken, CONFIG, { store, clock });
  await expect(diverged).rejects.toThrow(FourMError);
  await expect(diverged).rejects.toThrow('training diverged at step 1: loss NaN, gradient norm NaN');
  expect(store.checkpoints).toEqual([]);
  expect(tf.memory().numTensors).toBe(before);
  training.dispose();
});

test('leaves only the parameters on the device', async () => {
  const training = task();
  const before = tf.memory().numTensors;
  await train(training, CONFIG, { store: memoryStore(), clock });
  expect(tf.memory().numTensors).toBe(before);
  training.dispose();
});

test('does not go on from the checkpoint of another model', async () => {
  const store = memoryStore();
  await store.checkpoint(2, [{ name: 'weight', shape: [1, 3], data: new Float32Array(3) }]);
  await expect(run(store)).rejects.toThrow(CheckpointError);
});
