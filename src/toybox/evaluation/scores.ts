import type { Model } from '../../api/model.js';
import type { Results } from '../../api/types/results.js';
import { boxOfCorners } from '../../evaluation/box-matching.js';
import { CaptionMetric } from '../../evaluation/captions.js';
import { DepthMetric } from '../../evaluation/depth.js';
import { DetectionMetric } from '../../evaluation/detection.js';
import { NormalMetric } from '../../evaluation/normals.js';
import type { ScoreRow } from '../../evaluation/report.js';
import { SegmentationMetric } from '../../evaluation/segmentation.js';
import { MeanPredictor, MostFrequentPredictor, unitVectors } from '../../evaluation/trivial.js';
import type { Box } from '../../modalities/text/detections.js';
import { captionObjects } from '../caption.js';
import { SEMSEG_CLASSES } from '../constants.js';
import { TOYBOX_SIZE } from '../modalities.js';
import { type ToyboxSample, toyboxDetections } from '../sample.js';

/** Modalities that are predicted from the picture. */
export const TARGETS = ['depth', 'normal', 'semseg', 'caption', 'det'] as const;
const MAPS = ['depth', 'normal', 'semseg'] as const;

type Predicted = Results<(typeof TARGETS)[number]>;
/** The values of the three maps. */
type Maps = Readonly<Record<(typeof MAPS)[number], ArrayLike<number>>>;

/** The metrics of the three maps, for one of those who predict them. */
class MapScores {
  readonly #depth = new DepthMetric();
  readonly #normal = new NormalMetric();
  readonly #semseg = new SegmentationMetric(SEMSEG_CLASSES.length);

  add(maps: Maps, truth: ToyboxSample): void {
    this.#depth.add(maps.depth, truth.depth.data);
    this.#normal.add(maps.normal, truth.normal.data);
    this.#semseg.add(maps.semseg, truth.semseg.data);
  }

  /** In the order of {@link ToyboxScores.rows}. */
  figures(): number[] {
    const [depth, normal, semseg] = [this.#depth.result(), this.#normal.result(), this.#semseg.result()];
    return [depth.absRel, depth.rmse, depth.delta1, normal.mean, normal.below11, semseg.meanIou, semseg.pixelAccuracy];
  }
}

/** The figures of a model on toybox scenes, beside a predictor that sees no picture and the tokenizers' own loss. */
export class ToyboxScores {
  readonly #mean = { depth: new MeanPredictor(), normal: new MeanPredictor() };
  readonly #mostFrequent = new MostFrequentPredictor(SEMSEG_CLASSES.length);
  #usual: Maps | undefined;
  readonly #trivial = new MapScores();
  readonly #model = new MapScores();
  readonly #ceiling = new MapScores();
  readonly #caption = new CaptionMetric();
  readonly #det = new DetectionMetric();

  /** Shows a training scene to the trivial predictors. All of them go before the first {@link add}. */
  learn(sample: ToyboxSample): void {
    this.#mean.depth.add(sample.depth.data);
    this.#mean.normal.add(sample.normal.data);
    this.#mostFrequent.add(sample.semseg.data);
  }

  /** The true maps reconstructed by their tokenizers, scene by scene. */
  async reconstruct(model: Model, samples: readonly ToyboxSample[]): Promise<Maps[]> {
    const values = new Map<string, ArrayLike<number>[]>();
    for (const name of MAPS) {
      const results = await model.reconstruct(
        name,
        samples.map((sample) => sample[name]),
      );
      values.set(
        name,
        results.map((result) => result.values.data),
      );
    }
    return samples.map((_, i) => ({
      depth: values.get('depth')![i]!,
      normal: values.get('normal')![i]!,
      semseg: values.get('semseg')![i]!,
    }));
  }

  /** Adds a scene, what the model made of its picture, and what the tokenizers made of its maps. */
  add(sample: ToyboxSample, predicted: Predicted, reconstructed: Maps): void {
    this.#usual ??= {
      depth: this.#mean.depth.result(),
      normal: unitVectors(this.#mean.normal.result()),
      semseg: this.#mostFrequent.result(),
    };
    const { depth, normal, semseg, caption, det } = predicted;
    this.#trivial.add(this.#usual, sample);
    this.#model.add({ depth: depth.values.data, normal: normal.values.data, semseg: semseg.values.data }, sample);
    this.#ceiling.add(reconstructed, sample);
    this.#caption.add(captionObjects(caption.text), sample.objects);
    this.#det.add(
      det.objects.map(({ label, box }) => ({ label, box: pixels(box), score: 1 })),
      toyboxDetections(sample).map(({ label, box }) => ({ label, box: pixels(box) })),
    );
  }

  rows(): ScoreRow[] {
    const [trivial, model, ceiling] = [this.#trivial, this.#model, this.#ceiling].map((scores) => scores.figures()) as [
      number[],
      number[],
      number[],
    ];
    const maps = (
      [
        ['depth', 'AbsRel', 'lower'],
        ['depth', 'RMSE (m)', 'lower'],
        ['depth', 'δ < 1.25', 'higher'],
        ['normal', 'mean angle (°)', 'lower'],
        ['normal', 'angle < 11.25°', 'higher'],
        ['semseg', 'mean IoU', 'higher'],
        ['semseg', 'pixel accuracy', 'higher'],
      ] as const
    ).map(([task, metric, better], i) => ({
      task,
      metric,
      better,
      trivial: trivial[i]!,
      model: model[i]!,
      ceiling: ceiling[i]!,
    }));
    const [caption, det] = [this.#caption.result(), this.#det.result()];
    const words = [
      ['caption', 'colour–shape recall', caption.recall],
      ['caption', 'colour–shape precision', caption.precision],
      ['det', 'AP', det.ap ?? 0],
      ['det', 'AP at IoU 0.5', det.ap50 ?? 0],
    ] as const;
    return [
      ...maps,
      ...words.map(([task, metric, model]) => ({
        task,
        metric,
        better: 'higher' as const,
        trivial: null,
        model,
        ceiling: null,
      })),
    ];
  }
}

function pixels(box: Box) {
  const { xmin, ymin, xmax, ymax } = box;
  return boxOfCorners({
    xmin: xmin * TOYBOX_SIZE,
    ymin: ymin * TOYBOX_SIZE,
    xmax: xmax * TOYBOX_SIZE,
    ymax: ymax * TOYBOX_SIZE,
  });
}
