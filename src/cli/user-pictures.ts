/** Pictures of a user with their true values: a folder of modalities, or a COCO file. */
import type { Dirent, Stats } from 'node:fs';
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
/** Where pictures of a folder are. */
const PLACE = 'rgb/<class>/<name>.png';

/** Pictures of a user, and the tasks that they have true values of. */
export interface UserPictures {
  readonly pictures: readonly UserPicture[];
  has(task: TaskInfo): boolean;
}

/** Where pictures are, and what is done with files that are not as they should be. */
export interface UserPicturesOptions {
  /** The folder of a COCO file's pictures; the file's own if undefined. */
  readonly images: string | undefined;
  /** Files without a picture are skipped, named and counted. */
  readonly skipBad: boolean;
}

/**
 * @param path a folder with a folder for each modality, `<modality>/<class>/<name>` (the simple hierarchical layout of
 *             ml-4m), or a COCO file
 * @returns    sorted by name or id, at least one
 * @throws InvalidInputError for data of another layout, and files of one modality that have no picture
 */
export async function userPictures(
  path: string,
  { images, skipBad }: UserPicturesOptions,
  terminal: Terminal,
): Promise<UserPictures> {
  const isFolder = (await statusOf(path)).isDirectory();
  const found = isFolder ? await hierarchicalFolder(path, skipBad, terminal) : await cocoFile(path, images);
  if (found.pictures.length === 0)
    throw new InvalidInputError(`${path} has no pictures${isFolder ? `: there are none in ${PLACE}` : ''}`);
  return found;
}

async function hierarchicalFolder(path: string, skipBad: boolean, terminal: Terminal): Promise<UserPictures> {
  const modalities = await modalitiesIn(path, terminal);
  const rgb = modalities.get('rgb');
  if (!rgb) throw new InvalidInputError(`${path} has no folder 'rgb' with the pictures, ${PLACE}`);
  checkAligned(path, modalities, rgb, skipBad, terminal);
  return {
    pictures: [...rgb.keys()].sort().map((name) => folderPicture(name, rgb.get(name)!, modalities, terminal)),
    has: ({ target, readsFiles }) => readsFiles && modalities.has(target),
  };
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
  const misplaced: string[] = [];
  for (const modality of await foldersIn(root)) {
    const files = new Map<string, string>();
    const folder = join(root, modality);
    const isPictures = modality === 'rgb';
    for (const group of await foldersIn(folder)) {
      for (const entry of await entriesOf(join(folder, group))) {
        const file = join(folder, group, entry.name);
        if (entry.isDirectory()) {
          if (isPictures) misplaced.push(file);
          continue;
        }
        if (isPictures && !PICTURE.test(entry.name)) {
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
    if (isPictures) {
      const loose = (await entriesOf(folder)).filter((entry) => entry.isFile() && PICTURE.test(entry.name));
      misplaced.push(...loose.map(({ name }) => join(folder, name)));
    }
    modalities.set(modality, files);
  }
  if (others.length > 0) note(terminal, `left out, as no PNG or JPEG by name: ${listed(others)}`);
  if (misplaced.length > 0) note(terminal, `left out, as not in ${PLACE}: ${listed(misplaced)}`);
  return modalities;
}

/** The first names of a list, and how many more there are. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

/** Folders, and links to folders. @throws InvalidInputError naming what cannot be read */
async function foldersIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() || (entry.isSymbolicLink() && (await statusOf(path)).isDirectory())) names.push(entry.name);
  }
  return names.sort();
}

/** Entries of a folder, without hidden names. @throws InvalidInputError naming the folder */
async function entriesOf(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw readError(folder, error);
  });
  return entries.filter(({ name }) => !name.startsWith('.'));
}

function statusOf(path: string): Promise<Stats> {
  return stat(path).catch((error: unknown) => {
    throw readError(path, error);
  });
}

/** @throws InvalidInputError naming a file that has no picture, unless such files are skipped */
function checkAligned(
  root: string,
  modalities: Map<string, Map<string, string>>,
  pictures: Map<string, string>,
  skipBad: boolean,
  terminal: Terminal,
): void {
  let skipped = 0;
  for (const files of modalities.values()) {
    for (const [name, file] of files) {
      if (pictures.has(name)) continue;
      const message = `${file} has no picture: there is no ${name} in ${join(root, 'rgb')}`;
      if (!skipBad) throw new InvalidInputError(message);
      note(terminal, `skipped: ${message}`);
      skipped++;
    }
  }
  if (skipped > 0) note(terminal, `${skipped} files without a picture skipped`);
}

function folderPicture(
  name: string,
  path: string,
  modalities: Map<string, Map<string, string>>,
  terminal: Terminal,
): UserPicture {
  const fileOf = ({ target }: Pick<TaskInfo, 'target'>) => modalities.get(target)?.get(name);
  return {
    name,
    path,
    fileOf,
    async truthOf(task, picture, size) {
      const file = fileOf(task);
      if (file === undefined || !task.fromInput) return undefined;
      const input = await readInputFile(task.target, file, terminal);
      return named(file, () => {
        checkProportions(input, picture);
        return task.fromInput!(input as Input, picture, size);
      });
    },
  };
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
