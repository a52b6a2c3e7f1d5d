/** Reading what trainings left in their folders. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../checkpoints/metadata.js';
import { readSafetensors, type SafetensorsFile } from '../../checkpoints/safetensors.js';
import { CheckpointError, InvalidInputError } from '../../errors.js';
import { readFile } from '../../io/read-file.js';
import type { ImageNetwork } from '../../networks/image-network.js';
import { loadParameters } from '../../nn/state-dict.js';
import { loadWordPiece, type WordPiece } from '../../tokenizers/text/word-piece.js';
import { buildTokenizer, type Tokenizer } from '../../tokenizers/tokenizer.js';
import { buildStandIn } from '../../toybox/features/stand-ins.js';
import { TOYBOX_IMAGES, type ToyboxImage } from '../../toybox/modalities.js';
import type { StandIn } from '../../toybox/names.js';

/** The last checkpoint of a run, with the `config` of its `config.json`. */
export async function readRun(folder: string): Promise<{ config: Record<string, unknown>; file: SafetensorsFile }> {
  const settings = (await readJson(join(folder, 'config.json'))) as { config?: Record<string, unknown> };
  if (typeof settings?.config !== 'object') throw new CheckpointError(`${join(folder, 'config.json')} has no "config"`);
  return { config: settings.config, file: await readCheckpoint(folder) };
}

async function readCheckpoint(folder: string): Promise<SafetensorsFile> {
  const checkpoint = join(folder, 'checkpoint.safetensors');
  return readSafetensors(await readFile(checkpoint), checkpoint);
}

/** The run that has a tokenizer's last word, in the folder of all runs: that of its decoder alone, if there is one. */
function tokenizerRun(folder: string, modality: ToyboxImage): string {
  const decoder = join(folder, `dec-${modality}`);
  return existsSync(join(decoder, 'checkpoint.safetensors')) ? decoder : join(folder, `tok-${modality}`);
}

/** The tokenizers of all image modalities, from their runs or from a model's folder. */
export async function readTokenizers(folder: string): Promise<Record<ToyboxImage, Tokenizer>> {
  const tokenizers: Record<string, Tokenizer> = {};
  for (const modality of Object.keys(TOYBOX_IMAGES) as ToyboxImage[]) {
    const { config, file } = await readTokenizer(folder, modality);
    const tokenizer = buildTokenizer(config);
    await loadParameters(tokenizer.parameters.all, file);
    tokenizers[modality] = tokenizer;
  }
  return tokenizers as Record<ToyboxImage, Tokenizer>;
}

/** A tokenizer's configuration and tensors, from its run or from a model's folder. */
export async function readTokenizer(
  folder: string,
  modality: ToyboxImage,
): Promise<{ config: Record<string, unknown>; file: SafetensorsFile }> {
  const shipped = join(folder, `tok_${modality}.safetensors`);
  if (!existsSync(shipped)) return readRun(tokenizerRun(folder, modality));
  const file = readSafetensors(await readFile(shipped), shipped);
  return { config: parseConfig(file.metadata), file };
}

/**
 * A trained feature network, from its run.
 *
 * @param folder of all runs
 */
export async function readStandIn(folder: string | undefined, name: StandIn): Promise<ImageNetwork> {
  if (folder === undefined)
    throw new InvalidInputError(`the features of ${name} need --networks, the folder of its run`);
  const { vocabulary } = (await readJson(join(folder, name, 'config.json'))) as { vocabulary: number };
  const network = buildStandIn(name, vocabulary);
  await loadParameters(network.parameters.all, await readCheckpoint(join(folder, name)));
  return network.kept;
}

/** A text tokenizer in the Hugging Face format. */
export async function readWordPiece(path: string): Promise<WordPiece> {
  return loadWordPiece(await readJson(path));
}

async function readJson(path: string): Promise<unknown> {
  const text = new TextDecoder().decode(await readFile(path));
  try {
    return JSON.parse(text);
  } catch {
    throw new CheckpointError(`${path} is not JSON`);
  }
}
