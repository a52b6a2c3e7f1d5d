import { describe, expect, it } from 'vitest';
import type { Model } from '../../../src/api/model.js';
import { toyboxScene } from '../../../src/toybox/evaluation/data.js';
import type { Figure, Task } from '../../../src/toybox/evaluation/task.js';
import { bestConstantSet } from '../../../src/toybox/evaluation/tasks/best-constant.js';
import { captionTask } from '../../../src/toybox/evaluation/tasks/captions.js';
import { depthTask } from '../../../src/toybox/evaluation/tasks/depth.js';
import { detectionTask } from '../../../src/toybox/evaluation/tasks/detections.js';
import { cannyEdgeTask, samEdgeTask } from '../../../src/toybox/evaluation/tasks/edges.js';
import {
  clipTask,
  dinov2GlobalTask,
  dinov2Task,
  imagebindGlobalTask,
  imagebindTask,
} from '../../../src/toybox/evaluation/tasks/features.js';
import { TASKS } from '../../../src/toybox/evaluation/tasks/index.js';
import { instanceTask } from '../../../src/toybox/evaluation/tasks/instances.js';
import { metadataTask } from '../../../src/toybox/evaluation/tasks/metadata.js';
import { normalTask } from '../../../src/toybox/evaluation/tasks/normals.js';
import { paletteTask } from '../../../src/toybox/evaluation/tasks/palette.js';
import { poseTask } from '../../../src/toybox/evaluation/tasks/poses.js';
import { semsegTask } from '../../../src/toybox/evaluation/tasks/semseg.js';
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

async function figuresOf<Value>(task: Task<string, Value>, predict: (truth: Value) => Value): Promise<Figure[]> {
  const metric = task.metric();
  for (const truth of await task.truths(tests, network)) metric.add(predict(truth), truth);
  return metric.figures();
}

/** The figures of perfect predictions. */
const BEST: Readonly<Record<'lower' | 'higher', number>> = { lower: 0, higher: 1 };

function describeTask<Value>(task: Task<string, Value>): void {
  describe(task.name, () => {
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
      const drawn = task.draw(truth!, tests[0]!.rgb);
      if (typeof drawn === 'string') expect(drawn.length).toBeGreaterThan(0);
      else expect(drawn.data).toHaveLength(drawn.width * drawn.height * 3);
    });
  });
}

describeTask(depthTask);
describeTask(normalTask);
describeTask(semsegTask);
describeTask(cannyEdgeTask);
describeTask(samEdgeTask);
describeTask(clipTask);
describeTask(dinov2Task);
describeTask(imagebindTask);
describeTask(dinov2GlobalTask);
describeTask(imagebindGlobalTask);
describeTask(captionTask);
describeTask(detectionTask);
describeTask(instanceTask);
describeTask(paletteTask);
describeTask(metadataTask);
describeTask(poseTask);

describe('a listed task', () => {
  const about = (target: string) => TASKS.find((task) => task.target === target)!;

  it('tells where its true values can be read from', () => {
    expect(about('det')).toMatchObject({ readsFiles: true, readsCoco: true, needsNetwork: false });
    expect(about('depth')).toMatchObject({ readsFiles: true, readsCoco: false, needsNetwork: false });
    expect(about('clip')).toMatchObject({ readsFiles: false, readsCoco: false, needsNetwork: true });
  });

  it('gives the true value of a scene as input of a model', async () => {
    const scene = toyboxScene(network, tests[0]!, 'a scene');
    expect(await about('depth').truthAsInput(scene)).toBe(tests[0]!.depth);
    expect(await about('caption').truthAsInput({ ...scene, truthOf: async () => undefined })).toBeUndefined();
  });
});

describe('bestConstantSet', () => {
  it('takes as many of the most frequent things as make F1 largest', () => {
    // Of the first alone F1 is 2 · 0.9 / (1 + 1.5) = 0.72; of two 2 · 1.4 / 3.5 = 0.8; of all three 2 · 1.5 / 4.5 = 0.67.
    expect(bestConstantSet([0.5, 0.1, 0.9], 1.5)).toEqual([2, 0]);
    expect(bestConstantSet([0, 0], 0)).toEqual([]);
  });
});
