/** Summary of a checkpoint, from its header alone. */

import type { OpenCheckpoint } from '../api/loading/checkpoint.js';
import { decodingTarget } from '../api/request/targets.js';
import type { ModelDescription } from '../api/types/description.js';
import { type DeviceModel, namedKernelDevice } from '../memory/dry-run.js';
import { generationMemory } from '../memory/generation.js';
import { detokenizingMemory, tokenizingMemory } from '../memory/tokenizers.js';
import type { ModalityInfo } from '../modalities/modality.js';
import { WEIGHT_DTYPES, type WeightDtype } from '../nn/packed/packing.js';
import type { Parameter } from '../nn/parameters.js';
import { checkParameters } from '../nn/state-dict.js';
import { buildTokenizer, detokenizingParameters, tokenizingParameters } from '../tokenizers/tokenizer.js';
import { mlpPreset, type VqVaeConfig } from '../tokenizers/vq/config.js';
import type { Grid } from '../tokenizers/vq/vit.js';
import { parseFourMConfig } from '../transformer/config.js';
import { buildFourM, type FourM } from '../transformer/model.js';
import { taskParameters } from '../transformer/task-weights.js';

/** Some of a checkpoint's tensors. */
export interface Amount {
  /** Number of learned values; stored constants such as position tables do not count. */
  readonly parameters: number;
  /** In the file. */
  readonly storedBytes: number;
}

/** A part of a network. */
export interface Part extends Amount {
  readonly name: string;
}

/** Memory of a part of a network. */
export interface TaskMemory extends Part {
  /** Bytes of the weights on a backend, in f32. */
  readonly memoryBytes: number;
  /** Maximum memory, weights included, on a backend with all named kernels (such as wasm), by storage type of the weights. */
  readonly peakBytes: Readonly<Record<WeightDtype, number>>;
}

/** A modality of a model. */
export interface ModalitySummary {
  readonly name: string;
  readonly input: boolean;
  readonly output: boolean;
  readonly kind: ModalityInfo['kind'];
  readonly maxTokens: number;
  readonly vocabSize: number | undefined;
}

/** Summary of a checkpoint. */
export interface CheckpointSummary {
  readonly file: string;
  readonly kind: 'model' | 'tokenizer';
  readonly fileBytes: number;
  /** Number of tensors by storage type. */
  readonly dtypes: Readonly<Record<string, number>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly total: Amount;
  readonly parts: readonly Part[];
  /** Of models. */
  readonly modalities?: readonly ModalitySummary[];
  /** Memory of each task: for a model, from a picture or its first modality to every other; for a tokenizer, both directions. */
  readonly tasks: readonly TaskMemory[];
}

/**
 * @param infos      properties of each modality of the configuration
 * @param modalities the API's modalities, with their decoding settings
 * @throws CheckpointError if the tensors are not those of the configuration
 * @throws InvalidInputError for a configuration that is wrong
 */
export function summarizeModel(
  checkpoint: OpenCheckpoint,
  infos: Readonly<Record<string, ModalityInfo>>,
  { modalities: described }: Pick<ModelDescription, 'modalities'>,
): CheckpointSummary {
  const config = parseFourMConfig(checkpoint.config);
  const model = buildFourM(config, infos);
  const learned = (parameter: Parameter) => parameter.trainable || model.unusedParameters.has(parameter);
  const sums = new Sums(checkpoint, model.parameters.all, learned);
  const modalities = Object.values(model.modalities).map((info) => ({
    name: info.name,
    input: config.domains_in.includes(info.name),
    output: config.domains_out.includes(info.name),
    kind: info.kind,
    maxTokens: info.maxTokens,
    vocabSize: info.vocabSize,
  }));
  const tasks = tasksOf(model, described, sums);
  return { ...common(checkpoint, 'model', sums), parts: sums.by(modelPart), modalities, tasks };
}

/**
 * Summary of a tokenizer.
 *
 * @throws CheckpointError and InvalidInputError as {@link summarizeModel} does
 */
export function summarizeTokenizer(checkpoint: OpenCheckpoint): CheckpointSummary {
  const model = buildTokenizer(checkpoint.config);
  const sums = new Sums(checkpoint, model.parameters.all, (parameter) => parameter.trainable);
  const grid = smallestGrid(model.config);
  return {
    ...common(checkpoint, 'tokenizer', sums),
    parts: sums.by((name) => name.split('.')[0]!),
    tasks: [
      sums.need('values → tokens', tokenizingParameters(model), (on) => tokenizingMemory(model, on, grid)(1).working),
      sums.need(
        'tokens → values',
        detokenizingParameters(model),
        (on) => detokenizingMemory(model, on, grid)(1).working,
      ),
    ],
  };
}

