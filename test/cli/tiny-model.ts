import { cp } from 'node:fs/promises';
import { madeOnce } from '../made-once.js';
import { makeTinyModel } from './make-tiny-model.js';

/** A model with all of the toybox's modalities and random weights, to be read only. A backend must be in use. */
export function tinyModel(): Promise<string> {
  return madeOnce('tiny-model', makeTinyModel);
}

/** Writes the model of {@link tinyModel} to a folder. */
export async function writeTinyModel(folder: string): Promise<void> {
  await cp(await tinyModel(), folder, { recursive: true });
}
