/** Reading what trainings left in their folders. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../checkpoints/metadata.js';
import { readSafetensors, type SafetensorsFile } from '../../checkpoints/safetensors.js';
import { CheckpointError } from '../../errors.js';
import { readFile } from '../../io/read-file.js';
import { loadParameters } from '../../nn/state-dict.js';
import { loadWordPiece, type WordPiece } from '../../tokenizers/text/word-piece.js';
import { buildVqVae, type VqVae } from '../../tokenizers/vq/vqvae.js';
import { TOYBOX_IMAGES, type ToyboxImage } from '../../toybox/modalities.js';

/** The last checkpoint of a run, with the `config` of its `config.json`. */
export async function readRun(folder: string): Promise<{ config: Record<string, unknown>; file: SafetensorsFile }> {
  const settings = (await readJson(join(folder, 'config.json'))) as { config?: Record<string, unknown> };
  if (typeof settings?.config !== 'object') throw new CheckpointError(`${join(folder, 'config.json')} has no "config"`);
  const checkpoint = join(folder, 'checkpoint.safetensors');
  return { config: settings.config, file: readSafetensors(await readFile(checkpoint), checkpoint) };
}

/** The run that has a tokenizer's last word, in the folder of all runs: that of its decoder alone, if there is one. */
function tokenizerRun(folder: string, modality: ToyboxImage): string {
  const decoder = join(folder, `dec-${modality}`);
  return existsSync(join(decoder, 'checkpoint.safetensors')) ? decoder : join(folder, `tok-${modality}`);
}

/** The tokenizers of all image modalities, from their runs or from a model's folder. */
export async function readTokenizers(folder: string): Promise<Record<ToyboxImage, VqVae>> {
  const tokenizers: Record<string, VqVae> = {};
  for (const modality of Object.keys(TOYBOX_IMAGES) as ToyboxImage[]) {
    const { config, file } = await readTokenizer(folder, modality);
    const tokenizer = buildVqVae(config);
    await loadParameters(tokenizer.parameters.all, file);
    tokenizers[modality] = tokenizer;
  }
  return tokenizers as Record<ToyboxImage, VqVae>;
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
