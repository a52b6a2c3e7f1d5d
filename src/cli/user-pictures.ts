/** Pictures of a user with their true values: a folder of modalities, or a COCO file. */
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toRaster } from '../api/request/images.js';
import type { Input } from '../api/types/inputs.js';
import { InvalidInputError, MediaError } from '../errors.js';
import { type CocoImage, cocoImages } from '../evaluation/coco-dataset.js';
import { readError } from '../io/file-errors.js';
import { readJson } from '../io/read-file.js';
import type { Raster, RgbImage } from '../media/raster.js';
import type { Task, TaskInfo } from '../toybox/evaluation/task.js';
import { readInputFile } from './read-input.js';
import { note, type Terminal } from './terminal.js';

/** A picture of a user, and where its true values come from. */
export interface UserPicture {
  readonly name: string;
  readonly path: string;
  /** The file that the true values of a task come from; undefined if there is none. */
  fileOf(task: Pick<TaskInfo, 'target'>): string | undefined;
  /** The true value of a task; undefined if there is none. */
  truthOf<Value>(task: Task<string, Value>, picture: RgbImage, size: number): Promise<Value | undefined>;
}

const PICTURE = /\.(png|jpe?g)$/i;

/** Pictures of a user, and the tasks that they have true values of. */
export interface UserPictures {
  readonly pictures: readonly UserPicture[];
  has(task: TaskInfo): boolean;
}

/**
 * @param path   a folder with a folder for each modality, `<modality>/<class>/<name>` (the simple hierarchical layout of
 *               ml-4m), or a COCO file
 * @param images the folder of a COCO file's pictures; the file's own if undefined
 * @returns      sorted by name or id, at least one
 * @throws InvalidInputError for data of another layout, and files of one modality that have no picture
 */
export async function userPictures(
  path: string,
  images: string | undefined,
  terminal: Terminal,
): Promise<UserPictures> {
  const status = await stat(path).catch((error: unknown) => {
    throw readError(path, error);
  });
  const found = status.isDirectory() ? await hierarchicalFolder(path, terminal) : await cocoFile(path, images);
  if (found.pictures.length === 0) throw new InvalidInputError(`${path} has no pictures`);
  return found;
}

async function hierarchicalFolder(path: string, terminal: Terminal): Promise<UserPictures> {
  const modalities = await modalitiesIn(path, terminal);
  const pictures = await folderPictures(path, modalities, terminal);
  return { pictures, has: ({ target, readsFiles }) => readsFiles && modalities.has(target) };
}

async function cocoFile(path: string, images: string | undefined): Promise<UserPictures> {
  const all = cocoImages(await readJson(path), path);
  const hasMasks = all.some(({ objects }) => objects.some(({ mask }) => mask));
  return {
    pictures: all.map((image) => cocoPicture(image, images ?? dirname(path))),
    has: ({ target, readsCoco }) => readsCoco && (target !== 'sam_instance' || hasMasks),
  };
}

/**
 * The files of every modality by `<class>/<name>` without the extension; of `rgb`, pictures alone.
 *
 * @throws InvalidInputError for two files of one modality whose names differ in the extension alone, and for pipes and devices
 */
async function modalitiesIn(root: string, terminal: Terminal): Promise<Map<string, Map<string, string>>> {
  const modalities = new Map<string, Map<string, string>>();
  const others: string[] = [];
  for (const modality of await foldersIn(root)) {
    const files = new Map<string, string>();
    for (const group of await foldersIn(join(root, modality))) {
      for (const entry of await readdir(join(root, modality, group), { withFileTypes: true })) {
        if (entry.isDirectory() || entry.name.startsWith('.')) continue;
        const file = join(root, modality, group, entry.name);
        if (modality === 'rgb' && !PICTURE.test(entry.name)) {
          others.push(file);
          continue;
        }
        if (!entry.isFile() && !entry.isSymbolicLink()) throw new InvalidInputError(`${file} is not a regular file`);
        const key = `${group}/${entry.name.replace(/\.[^.]+$/, '')}`;
        const other = files.get(key);
        if (other !== undefined) throw new InvalidInputError(`${file} and ${other} differ in their extensions alone`);
        files.set(key, file);
      }
    }
    modalities.set(modality, files);
  }
  if (others.length > 0) note(terminal, `left out, as no PNG or JPEG by name: ${listed(others)}`);
  return modalities;
}

/** The first names of a list, and how many more there are. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

async function folderPictures(
  root: string,
  modalities: Map<string, Map<string, string>>,
  terminal: Terminal,
): Promise<UserPicture[]> {
  const pictures = modalities.get('rgb');
  if (!pictures) throw new InvalidInputError(`${root} has no folder 'rgb' with the pictures, rgb/<class>/<name>.png`);
  for (const files of modalities.values()) {
    const stray = [...files.keys()].find((name) => !pictures.has(name));
    if (stray !== undefined) {
      throw new InvalidInputError(`${files.get(stray)} has no picture: there is no ${stray} in ${join(root, 'rgb')}`);
    }
  }
  return [...pictures.keys()].sort().map((name) => {
    const path = pictures.get(name)!;
    const fileOf = ({ target }: Pick<TaskInfo, 'target'>) => modalities.get(target)?.get(name);
    const truthOf: UserPicture['truthOf'] = async (task, picture, size) => {
      const file = fileOf(task);
      if (file === undefined || !task.fromInput) return undefined;
      const input = await readInputFile(task.target, file, terminal);
      return named(file, () => {
        checkProportions(input, picture);
        return task.fromInput!(input as Input, picture, size);
      });
    };
    return { name, path, fileOf, truthOf };
  });
}

function cocoPicture(image: CocoImage, folder: string): UserPicture {
  const { file, width, height } = image;
  return {
    name: file,
    path: join(folder, file),
    fileOf: () => undefined,
    async truthOf(task, picture) {
      if (picture.width !== width || picture.height !== height) {
        const found = `${picture.width} × ${picture.height}`;
        throw new InvalidInputError(
          `${join(folder, file)} has ${found} pixels, and ${width} × ${height} in the COCO file`,
        );
      }
      return task.fromCoco?.(image, picture);
    },
  };
}

/**
 * A map may have another resolution than its picture; other proportions, by more than a pixel, would show other things.
 *
 * @throws InvalidInputError naming both sizes
 */
function checkProportions(input: Input, picture: RgbImage): void {
  if (!(input instanceof Uint8Array) && !(typeof input === 'object' && 'data' in input && 'width' in input)) return;
  const { width, height } = toRaster(input as Uint8Array | Raster, { kind: 'classes' });
  if (Math.abs(width * picture.height - height * picture.width) <= Math.max(picture.width, picture.height)) return;
  throw new InvalidInputError(
    `${width} × ${height} has other proportions than its picture of ${picture.width} × ${picture.height} pixels`,
  );
}

/** @throws InvalidInputError or MediaError naming the file */
function named<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MediaError) throw new MediaError(`${file}: ${error.message}`, { cause: error });
    if (error instanceof InvalidInputError) throw new InvalidInputError(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
}
