import { parseConfig } from '../checkpoints/metadata.js';
import { readSafetensors, type SafetensorsFile } from '../checkpoints/safetensors.js';
import { CheckpointError, pauseOrCancel } from '../errors.js';
import { loadParameters } from '../nn/state-dict.js';
import { loadWordPiece } from '../tokenizers/text/word-piece.js';
import { buildVqVae, type VqVae } from '../tokenizers/vq/vqvae.js';
import { parseFourMConfig } from '../transformer/config.js';
import { buildFourM } from '../transformer/model.js';
import { type ModelFiles, modelFiles } from './files.js';
import { Model } from './model.js';
import { parseModelPackage } from './package.js';

/** Options of {@link loadModel}. */
export interface LoadOptions {
  readonly signal?: AbortSignal;
}

/**
 * Loads a model. A backend must have been chosen with `useBackend`.
 *
 * @param id `toybox`, which comes with the package; or a folder with a `fourm.json`, or the URL of one
 * @throws InvalidInputError if there is no such model
 * @throws CheckpointError naming the file and what is wrong with it
 * @throws CancelledError when the signal fires
 */
export async function loadModel(id: string, { signal }: LoadOptions = {}): Promise<Model> {
  const files = modelFiles(id);
  const about = parseModelPackage(await readText(files, 'fourm.json'), `${id}/fourm.json`);
  await pauseOrCancel(signal, `loading '${id}'`);
  const text = loadWordPiece(parseJson(await readText(files, about.text), `${id}/${about.text}`));
  const checkpoint = await readCheckpoint(files, about.model);
  await pauseOrCancel(signal, `loading '${id}'`);
  const infos = Object.fromEntries(about.infos.map((info) => [info.name, info]));
  const transformer = buildFourM(parseFourMConfig(parseConfig(checkpoint.metadata)), infos);
  await loadParameters(
    transformer.parameters.all.filter((p) => !transformer.unread.has(p)),
    checkpoint,
  );
  return new Model(about, transformer, text, (file) => loadTokenizer(files, file));
}

async function loadTokenizer(files: ModelFiles, name: string): Promise<VqVae> {
  const checkpoint = await readCheckpoint(files, name);
  const model = buildVqVae(parseConfig(checkpoint.metadata));
  await loadParameters(model.parameters.all, checkpoint);
  return model;
}

async function readCheckpoint(files: ModelFiles, name: string): Promise<SafetensorsFile> {
  const source = await files(name);
  return readSafetensors(await source.read(0, source.size), source.name);
}

async function readText(files: ModelFiles, name: string): Promise<string> {
  const source = await files(name);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await source.read(0, source.size));
  } catch {
    throw new CheckpointError(`${source.name} is not text`);
  }
}

function parseJson(json: string, file: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new CheckpointError(`${file} is not JSON`);
  }
}
