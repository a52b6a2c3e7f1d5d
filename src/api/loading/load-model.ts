import { openSafetensors } from '../../checkpoints/safetensors.js';
import { storedConfig } from '../../checkpoints/stored-config.js';
import { DownloadError, InvalidInputError, pauseOrCancel } from '../../errors.js';
import { checkDtype, type WeightDtype } from '../../nn/packed/packing.js';
import { checkOptionNames } from '../../option-names.js';
import { parseFourMConfig } from '../../transformer/config.js';
import { buildFourM } from '../../transformer/model.js';
import { withLazyWeights } from '../../transformer/task-weights.js';
import { Model } from '../model.js';
import { modelParts } from '../resources/model-parts.js';
import { parseModelPackage } from '../types/package.js';
import { BACKEND_OPTIONS, type BackendChoice, startBackend } from './backend-choice.js';
import { checkPackageFiles } from './check-package.js';
import { checkpointAt, kindOf } from './checkpoint.js';
import { loadCodec, loadNetwork, type TokenizerOptions } from './load-codec.js';
import { checkId, FILE_OPTIONS, type ModelSource, modelSource, openIfExists } from './model-source.js';
import { describePublished } from './published-package.js';
import { publishedVocabulary, readText, wordPieceFrom } from './vocabulary.js';

/** Options of {@link loadModel}. */
export interface LoadOptions extends TokenizerOptions, BackendChoice {
  readonly signal?: AbortSignal | undefined;
  /**
   * How the matrices of the transformer are kept: f32 (if absent), f16 with half or int8 with a quarter of the memory, or
   * int8-dynamic, which also rounds the inputs of large products, for speed. Everything
   * small, and the tokenizers, stay f32.
   */
  readonly dtype?: WeightDtype | undefined;
  /** The official vocabulary, by path or URL, for texts of a published model; FOURM_TEXT_VOCABULARY if absent. */
  readonly text?: string | undefined;
  /** Milliseconds since any fixed moment, by which the time that is left is estimated; `performance.now` if absent. */
  readonly clock?: (() => number) | undefined;
}

/** Names of {@link LoadOptions}. */
const LOAD_OPTIONS = [...FILE_OPTIONS, ...BACKEND_OPTIONS, 'signal', 'dtype', 'text', 'clock', 'tokenizers'];

/** Describes a folder of checkpoints as one model. */
export const PACKAGE_FILE = 'fourm.json';

/**
 * Loads a model: its description now, and of its weights those that a task needs, by range, when they are first needed. The
 * backend is chosen by the option `backend`, or before with `useBackend`.
 *
 * ```ts
 * const model = await loadModel('EPFL-VILAB/4M-21_B', { backend: 'webgpu' });
 * const { depth } = await model.generate({ rgb: photo }, { to: ['depth'] });
 * ```
 *
 * @param id `toybox`, which comes with the package; a published model on the Hub, `EPFL-VILAB/4M-21_B`; or a folder with a
 *           `fourm.json` or a published `model.safetensors`, or such a file itself, by path or URL
 * @throws InvalidInputError if there is no such model
 * @throws CheckpointError naming the file and what is wrong with it
 * @throws DownloadError if a server refuses, contradicts itself or cannot be reached; offline, if a file is not cached
 * @throws BackendUnavailableError if the chosen backend is not available here
 * @throws CancelledError when the signal fires
 */
export async function loadModel(id: string, options: LoadOptions = {}): Promise<Model> {
  checkOptionNames('loadModel', options, LOAD_OPTIONS);
  const { signal } = options;
  checkId(id);
  checkDtype(options.dtype ?? 'f32');
  await startBackend(options);
  const files = await modelSource(id, options);
  const description = await packageAt(files, signal);
  await pauseOrCancel(signal, `loading '${files.id}'`);
  return description === undefined ? loadPublished(files, options) : loadPackage(files, description, options);
}

/** The text of a model's `fourm.json`; undefined for published repositories, which have none. */
export async function packageAt(files: ModelSource, signal?: AbortSignal): Promise<string | undefined> {
  if (files.single || files.id.startsWith('EPFL-VILAB/')) return undefined;
  const source = await openIfExists(files, PACKAGE_FILE, signal).catch((error: unknown) => {
    // Offline, the cache does not show whether the file is absent or was never requested.
    if (error instanceof DownloadError && error.status === undefined && files.hub) return undefined;
    throw error;
  });
  return source && readText(source, signal);
}

async function loadPackage(files: ModelSource, description: string, options: LoadOptions): Promise<Model> {
  const { signal, dtype } = options;
  const about = parseModelPackage(description, `${files.id}/${PACKAGE_FILE}`);
  const text = await wordPieceFrom(await files.open(about.text, signal), signal);
  const checkpoint = await openSafetensors(await files.open(about.model, signal), signal);
  // Of files on a server the headers are not read before they are needed.
  if (files.local) await checkPackageFiles(files, about, text.vocabSize, signal);
  await pauseOrCancel(signal, `loading '${files.id}'`);
  const infos = Object.fromEntries(about.infos.map((info) => [info.name, info]));
  const transformer = buildFourM(parseFourMConfig(storedConfig(checkpoint)), infos);
  const parts = modelParts(about, withLazyWeights(transformer, checkpoint, dtype), {
    text: async () => text,
    codec: (source, signal) => loadCodec(files, source, {}, signal),
    network: (file, signal) => loadNetwork(files, file, signal),
    local: files.local,
  });
  return new Model(parts, options.clock ?? (() => performance.now()));
}

async function loadPublished(files: ModelSource, options: LoadOptions): Promise<Model> {
  const checkpoint = await checkpointAt(files, options.signal);
  if (kindOf(checkpoint) !== 'model') {
    throw new InvalidInputError(`'${files.id}' is a tokenizer, not a model: load it with loadTokenizer`);
  }
  const { about, config, infos } = describePublished(files.id, checkpoint.config, checkpoint.name);
  const transformer = withLazyWeights(buildFourM(config, infos), checkpoint.tensors, options.dtype);
  const parts = modelParts(about, transformer, {
    text: (signal) => publishedVocabulary(options.text, files, options, signal),
    codec: (source, signal) => loadCodec(files, source, options, signal),
    network: (file, signal) => loadNetwork(files, file, signal),
    local: false,
  });
  return new Model(parts, options.clock ?? (() => performance.now()));
}
