import { describe, expect, it } from 'vitest';
import type { Model } from '../../../src/api/model.js';
import type { AnyTask, Figure } from '../../../src/toybox/evaluation/task.js';
import { bestConstantSet } from '../../../src/toybox/evaluation/tasks/best-constant.js';
import { TASKS } from '../../../src/toybox/evaluation/tasks/index.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { toyboxSeed } from '../../../src/toybox/splits.js';

const scenes = (split: 'train' | 'test', count: number) =>
  Array.from({ length: count }, (_, i) => toyboxSample(toyboxSeed(split, i)));
const [training, tests] = [scenes('train', 30), scenes('test', 12)];

/** Gives numbers that depend on the picture in place of a frozen network. */
const network = {
  async features(name: string, pictures: readonly { data: ArrayLike<number> }[]) {
    return pictures.map(({ data }) => {
      const vector = Float32Array.from({ length: 8 }, (_, d) => data[d * 997]! / 64 - 2);
      return name.endsWith('global') ? vector : { width: 2, height: 1, channels: 4, data: vector };
    });
  },
} as unknown as Model;

async function figuresOf(task: AnyTask, predict: (truth: unknown) => unknown): Promise<Figure[]> {
  const metric = task.metric();
  for (const truth of await task.truths(tests, network)) metric.add(predict(truth), truth);
  return metric.figures();
}

/** The figures of perfect predictions. */
const BEST: Readonly<Record<'lower' | 'higher', number>> = { lower: 0, higher: 1 };

describe.each(TASKS.map((task) => [task.name, task] as const))('%s', (_, task) => {
  it('scores the truth perfectly, and the trivial predictor below it', async () => {
    const perfect = await figuresOf(task, (truth) => truth);
    for (const { metric, better, value } of perfect) expect(value, metric).toBeCloseTo(BEST[better], 5);

    const trivial = task.trivial();
    for (const truth of await task.truths(training, network)) trivial.learn(truth);
    const [first] = await figuresOf(task, () => trivial.predict());
    if (first!.better === 'lower') expect(first!.value).toBeGreaterThan(0.001);
    else expect(first!.value).toBeLessThan(0.999);
  });

  it('has the same figures before anything was added', async () => {
    const names = (figures: readonly Figure[]) => figures.map(({ metric }) => metric);
    expect(names(task.metric().figures())).toEqual(names(await figuresOf(task, (truth) => truth)));
  });

  it('takes equal predictions as that prediction, if it makes ensembles', async () => {
    if (!task.ensemble) return;
    const figures = await figuresOf(task, (truth) => task.ensemble!([truth, truth, truth]));
    for (const { metric, better, value } of figures) expect(value, metric).toBeCloseTo(BEST[better], 4);
  });

  it('draws its values', async () => {
    const [truth] = await task.truths(tests, network);
    const drawn = task.draw(truth, tests[0]!.rgb);
    if (typeof drawn === 'string') expect(drawn.length).toBeGreaterThan(0);
    else expect(drawn.data).toHaveLength(drawn.width * drawn.height * 3);
  });
});

describe('bestConstantSet', () => {
  it('takes as many of the most frequent things as make F1 largest', () => {
    // Of the first alone F1 is 2 · 0.9 / (1 + 1.5) = 0.72; of two 2 · 1.4 / 3.5 = 0.8; of all three 2 · 1.5 / 4.5 = 0.67.
    expect(bestConstantSet([0.5, 0.1, 0.9], 1.5)).toEqual([2, 0]);
    expect(bestConstantSet([0, 0], 0)).toEqual([]);
  });
});
