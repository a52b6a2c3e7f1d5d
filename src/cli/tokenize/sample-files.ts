/** A sample as files, one for each modality of the transformer, as the official data loader reads them. */
import type { Model } from '../../api/model.js';
import type { TokenizedValue } from '../../api/request/tokenize-values.js';
import type { Input } from '../../api/types/inputs.js';
import { InvalidInputError, pauseOrCancel } from '../../errors.js';
import { encodePng } from '../../media/encode.js';
import { encodeNpy } from '../../media/npy.js';
import type { RgbImage } from '../../media/raster.js';
import type { EvaluationTask } from '../../toybox/evaluation/evaluation-task.js';
import { TASKS } from '../../toybox/evaluation/tasks/index.js';
import type { SampleSource } from './samples.js';

/** A file of a sample. */
export interface SampleFile {
  /** Published name of the modality, or `crop_settings`. */
  readonly modality: string;
  readonly extension: 'png' | 'npy' | 'txt';
  readonly content: Uint8Array;
}

/** The official modality with the crop of each picture. It is written last, to mark complete samples. */
export const CROP_SETTINGS = 'crop_settings';

/** The tasks whose modality the model has, and the samples too. */
export function tokenizedTasks(model: Model, source: SampleSource): EvaluationTask[] {
  return TASKS.filter((task) => model.modalities.includes(task.target) && source.has(task));
}

/**
 * Tokenizes a sample: pixels, tokens of every modality, texts, and `crop_settings`, last.
 *
 * @throws MediaError or InvalidInputError naming the file, for a damaged or missing one
 * @throws CancelledError when the signal fires
 */
export async function sampleFiles(
  model: Model,
  source: SampleSource,
  index: number,
  tasks: readonly EvaluationTask[],
  signal: AbortSignal,
): Promise<SampleFile[]> {
  await pauseOrCancel(signal, 'tokenizing');
  const scene = await source.read(index);
  const tokenized = async (name: string, value: Input) => {
    const [tokens] = await model.forTraining.tokenize(name, [value], { signal });
    return fileOf(tokens!);
  };
  const files = [pixelsOf(scene.rgb), await tokenized('rgb', scene.rgb)];
  for (const task of tasks) {
    const value = await scene.inputOf(task, signal);
    if (value === undefined) throw new InvalidInputError(`${source.nameOf(index)} has no '${task.target}'`);
    try {
      files.push(await tokenized(task.target, value));
      if (task.target === 'caption' && model.modalities.includes('t5_caption')) {
        files.push(await tokenized('t5_caption', value));
      }
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      throw new InvalidInputError(`${source.nameOf(index, task)}: ${error.message}`, { cause: error });
    }
  }
  // The pixels are cropped already: the whole square, not flipped.
  const crop = Int32Array.of(0, 0, scene.rgb.height, scene.rgb.width, 0);
  files.push({
    modality: CROP_SETTINGS,
    extension: 'npy',
    content: encodeNpy({ shape: [1, crop.length], data: crop }),
  });
  return files;
}

function pixelsOf(rgb: RgbImage): SampleFile {
  return { modality: `rgb@${rgb.width}`, extension: 'png', content: encodePng(rgb) };
}

/** Tokens of one crop are [1, tokens]: officially there may be several crops. */
function fileOf({ modality, ids, text, vectors }: TokenizedValue): SampleFile {
  if (text !== undefined) return { modality, extension: 'txt', content: new TextEncoder().encode(text) };
  const array = vectors
    ? { shape: [vectors.data.length / vectors.width, vectors.width], data: vectors.data }
    : { shape: [1, ids.length], data: Uint16Array.from(ids) };
  return { modality, extension: 'npy', content: encodeNpy(array) };
}
