import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BackendName } from '../../../backends/index.js';
import { readSafetensors } from '../../checkpoints/safetensors.js';
import { InvalidInputError } from '../../errors.js';
import { ensureFolder } from '../../io/folders.js';
import { readFile } from '../../io/read-file.js';
import { TOYBOX_MODALITIES, toyboxModalitiesNamed } from '../../toybox/modalities.js';
import { havePeople } from '../../toybox/training/tokenize.js';
import { networksOf, tokenizersOf } from '../../toybox/training/tokenizers.js';
import { note, type Terminal } from '../terminal.js';
import { makeTrainingData } from './data.js';
import { trainDecoder } from './decoder.js';
import { exportModel } from './export.js';
import { trainFeatures } from './features.js';
import { trainModel } from './model.js';
import type { SceneStage, Stage, ToyboxRecipe } from './recipe.js';
import { trainText } from './text.js';
import { trainTokenizer } from './tokenizer.js';

/** Options of `fourm train toybox`. */
export interface ToyboxTrainingOptions {
  /** Folder of intermediate results: vocabulary, runs, data. */
  readonly runs: string;
  /** Folder of the model. */
  readonly out: string;
  readonly seed: number;
  readonly checkpointMinutes: number;
  readonly backend: BackendName | 'auto';
  /** Called after each checkpoint, with the name of its run: `tok-semseg`, `model`. */
  readonly onCheckpoint?: (run: string, step: number) => Promise<void>;
}

/** Scenes in one file of training data. */
const SCENES_PER_FILE = 4000;

/**
 * `fourm train toybox`: runs all stages, from an empty folder to a model. Complete stages are skipped, and an interrupted one
 * is resumed.
 */
export async function trainToybox(
  options: ToyboxTrainingOptions,
  recipe: ToyboxRecipe,
  terminal: Terminal,
): Promise<void> {
  const { runs, out, seed, checkpointMinutes, backend, onCheckpoint } = options;
  const modalities = recipe.modalities ? toyboxModalitiesNamed(recipe.modalities) : TOYBOX_MODALITIES;
  await ensureFolder(runs);
  const text = join(runs, 'text.json');
  const trained = async <S extends Stage>(
    folder: string,
    stage: S,
    train: (all: S & { run: string; text: string } & typeof common) => Promise<void>,
  ) => {
    const run = join(runs, folder);
    if (await isComplete(run, stage.steps)) return;
    note(terminal, `== ${folder}`);
    await train({
      ...stage,
      ...common,
      run,
      text,
      ...(onCheckpoint && { onCheckpoint: (step: number) => onCheckpoint(folder, step) }),
    });
  };
  const common = {
    seed,
    checkpointMinutes,
    backend,
    ...(havePeople(modalities) ? {} : { people: false }),
    ...(recipe.maxSolids && { maxSolids: recipe.maxSolids }),
  };

  if (!existsSync(text)) await trainText({ scenes: recipe.captions, out: text }, terminal);
  for (const name of networksOf(modalities)) {
    await trained(name, stageOf(recipe.features, name), (stage) => trainFeatures(name, stage, terminal));
  }
  for (const name of tokenizersOf(modalities)) {
    await trained(`tok-${name}`, stageOf(recipe.tokenizers, name), (stage) =>
      trainTokenizer(name, { ...stage, networks: runs }, terminal),
    );
  }
  if (recipe.decoder) {
    await trained('dec-rgb', recipe.decoder, (stage) =>
      trainDecoder('rgb', { ...stage, tokenizer: join(runs, 'tok-rgb') }, terminal),
    );
  }
  const data: string[] = [];
  for (let from = 0; from < recipe.scenes; from += SCENES_PER_FILE) {
    const count = Math.min(SCENES_PER_FILE, recipe.scenes - from);
    const file = join(runs, `data-${from}-${count}.safetensors`);
    data.push(file);
    if (existsSync(file)) continue;
    const scenes = { ...common, out: file, split: 'train', from, count } as const;
    await makeTrainingData({ ...scenes, tokenizers: runs, text, modalities }, terminal);
  }
  await trained('model', recipe.model, (stage) => trainModel({ ...stage, optimizer: 'muon', data }, terminal));
  await exportModel({ model: join(runs, 'model'), tokenizers: runs, text, out }, terminal);
}

/** @throws InvalidInputError if the recipe has no settings for a network that its modalities need */
function stageOf<K extends string, S extends SceneStage>(stages: Readonly<Partial<Record<K, S>>>, name: K): S {
  const stage = stages[name];
  if (!stage) throw new InvalidInputError(`the recipe has no settings for the training of ${name}`);
  return stage;
}

/** Whether a run is complete. */
async function isComplete(run: string, steps: number): Promise<boolean> {
  const checkpoint = join(run, 'checkpoint.safetensors');
  if (!existsSync(checkpoint)) return false;
  return Number(readSafetensors(await readFile(checkpoint), checkpoint).metadata.step) === steps;
}
