import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { InvalidInputError } from '../../src/errors.js';
import { convertCase } from './convert/index.js';
import { LegacyCase } from './convert/legacy-case.js';
import type { Implementation } from './results.js';
import { FORMAT, Vector, type VectorFile } from './vector.js';

/** A vector that has not been read. */
export interface VectorFolder {
  readonly name: string;
  readonly folder: string;
  /** Whether it has the format before format 1. */
  readonly isFormer: boolean;
  /** @throws InvalidInputError if it is no vector */
  open(probe?: Implementation): Promise<Vector>;
}

/**
 * All vectors below a folder, or the folder itself if it is one, by name: `vector.json` of format 1, or `case.json` of the
 * old format, which is converted when it is opened.
 *
 * @throws InvalidInputError if there are none
 */
export function findVectors(folder: string): VectorFolder[] {
  if (!existsSync(folder)) throw new InvalidInputError(`there is no folder ${folder}`);
  const found = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || (entry.name !== 'vector.json' && entry.name !== 'case.json')) continue;
    if (entry.name === 'vector.json' || !found.has(entry.parentPath)) found.set(entry.parentPath, entry.name);
  }
  if (found.size === 0) throw new InvalidInputError(`no vector.json or case.json below ${folder}`);
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, file]) => {
      const below = relative(folder, path).split(sep).join('/');
      const name = below === '' ? (folder.split(sep).filter(Boolean).at(-1) ?? '.') : below;
      const open = (probe?: Implementation) =>
        file === 'vector.json' ? openVector(name, path) : convertCase(new LegacyCase(name, path), probe);
      return { name, folder: path, isFormer: file === 'case.json', open };
    });
}

async function openVector(name: string, folder: string): Promise<Vector> {
  const path = join(folder, 'vector.json');
  let about: VectorFile;
  try {
    about = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new InvalidInputError(`${path} is no JSON: ${(cause as Error).message}`, { cause });
  }
  if (about?.format !== FORMAT) throw new InvalidInputError(`${path} is not of format ${FORMAT}`);
  return new Vector(name, folder, about);
}
