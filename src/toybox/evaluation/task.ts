/** The parts that a task of `fourm eval` is made of. */
import type { Input, Model } from '../../api/model.js';
import type { SignalOptions } from '../../api/types/options.js';
import type { Results } from '../../api/types/results.js';
import type { CocoImage } from '../../evaluation/coco-dataset.js';
import type { Better } from '../../evaluation/report.js';
import type { RgbImage } from '../../media/raster.js';
import type { PictureSize } from '../../modalities/boxes.js';
import type { ToyboxSample } from '../sample.js';

/** A measure of the quality of predictions. */
export interface Figure {
  /** Its name, and its unit. */
  readonly metric: string;
  readonly better: Better;
  /** null where the scenes have nothing to measure, such as poses without people. */
  readonly value: number | null;
}

/** Compares predictions with the truth, scene by scene. */
export interface Metric<Value> {
  add(predicted: Value, truth: Value): void;
  /** Always the same figures in the same order. Scenes are ranked by the first. */
  figures(): Figure[];
}

/** Predicts the same for every scene: the best prediction without any input. */
export interface TrivialPredictor<Value> {
  /** Adds a training scene. */
  learn(truth: Value): void;
  /** @throws InvalidInputError before any scene was learned */
  predict(): Value;
}

/** Writes predictions and truth so that other programs can score them. */
export interface Exporter<Value> {
  /** @param name of the picture */
  add(index: number, name: string, predicted: Value, truth: Value): void;
  /** The contents by the ends of their file names; the names are the same before anything was added. */
  files(): Readonly<Record<string, unknown>>;
}

/** A modality that a model predicts from the picture of a scene, and how the prediction is scored. */
export interface Task<Name extends string, Value> {
  readonly name: string;
  /** The modality that is predicted. */
  readonly target: Name;
  /** Whether the true values are features that a frozen network of the package computes: {@link Model.features} of the target. */
  readonly needsNetwork?: boolean;
  /** The true values of scenes; those of a frozen network need the pictures alone. */
  truths(samples: readonly ToyboxSample[], model: Model, options?: SignalOptions): Promise<Value[]>;
  /**
   * The true value in a user's file, converted to the square that the model reads. Absent if the modality has no files, or if the
   * truth comes from a network.
   *
   * @param input   contents of the file: a picture or map, a raster, text or values
   * @param picture the size of the picture that it belongs to
   * @param size    pixels a side of the square
   * @throws InvalidInputError for values of another kind
   * @throws MediaError for a damaged file
   */
  readonly fromInput?: (input: Input, picture: PictureSize, size: number) => Value;
  /**
   * The true value in a COCO file. Absent if such files have none.
   *
   * @param picture its size
   */
  readonly fromCoco?: (image: CocoImage, picture: PictureSize) => Value;
  /** Input of {@link Model.reconstruct} for the ground truth, to measure the loss of tokenization. */
  input(truth: Value): Input;
  /** The value in a result of the model. */
  valueOf(result: Results<Name>[Name]): Value;
  metric(): Metric<Value>;
  trivial(): TrivialPredictor<Value>;
  /** Merges several predictions of a scene: their mean, or the majority. Absent if they cannot be merged. */
  readonly ensemble?: (predictions: readonly Value[]) => Value;
  /** Draws a value for the report. */
  draw(value: Value, rgb: RgbImage): RgbImage | string;
  /** Collects predictions and truth as files of a usual format. */
  readonly exporter?: () => Exporter<Value>;
}

/** Properties of a task without its values. */
export interface TaskInfo {
  readonly name: string;
  readonly target: string;
  readonly needsNetwork: boolean;
  /** Whether true values can be read from files of the modality. */
  readonly readsFiles: boolean;
  /** Whether true values can be read from COCO files. */
  readonly readsCoco: boolean;
}
