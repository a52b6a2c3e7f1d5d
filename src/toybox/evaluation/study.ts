/** Evaluations of other kinds than predicting a modality from the picture. */
import type { Model } from '../../api/model.js';
import type { ScoreRow } from '../../evaluation/report.js';
import type { RgbImage } from '../../media/raster.js';
import { reasonWithoutNetwork } from './data.js';

/** Options of {@link Study.run}. */
export interface StudyOptions {
  /** Test scenes, at most; a study may need fewer. */
  readonly scenes: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
  /** Called after each part of the work. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** The outcome of a study. */
export interface StudyReport {
  readonly study: string;
  readonly rows: readonly ScoreRow[];
  /** One sentence each. */
  readonly notes: readonly string[];
  /** All figures, including those without a row. */
  readonly figures: Readonly<Record<string, unknown>>;
  readonly picture?: RgbImage;
}

/** An evaluation of another kind than a task. */
export interface Study {
  readonly name: string;
  /** Modalities that the model has to have. */
  readonly modalities: readonly string[];
  /** Of these embeddings, one at least has to be a modality of the model with a frozen network; absent if none is needed. */
  readonly embeddings?: readonly string[];
  /** Whether {@link StudyReport.picture} is there. */
  readonly hasPicture: boolean;
  /** @throws CancelledError when the signal fires */
  run(model: Model, options: StudyOptions): Promise<StudyReport>;
}

/** Global embeddings for the comparison of pictures, the preferred one first. */
export const GLOBAL_EMBEDDINGS = ['dinov2_global', 'imagebind_global'] as const;

/** The first of some embeddings whose frozen network the model's package has. */
export async function embeddingWithNetwork(model: Model, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    if (model.modalities.includes(name) && (await reasonWithoutNetwork(model, name)) === undefined) return name;
  }
  return undefined;
}

/** Why a study cannot evaluate a model; undefined if it can. */
export async function reasonStudyLeftOut(model: Model, { modalities, embeddings }: Study): Promise<string | undefined> {
  const missing = modalities.find((name) => !model.modalities.includes(name));
  if (missing !== undefined) return `the model has no modality '${missing}'`;
  if (embeddings === undefined || (await embeddingWithNetwork(model, embeddings)) !== undefined) return undefined;
  return `the model has no frozen network of ${embeddings.join(' or ')}`;
}
