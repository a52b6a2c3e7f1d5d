/** Reads the results of trainings from their folders. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../checkpoints/metadata.js';
import { readSafetensors, type SafetensorsFile } from '../../checkpoints/safetensors.js';
import { CheckpointError, InvalidInputError } from '../../errors.js';
import { readFile } from '../../io/read-file.js';
import type { ImageNetwork } from '../../networks/image-network.js';
import { ParameterList } from '../../nn/parameters.js';
import { loadParameters } from '../../nn/state-dict.js';
import { loadWordPiece, type WordPiece } from '../../tokenizers/text/word-piece.js';
import { buildTokenizer, type Tokenizer } from '../../tokenizers/tokenizer.js';
import { buildCaptionEncoder, type CaptionEncoder } from '../../toybox/features/caption-encoder.js';
import { buildToyboxImageNetwork } from '../../toybox/features/image-network.js';
import { buildStandIn } from '../../toybox/features/stand-ins.js';
import { TOYBOX_MODALITIES, type ToyboxModality } from '../../toybox/modalities.js';
import type { FeatureNetwork, StandIn, ToyboxTokenizerName } from '../../toybox/names.js';
import type { ToyboxTokenizers } from '../../toybox/training/tokenize.js';
import { networksOf, tokenizersOf } from '../../toybox/training/tokenizers.js';
import { networkFile, tokenizerFile } from './toybox-package.js';

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

/** The run of a tokenizer: that of its decoder, trained on alone, where there is one. */
function tokenizerRun(folder: string, name: ToyboxTokenizerName): string {
  const decoder = join(folder, `dec-${name}`);
  return existsSync(join(decoder, 'checkpoint.safetensors')) ? decoder : join(folder, `tok-${name}`);
}

/**
 * Tokenizers and networks that turn scenes into tokens, from their runs or from a model's folder.
 *
 * @param text       file of the text tokenizer
 * @param modalities that are to be tokenized; all if absent
 */
export async function readToyboxTokenizers(
  folder: string,
  text: string,
  modalities: readonly ToyboxModality[] = TOYBOX_MODALITIES,
): Promise<ToyboxTokenizers> {
  const wordPiece = await readWordPiece(text);
  const tokenizers: Partial<Record<ToyboxTokenizerName, Tokenizer>> = {};
  for (const name of tokenizersOf(modalities)) {
    const { config, file } = await readTokenizer(folder, name);
    const tokenizer = buildTokenizer(config);
    await loadParameters(tokenizer.parameters.all, file);
    tokenizers[name] = tokenizer;
  }
  const networks: Partial<Record<StandIn, ImageNetwork>> = {};
  let captions: CaptionEncoder | undefined;
  for (const name of networksOf(modalities)) {
    if (name === 't5') captions = await readCaptionEncoder(folder, wordPiece.vocabSize);
    else networks[name] = await readStandIn(folder, name);
  }
  return { modalities, tokenizers, networks, ...(captions && { captions }), text: wordPiece };
}

/** A tokenizer's configuration and tensors, from its run or from a model's folder. */
export async function readTokenizer(
  folder: string,
  name: ToyboxTokenizerName,
): Promise<{ config: Record<string, unknown>; file: SafetensorsFile }> {
  const shipped = join(folder, tokenizerFile(name));
  return existsSync(shipped) ? readExported(shipped) : readRun(tokenizerRun(folder, name));
}

/** A tokenizer's configuration and tensors, from a `.safetensors` file. */
export async function readExported(path: string): Promise<{ config: Record<string, unknown>; file: SafetensorsFile }> {
  const file = readSafetensors(await readFile(path), path);
  return { config: parseConfig(file.metadata), file };
}

/**
 * A trained feature network of images.
 *
 * @param folder of all runs, or of a model
 */
export async function readStandIn(folder: string | undefined, name: StandIn): Promise<ImageNetwork> {
  if (folder === undefined)
    throw new InvalidInputError(`the features of ${name} need --networks, the folder of its run`);
  if (existsSync(join(folder, networkFile(name)))) {
    const list = new ParameterList();
    const network = buildToyboxImageNetwork(list, 3);
    await loadParameters(list.all, await readShipped(folder, name));
    return network;
  }
  const { file, vocabulary } = await readNetwork(folder, name);
  const network = buildStandIn(name, vocabulary);
  await loadParameters(network.parameters.all, file);
  return network.kept;
}

async function readCaptionEncoder(folder: string, vocabSize: number): Promise<CaptionEncoder> {
  const encoder = buildCaptionEncoder(vocabSize);
  const shipped = existsSync(join(folder, networkFile('t5')));
  const file = shipped ? await readShipped(folder, 't5') : (await readNetwork(folder, 't5')).file;
  await loadParameters(encoder.parameters.all, file);
  return encoder;
}

async function readShipped(folder: string, name: FeatureNetwork): Promise<SafetensorsFile> {
  const path = join(folder, networkFile(name));
  return readSafetensors(await readFile(path), path);
}

/**
 * The last checkpoint of a feature network's run, and the size of the vocabulary that it was trained with.
 *
 * @param folder of all runs
 */
export async function readNetwork(
  folder: string,
  name: FeatureNetwork,
): Promise<{ file: SafetensorsFile; vocabulary: number }> {
  const { vocabulary } = (await readJson(join(folder, name, 'config.json'))) as { vocabulary: number };
  return { file: await readCheckpoint(join(folder, name)), vocabulary };
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
