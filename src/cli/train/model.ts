import { stat } from 'node:fs/promises';
import { readSafetensors } from '../../checkpoints/safetensors.js';
import { CheckpointError } from '../../errors.js';
import { readFile } from '../../io/read-file.js';
import type { Parameter } from '../../nn/parameters.js';
import { loadParameters, sharedParameters } from '../../nn/state-dict.js';
import { Random } from '../../random.js';
import type { WordPiece } from '../../tokenizers/text/word-piece.js';
import { type ToyboxModality, toyboxModalities, toyboxModalitiesNamed } from '../../toybox/modalities.js';
import { toyboxBatches } from '../../toybox/training/batches.js';
import { TOYBOX_LOSS_WEIGHTS, toyboxMixture } from '../../toybox/training/mixture.js';
import { readToyboxTokens } from '../../toybox/training/token-files.js';
import { joinToyboxTokens, modalitiesOf, selectModalities, type ToyboxTokens } from '../../toybox/training/tokens.js';
import { modelTask } from '../../training/model.js';
import { buildFourM } from '../../transformer/model.js';
import { withBackend } from '../compute.js';
import { note, type Terminal } from '../terminal.js';
import { type ModelSize, toyboxModelConfig } from './model-config.js';
import { readWordPiece } from './runs.js';
import { readTokenizedData } from './tokenized-data.js';
import { type TrainingOptions, trainRun } from './training-run.js';

/** Options of `fourm train model`. */
export interface ModelTrainingOptions extends TrainingOptions, ModelSize {
  /** Files of `fourm train data`, and folders of `fourm tokenize`. */
  readonly data: readonly string[];
  /** Names of the modalities; all that the data have if absent. A picture's pixels are always input. */
  readonly modalities?: readonly string[];
  /** Text tokenizer that the data were made with. */
  readonly text: string;
  /** Checkpoint that parameters of the same name and shape start from; the others start from random values. */
  readonly init?: string;
  /** Input and target tokens of a sample, at most. */
  readonly inputTokens: number;
  readonly targetTokens: number;
  /** Loss weights by published name; those of the shipped model if absent. */
  readonly lossWeights?: Readonly<Record<string, number>>;
}

/** `fourm train model`: trains the toybox's transformer on the modalities that the data have. */
export async function trainModel(options: ModelTrainingOptions, terminal: Terminal): Promise<void> {
  const { batch, seed, init, inputTokens, targetTokens, lossWeights = TOYBOX_LOSS_WEIGHTS } = options;
  const text = await readWordPiece(options.text);
  const wanted = options.modalities && toyboxModalitiesNamed(options.modalities);
  const data = joinToyboxTokens(await Promise.all(options.data.map((path) => readData(path, text, wanted))));
  const modalities = modalitiesOf(data);
  const config = toyboxModelConfig(options, modalities);
  const masking = { inputTokens, targetTokens, mixture: toyboxMixture(modalities.map(({ key }) => key)) };
  await withBackend(options.backend, terminal, async () => {
    const model = buildFourM(config, toyboxModalities(text.vocabSize, modalities, data.codebooks));
    const random = new Random(seed);
    for (const parameter of model.parameters.all) parameter.initialize(random);
    if (init !== undefined) await startFrom(init, model.parameters.all, terminal);
    const size = model.parameters.all.reduce((sum, parameter) => sum + parameter.size, 0);
    note(terminal, `${(size / 1e6).toFixed(2)} M parameters, ${data.count} scenes`);
    const batches = toyboxBatches(data, batch, Object.values(model.modalities), { ...masking, vocabulary: text });
    const task = modelTask(model, batches, {
      encoderTokens: inputTokens,
      decoderTokens: targetTokens,
      lossWeights,
    });
    await trainRun(task, { config, masking, lossWeights, init, scenes: data.count }, options, terminal);
  });
}

/** Loads what the checkpoint and the model have in common; of a model with other modalities, that is the blocks at least. */
async function startFrom(init: string, parameters: readonly Parameter[], terminal: Terminal): Promise<void> {
  const file = readSafetensors(await readFile(init), init);
  const shared = sharedParameters(parameters, file);
  if (shared.length === 0)
    throw new CheckpointError(`${init}: no tensor has the name and shape of a parameter of this model`);
  await loadParameters(shared, file);
  const others = shared.length < parameters.length ? ', the others start from random values' : '';
  note(terminal, `${init}: ${shared.length} of ${parameters.length} parameters${others}`);
}

/** @throws InvalidInputError naming the path if it has no values of a modality */
async function readData(
  path: string,
  text: WordPiece,
  wanted: readonly ToyboxModality[] | undefined,
): Promise<ToyboxTokens> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  if (isFolder) return readTokenizedData(path, text, wanted);
  const all = readToyboxTokens(readSafetensors(await readFile(path), path));
  return wanted ? selectModalities(all, wanted, path) : all;
}
