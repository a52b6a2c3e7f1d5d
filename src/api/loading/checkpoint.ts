import * as v from 'valibot';
import type { ByteSource } from '../../checkpoints/byte-source.js';
import type { ConfigValue } from '../../checkpoints/metadata.js';
import { openSafetensors, type SafetensorsSource } from '../../checkpoints/safetensors.js';
import { storedConfig } from '../../checkpoints/stored-config.js';
import { CheckpointError, DownloadError, InvalidInputError } from '../../errors.js';
import { type FileOptions, type ModelSource, modelSource, openIfExists } from './model-source.js';
import { isModelConfig } from './published-package.js';
import { readText } from './vocabulary.js';

/** The file that holds a published checkpoint. */
const CHECKPOINT_FILE = 'model.safetensors';
/** The file that the Hub's own library keeps a configuration in. */
const CONFIG_FILE = 'config.json';

/** A checkpoint, of which the header has been read. */
export interface OpenCheckpoint {
  /** The checkpoint in error messages. */
  readonly name: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly tensors: SafetensorsSource;
  /** The configuration in its header. */
  readonly config: Record<string, ConfigValue>;
}

/** Kind of a checkpoint. */
export type CheckpointKind = 'model' | 'tokenizer';

/** Reads a checkpoint's header. @throws CheckpointError if it is none */
export async function openCheckpoint(source: ByteSource, signal?: AbortSignal): Promise<OpenCheckpoint> {
  const tensors = await openSafetensors(source, signal);
  return { name: source.name, size: source.size, tensors, config: storedConfig(tensors) };
}

/** Kind of a checkpoint, from its configuration. @throws InvalidInputError if it is unknown */
export function kindOf({ name, config }: OpenCheckpoint): CheckpointKind {
  if (isModelConfig(config)) return 'model';
  if (isTokenizerConfig(config)) return 'tokenizer';
  throw new InvalidInputError(
    `${name} has no configuration in its header: neither of a model (domains_in) nor of a tokenizer (codebook_size)`,
  );
}

/**
 * Opens the checkpoint of a source: a file, or `model.safetensors` in a folder or repository. If its header has no
 * configuration, `config.json` in the same folder is read.
 */
export async function checkpointAt(files: ModelSource, signal?: AbortSignal): Promise<OpenCheckpoint> {
  const checkpoint = await openCheckpoint(await files.open(CHECKPOINT_FILE, signal), signal);
  if (files.single || hasConfig(checkpoint)) return checkpoint;
  const source = await openIfExists(files, CONFIG_FILE, signal);
  return source ? { ...checkpoint, config: await readConfig(source, signal) } : checkpoint;
}

function hasConfig({ config }: OpenCheckpoint): boolean {
  return isModelConfig(config) || isTokenizerConfig(config);
}

function isTokenizerConfig(config: Readonly<Record<string, unknown>>): boolean {
  return 'codebook_size' in config || 'enc_type' in config;
}

async function readConfig(source: ByteSource, signal?: AbortSignal): Promise<Record<string, ConfigValue>> {
  const text = await readText(source, signal);
  try {
    return v.parse(v.record(v.string(), v.any()), JSON.parse(text));
  } catch {
    throw new CheckpointError(`${source.name} is not a configuration`);
  }
}

/**
 * Opens the checkpoint of a tokenizer.
 *
 * @param name  its id on the Hub; taken from there, or from a folder of its name beside the model
 * @param model the model that it is for
 * @param elsewhere where tokenizers are, by id; from the user's options
 */
export async function tokenizerCheckpoint(
  name: string,
  model: ModelSource,
  elsewhere: Readonly<Record<string, string>>,
  options: FileOptions,
  signal?: AbortSignal,
): Promise<OpenCheckpoint> {
  const own = elsewhere[name];
  if (own !== undefined) return checkpointAt(await modelSource(own, options), signal);
  if (!model.hub && !model.single) {
    const beside = await openIfExists(model, `${name.split('/')[1]}/${CHECKPOINT_FILE}`, signal);
    if (beside) return openCheckpoint(beside, signal);
  }
  try {
    return await checkpointAt(await modelSource(name, options), signal);
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    throw new DownloadError(
      `${error.message}; the option "tokenizers" may say where else this tokenizer is`,
      error.status,
    );
  }
}
