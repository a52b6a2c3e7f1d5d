/** Samples to tokenize: scenes of the toybox, or pictures of a user. */
import type { Model } from '../../api/model.js';
import type { Input } from '../../api/types/inputs.js';
import { InvalidInputError } from '../../errors.js';
import type { RgbImage } from '../../media/raster.js';
import { inGrid, toyboxInstances, withRoom } from '../../toybox/annotations/instances.js';
import { roundedPalette } from '../../toybox/annotations/palette.js';
import { toyboxScene } from '../../toybox/evaluation/data.js';
import type { EvaluationTask } from '../../toybox/evaluation/evaluation-task.js';
import { knowsPeople } from '../../toybox/evaluation/scenes.js';
import type { TaskInfo } from '../../toybox/evaluation/task.js';
import { type ToyboxSample, toyboxSample } from '../../toybox/sample.js';
import { type Split, toyboxSeed } from '../../toybox/splits.js';
import { pictureSize, userScene } from '../eval-data.js';
import type { Terminal } from '../terminal.js';
import { type UserPicturesOptions, userPictures } from '../user-pictures.js';

/** Samples in a fixed order, each of which can be read alone. */
export interface SampleSource {
  readonly count: number;
  /** `<class>/<name>`, different for each sample. */
  keyOf(index: number): string;
  /** A sample in error messages: the file of its picture, or that of a task's values if there is one. */
  nameOf(index: number, task?: TaskInfo): string;
  /** Whether samples have values of a task. */
  has(task: TaskInfo): boolean;
  /** @throws MediaError or InvalidInputError naming the file */
  read(index: number): Promise<Sample>;
}

/** A picture, and its values as inputs of a model. */
export interface Sample {
  /** The square that the model takes. */
  readonly rgb: RgbImage;
  /** The value of a task's modality; undefined if there is none. @throws MediaError or InvalidInputError naming the file */
  inputOf(task: EvaluationTask, signal: AbortSignal): Promise<Input | undefined>;
}

/** The name of the dataset that is rendered, in place of a path. */
export const TOYBOX = 'toybox';

/** Scenes of a part of the toybox, from one on; without people for models that have not learned them. */
export function toyboxSource(model: Model, split: Split, from: number, count: number): SampleSource {
  toyboxSeed(split, from + count - 1);
  const people = knowsPeople(model);
  const nameOf = (index: number) => `${split} scene ${from + index}`;
  return {
    count,
    keyOf: (index) => `${split}/${String(from + index).padStart(10, '0')}`,
    nameOf,
    has: () => true,
    async read(index) {
      const sample = toyboxSample(toyboxSeed(split, from + index), { people });
      return { rgb: sample.rgb, inputOf: (task, signal) => toyboxInput(model, sample, task, signal) };
    },
  };
}

/** A value of a scene as the model is trained on it. */
async function toyboxInput(
  model: Model,
  sample: ToyboxSample,
  task: EvaluationTask,
  signal: AbortSignal,
): Promise<Input | undefined> {
  if (task.target === 'color_palette') return roundedPalette(sample);
  if (task.target === 'sam_instance') {
    const objects = toyboxInstances(sample).map((instance) => ({ ...inGrid(instance), mask: instance.mask }));
    const [{ text } = { text: '' }] = await model.forTraining.tokenize('sam_instance', [objects], { signal });
    return withRoom(sample, text!);
  }
  return task.truthAsInput(toyboxScene(model, sample, task.name), signal);
}

/**
 * Pictures of a user, in the order of their names.
 *
 * @param path  a folder `<modality>/<class>/<name>`, or a COCO file
 * @param count the pictures that are used, from one on; all if undefined
 * @throws InvalidInputError for data of another layout, or names that differ in their extensions alone
 */
export async function userSource(
  model: Model,
  path: string,
  options: UserPicturesOptions,
  from: number,
  count: number | undefined,
  terminal: Terminal,
): Promise<SampleSource> {
  const { pictures: all, has } = await userPictures(path, options, terminal);
  const pictures = all.slice(from, count === undefined ? undefined : from + count);
  if (pictures.length === 0)
    throw new InvalidInputError(`${path} has ${all.length} pictures, and none from ${from} on`);
  const keys = pictures.map(({ name }) => keyOfFile(name));
  const seen = new Set<string>();
  for (const [i, key] of keys.entries()) {
    if (seen.has(key)) throw new InvalidInputError(`${pictures[i]!.path}: another picture has the same name, ${key}`);
    seen.add(key);
  }
  const size = await pictureSize(model, terminal.signal);
  return {
    count: pictures.length,
    keyOf: (index) => keys[index]!,
    nameOf: (index, task) => (task && pictures[index]!.fileOf(task)) ?? pictures[index]!.path,
    has,
    async read(index) {
      const scene = await userScene(model, pictures[index]!, size, terminal);
      return { rgb: scene.rgb, inputOf: (task, signal) => task.truthAsInput(scene, signal) };
    },
  };
}

/**
 * `<class>/<name>` of a file, without its extension. Readers of tar shards take what follows the first dot of a name as its
 * extension, so that other dots become lines.
 */
function keyOfFile(file: string): string {
  const parts = file.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  const name = parts
    .join('/')
    .replace(/\.(png|jpe?g)$/i, '')
    .replaceAll('.', '-');
  return name.includes('/') ? name : `all/${name}`;
}
