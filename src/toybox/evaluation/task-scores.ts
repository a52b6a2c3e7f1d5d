import type { ScoreRow } from '../../evaluation/report.js';
import type { RgbImage } from '../../media/raster.js';
import type { Exporter, Metric, Task, TrivialPredictor } from './task.js';

/** A scene with its ground truth and prediction. */
export interface JudgedScene<Value> {
  /** Its number, from 0 on. */
  readonly index: number;
  readonly name: string;
  readonly rgb: RgbImage;
  readonly truth: Value;
  readonly predicted: Value;
  /** Several predictions as one. */
  readonly ensemble?: Value;
  /** The truth through its tokens. */
  readonly reconstructed: Value;
}

/** One of the best or worst predictions. */
export interface Example {
  readonly index: number;
  readonly name: string;
  /** The first figure of the task, of this scene alone. */
  readonly score: number;
  readonly input: RgbImage;
  readonly predicted: RgbImage | string;
  readonly truth: RgbImage | string;
}

/** The outcome of a task. */
export interface TaskReport {
  readonly task: string;
  readonly rows: readonly ScoreRow[];
  /** Predictions and truth in a usual format, by the ends of their file names. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** The best scenes by the first figure, the best first. */
  readonly best: readonly Example[];
  /** The worst scenes, the worst first. */
  readonly worst: readonly Example[];
}

interface Ranked<Value> {
  readonly scene: JudgedScene<Value>;
  readonly score: number;
}

/** Number of best scenes, and of worst scenes, in a report. */
const KEPT = 3;

/** Figures of a task: of the model, of a predictor without input, and of the reconstructed truth. */
export class TaskScores<Value> {
  readonly #task: Task<string, Value>;
  readonly #trivial: TrivialPredictor<Value>;
  readonly #metrics: Readonly<Record<'trivial' | 'model' | 'ensemble' | 'ceiling', Metric<Value>>>;
  readonly #exporter: Exporter<Value> | undefined;
  #constant: { readonly value: Value } | undefined;
  #hasEnsemble = false;
  /** Best first. */
  #ranked: Ranked<Value>[] = [];

  constructor(task: Task<string, Value>) {
    this.#task = task;
    this.#trivial = task.trivial();
    this.#exporter = task.exporter?.();
    this.#metrics = { trivial: task.metric(), model: task.metric(), ensemble: task.metric(), ceiling: task.metric() };
  }

  /** Shows a training scene to the trivial predictor. All of them go before the first {@link add}. */
  learn(truth: Value): void {
    this.#trivial.learn(truth);
  }

  add(scene: JudgedScene<Value>): void {
    const { trivial, model, ensemble, ceiling } = this.#metrics;
    this.#constant ??= { value: this.#trivial.predict() };
    trivial.add(this.#constant.value, scene.truth);
    model.add(scene.predicted, scene.truth);
    ceiling.add(scene.reconstructed, scene.truth);
    if (scene.ensemble !== undefined) {
      ensemble.add(scene.ensemble, scene.truth);
      this.#hasEnsemble = true;
    }
    this.#exporter?.add(scene.index, scene.name, scene.predicted, scene.truth);
    this.#rank(scene);
  }

  /** @throws InvalidInputError before any scene has been added */
  report(): TaskReport {
    const figures = {
      trivial: this.#metrics.trivial.figures(),
      ensemble: this.#metrics.ensemble.figures(),
      ceiling: this.#metrics.ceiling.figures(),
    };
    const rows = this.#metrics.model.figures().map(({ metric, better, value }, i) => ({
      task: this.#task.name,
      metric,
      better,
      trivial: figures.trivial[i]!.value,
      model: value,
      ...(this.#hasEnsemble && { ensemble: figures.ensemble[i]!.value }),
      ceiling: figures.ceiling[i]!.value,
    }));
    const half = Math.min(KEPT, Math.floor(this.#ranked.length / 2));
    return {
      task: this.#task.name,
      rows,
      ...(this.#exporter && { files: this.#exporter.files() }),
      best: this.#ranked
        .slice(0, Math.max(half, Math.min(1, this.#ranked.length)))
        .map((ranked) => this.#drawn(ranked)),
      worst:
        half === 0
          ? []
          : this.#ranked
              .slice(-half)
              .reverse()
              .map((ranked) => this.#drawn(ranked)),
    };
  }

  /** Keeps the scene if it is among the best or the worst. */
  #rank(scene: JudgedScene<Value>): void {
    const alone = this.#task.metric();
    alone.add(scene.predicted, scene.truth);
    const [first] = alone.figures();
    if (!first || first.value === null) return;
    const sign = first.better === 'higher' ? 1 : -1;
    const all = [...this.#ranked, { scene, score: first.value }].sort((a, b) => sign * (b.score - a.score));
    this.#ranked = all.length <= 2 * KEPT ? all : [...all.slice(0, KEPT), ...all.slice(-KEPT)];
  }

  #drawn({ scene: { index, name, rgb, predicted, truth }, score }: Ranked<Value>): Example {
    return {
      index,
      name,
      score,
      input: rgb,
      predicted: this.#task.draw(predicted, rgb),
      truth: this.#task.draw(truth, rgb),
    };
  }
}