/** Tokens of the smallest image that a tokenizer was made for, h and w; a vector has one. */
function smallestGrid({ image_size, patch_size, enc_type }: VqVaeConfig): Grid {
  if (mlpPreset(enc_type)) return [1, 1];
  const [height, width] = typeof image_size === 'number' ? [image_size, image_size] : image_size;
  return [Math.floor(height / patch_size), Math.floor(width / patch_size)];
}

function common(checkpoint: OpenCheckpoint, kind: CheckpointSummary['kind'], sums: Sums) {
  const { name: file, size: fileBytes, config, tensors } = checkpoint;
  const dtypes: Record<string, number> = {};
  for (const { dtype } of tensors.tensors.values()) dtypes[dtype] = (dtypes[dtype] ?? 0) + 1;
  return { file, kind, fileBytes, dtypes, config, total: sums.of([...tensors.tensors.keys()]) };
}

function modelPart(name: string): string {
  const [module, modality, what] = name.split('.');
  if (module === 'encoder_embeddings') return `input embedding: ${modality}`;
  if (module === 'decoder_embeddings') {
    return what === 'to_logits' ? `output head: ${modality}` : `target embedding: ${modality}`;
  }
  if (module === 'encoder' || module === 'encoder_norm') return 'encoder';
  return module === 'decoder' || module === 'decoder_norm' || module === 'decoder_proj_context' ? 'decoder' : name;
}

function tasksOf(model: FourM, modalities: ModelDescription['modalities'], sums: Sums): TaskMemory[] {
  const { domains_in: readable, domains_out: outputs } = model.config;
  const from = readable.find((name) => model.modalities[name]!.kind === 'pixels') ?? readable[0]!;
  const others = outputs.filter((to) => to !== from);
  const short = (name: string) =>
    Object.entries(modalities).flatMap(([short, modality]) => {
      return modality.tokens === name || ('pixels' in modality && modality.pixels === name) ? [short] : [];
    });
  const inputs = { [from]: model.modalities[from]!.maxTokens };
  const task = (name: string, to: readonly string[]) => {
    const targets = to.flatMap(short).map((name) => decodingTarget(modalities, short(from), name));
    const working = (on: DeviceModel) => generationMemory(model, on, { inputs, targets })(1).working;
    return sums.need(`${from} → ${name}`, taskParameters(model, [from], to), working);
  };
  return [...others.map((to) => task(to, [to])), task('all of them', others)];
}

/** Adds up the tensors of a checkpoint. */
class Sums {
  readonly #tensors: OpenCheckpoint['tensors']['tensors'];
  /** By stored name; a tensor that is stored under two names counts under its first. */
  readonly #learned = new Map<string, number>();

  /** @throws CheckpointError if the tensors are not the model's */
  constructor({ tensors }: OpenCheckpoint, parameters: readonly Parameter[], isLearned: (p: Parameter) => boolean) {
    checkParameters(parameters, tensors);
    this.#tensors = tensors.tensors;
    for (const parameter of parameters.filter(isLearned)) this.#learned.set(this.#stored(parameter), parameter.size);
  }

  of(names: readonly string[]): Amount {
    const add = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    return {
      parameters: add(names.map((name) => this.#learned.get(name) ?? 0)),
      storedBytes: add(names.map((name) => this.#tensors.get(name)!.byteLength)),
    };
  }

  /** Parts in the order of the file. */
  by(partOf: (name: string) => string): Part[] {
    const names = new Map<string, string[]>();
    for (const name of this.#tensors.keys()) {
      const own = names.get(partOf(name));
      if (own) own.push(name);
      else names.set(partOf(name), [name]);
    }
    return [...names].map(([name, own]) => ({ name, ...this.of(own) }));
  }

  need(name: string, parameters: readonly Parameter[], working: (on: DeviceModel) => number): TaskMemory {
    const weights = (dtype: WeightDtype) =>
      parameters.reduce((sum, parameter) => sum + parameter.byteLengthAs(dtype), 0);
    const peaks = WEIGHT_DTYPES.map((dtype) => [dtype, weights(dtype) + working(namedKernelDevice(dtype))]);
    return {
      name,
      ...this.of(parameters.map((parameter) => this.#stored(parameter))),
      memoryBytes: weights('f32'),
      peakBytes: Object.fromEntries(peaks) as Record<WeightDtype, number>,
    };
  }

  #stored({ names }: Parameter): string {
    return names.find((name) => this.#tensors.has(name))!;
  }
}
