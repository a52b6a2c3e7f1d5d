/** Five scenes of the toybox, tokenized by a tiny model. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { useBackend } from '../../../backends/index.js';
import { madeOnce } from '../../made-once.js';
import { fourm } from '../running.js';
import { tinyModel } from '../tiny-model.js';

export const SCENES = 5;

/** The command line that tokenizes a dataset with a model. */
export function tokenize(model: string, dataset: string, out: string, ...more: string[]): string[] {
  return ['tokenize', dataset, '--out', out, '--model', model, '--backend', 'wasm', ...more];
}

/** The command line that tokenizes scenes of the toybox, two in a shard. */
export function tokenizeScenes(model: string, out: string, ...more: string[]): string[] {
  return tokenize(model, 'toybox', out, '--count', `${SCENES}`, '--shard-size', '2', ...more);
}

/** A tokenized toybox, to be read only. A backend must be in use. */
function tokenizedToybox(): Promise<string> {
  return madeOnce('tokenized-toybox', async (folder) => {
    const { exitCode, err } = await fourm(tokenizeScenes(await tinyModel(), folder));
    expect(exitCode, err).toBe(0);
  });
}

/** An empty folder for the tests of a file, removed after them; a tiny model; and the toybox tokenized by it, to be read only. */
export async function tokenizedFolders(): Promise<{ folder: string; model: string; whole: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'fourm-tokenize-'));
  afterAll(() => rm(folder, { recursive: true }));
  await useBackend('wasm');
  return { folder, model: await tinyModel(), whole: await tokenizedToybox() };
}

/** All files of a folder with their contents. */
export async function contentsOf(root: string): Promise<Record<string, string>> {
  const files = (await readdir(root, { withFileTypes: true, recursive: true })).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return Object.fromEntries(
    await Promise.all(
      paths.map(async (path) => [path.slice(root.length), (await readFile(path)).toString('base64')] as const),
    ),
  );
}
