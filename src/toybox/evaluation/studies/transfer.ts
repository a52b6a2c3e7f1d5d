import type { Input, Model } from '../../../api/model.js';
import { pauseOrCancel } from '../../../errors.js';
import { BoxMetric3D } from '../../../evaluation/boxes-3d.js';
import type { ScoreRow } from '../../../evaluation/report.js';
import { Random } from '../../../random.js';
import type { FourM } from '../../../transformer/model.js';
import type { ToyboxSample } from '../../sample.js';
import { boxesOnGrid, solidBoxes } from '../../transfer/boxes.js';
import { encodeScenes, type SceneFeatures } from '../../transfer/features.js';
import type { TransferLabel } from '../../transfer/head.js';
import { boxesOf, predictWithHead, type TransferPrediction, trainHead } from '../../transfer/train.js';
import { trivialPrediction } from '../../transfer/trivial.js';
import { listScenes } from '../scenes.js';
import type { Study } from '../study.js';

/** Labelled training scenes, at most, and for each test scene. */
const TRAINING = 1000;
const TRAINING_PER_TEST = 10;
/** A head sees each training scene about so often. */
const EPOCHS = 16;
const BATCH = 32;
const LEARNING_RATE = 3e-3;
/** Scenes whose inputs are read at once. */
const READ = 25;

const INPUTS = [['rgb'], ['rgb', 'depth']] as const;
const ENCODERS = ['pre-trained', 'random weights'] as const;

/** Figures of a head, 0…1. */
interface TransferScores {
  readonly accuracy: number;
  readonly ap: number | null;
  readonly ap25: number | null;
}

const METRICS = [
  { key: 'accuracy', task: 'transfer: count', name: 'accuracy' },
  { key: 'ap', task: 'transfer: 3D boxes', name: 'AP3D' },
  { key: 'ap25', task: 'transfer: 3D boxes', name: 'AP at IoU 0.25' },
] as const;

/**
 * Transfer of the encoder to two tasks that it was not trained on: counting the solids of a scene, and their boxes in space. A small
 * head is trained on the frozen encoder, from RGB, and from RGB and the true depth, as a sensor gives it (4M-21, section 4.3, where the
 * encoder is trained too). The same head on an encoder with random weights tells what a head learns by itself.
 */
export const transferStudy: Study = {
  name: 'transfer',
  modalities: ['rgb'],
  hasPicture: false,
  async run(model, { scenes, seed = 0, signal, onProgress }) {
    const training = await listScenes(model, 'train', Math.min(TRAINING, TRAINING_PER_TEST * scenes), signal);
    const tests = await listScenes(model, 'test', scenes, signal);
    const samples = [...training, ...tests];
    const steps = Math.ceil((EPOCHS * training.length) / BATCH);
    const inputSets = INPUTS.filter((names) => names.every((name) => model.modalities.includes(name)));
    const perHead = samples.length + steps;
    const total = inputSets.length * ENCODERS.length * perHead;

    let trivial: TransferScores | undefined;
    const results: { inputs: string; encoder: string; figures: TransferScores }[] = [];
    for (const names of inputSets) {
      const before = results.length * perHead;
      const encoded = await encodeAll(model, samples, names, {
        seed,
        signal,
        onProgress: (done) => onProgress?.(before + ENCODERS.length * done, total),
      });
      for (const [i, features] of encoded.entries()) {
        const grid = Math.sqrt(features.patches);
        const labels = training.map((sample) => labelOf(sample, grid));
        trivial ??= scoresOf(
          tests,
          tests.map(() => trivialPrediction(labels, grid)),
        );
        const head = await trainHead(features, labels, {
          steps,
          batch: BATCH,
          learningRate: LEARNING_RATE,
          seed,
          signal,
          onStep: (step) => onProgress?.(before + ENCODERS.length * samples.length + i * steps + step, total),
        });
        const unseen = { ...features, scenes: features.scenes.slice(training.length) };
        const figures = scoresOf(tests, await predictWithHead(head, unseen, signal));
        for (const parameter of head.parameters.all) parameter.dispose();
        results.push({ inputs: names.join(' + '), encoder: ENCODERS[i]!, figures });
      }
    }
    const rows = METRICS.flatMap(({ key, task, name }) =>
      results.map(
        ({ inputs, encoder, figures }): ScoreRow => ({
          task,
          metric: `${name}, ${inputs}, ${encoder}`,
          better: 'higher',
          trivial: trivial![key],
          model: figures[key],
          ceiling: null,
        }),
      ),
    );
    return {
      study: 'transfer',
      rows,
      notes: [`Transfer: heads on frozen encoders, trained on ${training.length} scenes, tested on ${tests.length}.`],
      figures: { scenes: tests.length, trainingScenes: training.length, steps, trivial, results },
    };
  },
};

/** Features of all scenes, by each of {@link ENCODERS}. */
async function encodeAll(
  model: Model,
  samples: readonly ToyboxSample[],
  names: readonly ('rgb' | 'depth')[],
  { seed, signal, onProgress }: { seed: number; signal: AbortSignal | undefined; onProgress: (done: number) => void },
): Promise<SceneFeatures[]> {
  const encoders: FourM[] = [];
  const parts: SceneFeatures[][] = ENCODERS.map(() => []);
  try {
    for (const kind of ENCODERS) {
      const encoder = await model.forTraining.encoder(names, { signal });
      encoders.push(encoder);
      const random = new Random(seed);
      if (kind === 'random weights') for (const parameter of encoder.parameters.all) parameter.initialize(random);
    }
    for (let start = 0; start < samples.length; start += READ) {
      const batch = samples.slice(start, start + READ);
      const values = batch.map((sample) => {
        return Object.fromEntries(names.map((name): [string, Input] => [name, sample[name]]));
      });
      const inputs = await model.forTraining.encoderInputs(values, { signal });
      for (const [i, encoder] of encoders.entries()) {
        await pauseOrCancel(signal, 'the evaluation');
        parts[i]!.push(await encodeScenes(encoder, inputs, batch.length));
      }
      onProgress(start + batch.length);
    }
  } finally {
    for (const { parameters } of encoders) for (const parameter of parameters.all) parameter.dispose();
  }
  return parts.map((own) => ({ ...own[0]!, scenes: own.flatMap(({ scenes }) => scenes) }));
}

/** The truth of a scene for the head. */
function labelOf(sample: ToyboxSample, grid: number): TransferLabel {
  const boxes = solidBoxes(sample);
  return { count: boxes.length, boxes: boxesOnGrid(boxes, sample.scene.camera, grid) };
}

function scoresOf(tests: readonly ToyboxSample[], predictions: readonly TransferPrediction[]): TransferScores {
  const metric = new BoxMetric3D();
  let right = 0;
  tests.forEach((sample, i) => {
    const [truth, { count, boxes }] = [solidBoxes(sample), predictions[i]!];
    if (count === truth.length) right++;
    metric.add(boxesOf(boxes, sample.scene.camera), truth);
  });
  return { accuracy: right / tests.length, ...metric.result() };
}
