/** A user's own data for `fourm eval` and `fourm tokenize`. */
import type { Model } from '../api/model.js';
import { InvalidInputError, MediaError, pauseOrCancel } from '../errors.js';
import type { RgbImage } from '../media/raster.js';
import { cropToSquare, resize } from '../media/resize.js';
import { type EvaluationData, type EvaluationScene, reasonWithoutNetwork } from '../toybox/evaluation/data.js';
import type { EvaluationTask } from '../toybox/evaluation/evaluation-task.js';
import type { ToyboxSample } from '../toybox/sample.js';
import { withProgress } from './progress.js';
import { readInputFile } from './read-input.js';
import { note, type Terminal } from './terminal.js';
import { type UserPicture, type UserPictures, type UserPicturesOptions, userPictures } from './user-pictures.js';

/** A user's data for an evaluation. */
export interface UserData extends EvaluationData {
  /**
   * Reads all files that some tasks need, and leaves out the pictures with a damaged or missing one, which are named on the terminal.
   *
   * @throws InvalidInputError if no picture is left
   * @throws CancelledError when the signal fires
   */
  withoutBad(tasks: readonly EvaluationTask[]): Promise<UserData>;
}

/**
 * @param maxPictures pictures that are used, the first by name or id
 * @throws InvalidInputError as {@link userPictures}
 */
export async function userData(
  model: Model,
  path: string,
  from: UserPicturesOptions,
  maxPictures: number,
  terminal: Terminal,
): Promise<UserData> {
  const { pictures, has } = await userPictures(path, from, terminal);
  const size = await pictureSize(model, terminal.signal);
  return dataOf(model, path, pictures.slice(0, maxPictures), has, size, terminal);
}

/** Whether an error is of data, such as a damaged file, and not of the program or the machine. */
export function isBadData(error: unknown): boolean {
  return error instanceof InvalidInputError || error instanceof MediaError;
}

/** Side in pixels of the square that the model takes, from its tokens of pictures. */
export async function pictureSize(model: Model, signal: AbortSignal): Promise<number> {
  const grey = { width: 64, height: 64, channels: 3, data: new Uint8Array(64 * 64 * 3).fill(128) };
  const [reconstructed] = await model.reconstruct('rgb', [grey], { signal });
  return reconstructed!.values.width;
}

function dataOf(
  model: Model,
  path: string,
  pictures: readonly UserPicture[],
  has: UserPictures['has'],
  size: number,
  terminal: Terminal,
): UserData {
  async function* scenes(signal?: AbortSignal): AsyncGenerator<EvaluationScene> {
    for (const picture of pictures) {
      await pauseOrCancel(signal, 'the evaluation');
      yield userScene(model, picture, size, terminal);
    }
  }
  return {
    name: path,
    counts: { training: pictures.length, test: pictures.length },
    training: scenes,
    test: scenes,
    async reasonWithout(task) {
      if (task.needsNetwork) return reasonWithoutNetwork(model, task.target);
      return has(task) ? undefined : `the data has no '${task.target}'`;
    },
    async withoutBad(tasks) {
      const fromFiles = tasks.filter(({ needsNetwork }) => !needsNetwork);
      const good: UserPicture[] = [];
      await withProgress(terminal, 'checking files', async (progress) => {
        for (const [i, picture] of pictures.entries()) {
          await pauseOrCancel(terminal.signal, 'the evaluation');
          try {
            const scene = await userScene(model, picture, size, terminal);
            for (const task of fromFiles) await task.truthAsInput(scene, terminal.signal);
            good.push(picture);
          } catch (error) {
            if (!isBadData(error)) throw error;
            note(terminal, `skipped: ${(error as Error).message}`);
          }
          progress.update(i + 1, pictures.length);
        }
      });
      if (good.length === 0) throw new InvalidInputError(`${path}: all ${pictures.length} pictures were skipped`);
      return dataOf(model, path, good, has, size, terminal);
    },
  };
}

/**
 * Reads a picture of a user.
 *
 * @param size side in pixels of the square that the model takes
 * @throws MediaError or InvalidInputError naming the file
 */
export async function userScene(
  model: Model,
  { name, path, truthOf }: UserPicture,
  size: number,
  terminal: Terminal,
): Promise<EvaluationScene> {
  const picture = (await readInputFile('rgb', path, terminal)) as RgbImage;
  const rgb = resize(cropToSquare(picture), size, size, 'bicubic');
  const { signal } = terminal;
  return {
    name,
    rgb,
    async truthOf(task) {
      if (!task.needsNetwork) return truthOf(task, picture, size);
      // Networks need nothing of a scene but its picture.
      return (await task.truths([{ rgb } as ToyboxSample], model, { signal }))[0];
    },
  };
}
