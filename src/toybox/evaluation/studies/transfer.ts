import type { Input, Model } from '../../../api/model.js';
import { pauseOrCancel } from '../../../errors.js';
import { BoxMetric3D } from '../../../evaluation/boxes-3d.js';
import type { ScoreRow } from '../../../evaluation/report.js';
import { Random } from '../../../random.js';
import { patchGrid } from '../../../transformer/batch.js';
import type { ToyboxSample } from '../../sample.js';
import { boxesOnGrid, solidBoxes } from '../../transfer/boxes.js';
import { type EncoderInputs, frozenFeatures, joinInputs, trainedFeatures } from '../../transfer/features.js';
import type { TransferLabel } from '../../transfer/head.js';
import { boxesOf, predictWithHead, type TransferPrediction, trainHead } from '../../transfer/train.js';
import { trivialPrediction } from '../../transfer/trivial.js';
import { listScenes } from '../scenes.js';
import type { Study } from '../study.js';

/** Labelled training scenes, at most, and for each test scene. */
const TRAINING = 1000;
const TRAINING_PER_TEST = 10;
/** Each training scene is seen about so often. */
const EPOCHS = 16;
const BATCH = 32;
/** Scenes whose inputs are read at once. */
const READ = 25;

const INPUTS = [['rgb'], ['rgb', 'depth']] as const;

/** An encoder, and how a head is trained on it. */
interface Variant {
  readonly name: string;
  /** Whether the encoder has the model's weights; if not, random ones. */
  readonly preTrained: boolean;
  /** Whether the encoder is trained with the head. */
  readonly trained: boolean;
  readonly learningRate: number;
}

const VARIANTS: readonly Variant[] = [
  { name: 'pre-trained, fine-tuned', preTrained: true, trained: true, learningRate: 1e-3 },
  { name: 'from scratch', preTrained: false, trained: true, learningRate: 1e-3 },
  { name: 'pre-trained, frozen', preTrained: true, trained: false, learningRate: 3e-3 },
  { name: 'random weights, frozen', preTrained: false, trained: false, learningRate: 3e-3 },
];

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
 * head is trained with the encoder, from RGB, and from RGB and the true depth, as a sensor gives it (4M-21, section 4.3); and on the
 * frozen encoder. Encoders with random weights show how much of it the pre-training gives.
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
    const total = inputSets.length * (samples.length + VARIANTS.length * steps);
    let done = 0;
    const advance = (count: number) => {
      done += count;
      onProgress?.(done, total);
    };

    let trivial: TransferScores | undefined;
    const results: { inputs: string; encoder: string; figures: TransferScores }[] = [];
    for (const names of inputSets) {
      const inputs = await readInputs(model, samples, names, { signal, onRead: advance });
      for (const variant of VARIANTS) {
        const encoder = await model.forTraining.encoder(names, { signal });
        try {
          const random = new Random(seed);
          if (!variant.preTrained) for (const parameter of encoder.parameters.all) parameter.initialize(random);
          const features = variant.trained
            ? trainedFeatures(encoder, inputs)
            : await frozenFeatures(encoder, inputs, samples.length, () => pauseOrCancel(signal, 'the evaluation'));
          const [grid] = patchGrid(encoder.modalities[Object.keys(inputs)[0]!]!);
          const labels = training.map((sample) => labelOf(sample, grid));
          trivial ??= scoresOf(
            tests,
            tests.map(() => trivialPrediction(labels, grid)),
          );
          const head = await trainHead(features, labels, {
            steps,
            batch: BATCH,
            learningRate: variant.learningRate,
            seed,
            signal,
            onStep: () => advance(1),
          });
          const unseen = tests.map((_, i) => training.length + i);
          const figures = scoresOf(tests, await predictWithHead(head, features, unseen, signal));
          for (const parameter of head.parameters.all) parameter.dispose();
          results.push({ inputs: names.join(' + '), encoder: variant.name, figures });
        } finally {
          for (const parameter of encoder.parameters.all) parameter.dispose();
        }
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
      notes: [`Transfer: ${steps} steps on ${training.length} scenes, tested on ${tests.length}.`],
      figures: { scenes: tests.length, trainingScenes: training.length, steps, trivial, results },
    };
  },
};

/** The values of all scenes as an encoder reads them. */
async function readInputs(
  model: Model,
  samples: readonly ToyboxSample[],
  names: readonly ('rgb' | 'depth')[],
  { signal, onRead }: { signal: AbortSignal | undefined; onRead: (count: number) => void },
): Promise<EncoderInputs> {
  const parts: EncoderInputs[] = [];
  for (let start = 0; start < samples.length; start += READ) {
    const batch = samples.slice(start, start + READ);
    const values = batch.map((sample) =>
      Object.fromEntries(names.map((name): [string, Input] => [name, sample[name]])),
    );
    parts.push(await model.forTraining.encoderInputs(values, { signal }));
    onRead(batch.length);
  }
  return joinInputs(parts);
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
