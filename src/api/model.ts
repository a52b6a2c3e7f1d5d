import type { Raster } from '../media/raster.js';
import type { ModalityInfo } from '../modalities/modality.js';
import type { HumanPose } from '../modalities/text/human-poses.js';
import type { SamInstance } from '../modalities/text/sam-instances.js';
import type { SamMask } from '../modalities/text/sam-masks.js';
import { checkOptionNames } from '../option-names.js';
import { backendThroughput, type ThroughputEstimator } from './progress/throughput.js';
import { checkList, checkRequest } from './request/check-request.js';
import { runGeneration } from './request/generation.js';
import { ownConditions, ownInput, ownInputs } from './request/host-inputs.js';
import { featuresOfImages, fetchNetwork, modalityWithNetwork } from './request/networks.js';
import { checkReconstruction, runReconstruction } from './request/reconstruction.js';
import { fetchForMasks, masksOf } from './request/texts/instances.js';
import { bodyPoses, fetchForBodyPoses } from './request/texts/poses.js';
import { downloadForReconstruction, downloadForRequest } from './resources/download.js';
import type { ModelParts } from './resources/model-parts.js';
import { ModelQueue } from './resources/model-queue.js';
import { TrainingAccess } from './training-access.js';
import type { ModelDescription } from './types/description.js';
import type { HostInput, HostInputs } from './types/inputs.js';
import type { GenerateOptions, ReconstructOptions, SignalOptions } from './types/options.js';
import type { Results } from './types/results.js';

export type { HostInput, HostInputs, Input, Inputs, WeightedInputs } from './types/inputs.js';
export type { GenerateOptions, GenerationProgress, ReconstructOptions } from './types/options.js';

/**
 * A model with its tokenizers, from `loadModel`. It predicts any of its modalities from any others. Requests to all models and
 * tokenizers are queued and run one at a time.
 */
export class Model {
  readonly name: string;
  /** Names of the modalities. */
  readonly modalities: readonly string[];
  /** The kind, tokens and decoding settings of each modality. */
  readonly description: ModelDescription;
  /** The transformer's modalities by published name: grids, vocabularies, and lengths. */
  readonly infos: Readonly<Record<string, ModalityInfo>>;
  /** @internal */
  readonly forTraining: TrainingAccess;
  readonly #parts: ModelParts;
  readonly #queue: ModelQueue;
  readonly #clock: () => number;
  /** By backend. */
  readonly #throughputs = new WeakMap<object, ThroughputEstimator>();

  /** @internal */
  constructor(parts: ModelParts, clock: () => number) {
    this.#clock = clock;
    const { name, modalities } = parts.description;
    this.name = name;
    this.modalities = Object.keys(modalities);
    this.description = { name, modalities };
    this.infos = parts.transformer.modalities;
    this.#parts = parts;
    this.#queue = new ModelQueue(this.name, parts);
    this.forTraining = new TrainingAccess(parts, this.#queue);
  }

  /**
   * Generates modalities from others.
   *
   * ```ts
   * const { depth, caption } = await model.generate({ rgb: image }, { to: ['depth', 'caption'], seed: 0 });
   * depth.values.data; // metres
   * caption.text;      // 'a big red ball in front of a small blue box'
   * await depth.save('depth.png');
   * ```
   *
   * Partly given inputs are completed, and conditions can be weighted:
   *
   * ```ts
   * await model.generate({ rgb: { image, known: mask } }, { to: ['rgb'] });
   * await model.generate({ caption: 'a red [S_1] in front of a [S_2]' }, { to: ['caption'] });
   * await model.generate({}, {
   *   to: ['rgb'],
   *   conditions: [{ inputs: { caption: 'a red ball' }, weight: 3 }, { inputs: { depth: map }, weight: -1 }],
   * });
   * ```
   *
   * Each step's tokens can be followed, with the distribution that each was drawn from and the inputs that it attends to:
   *
   * ```ts
   * await model.generate({ rgb: image }, {
   *   to: ['depth'],
   *   details: { alternatives: 5, attention: true },
   *   onTokens({ samples: [tokens = []] }) {
   *     for (const { position, alternatives, attention } of tokens) console.log(position, alternatives, attention);
   *   },
   * });
   * ```
   *
   * @param inputs pictures of any size are cropped to a centred square and scaled
   * @throws InvalidInputError for an unknown modality, or one that is both a target and completely given
   * @throws MemoryError before anything is read or computed, if the request does not fit into the backend's memory
   * @throws MediaError for bytes that are not an image file
   * @throws CancelledError when the signal fires
   */
  async generate<Name extends string>(
    inputs: HostInputs,
    options: GenerateOptions<Name, HostInputs>,
  ): Promise<Results<Name>> {
    const [result] = await this.generateMany([inputs], options);
    return result!;
  }

  /** {@link generate} for several samples in one batch, which is faster than one after another. All must have the same modalities. */
  async generateMany<Name extends string>(
    samples: readonly HostInputs[],
    options: GenerateOptions<Name, HostInputs>,
  ): Promise<Results<Name>[]> {
    checkRequest(this.#parts.description, samples, options);
    const { conditions = [], signal } = options;
    return this.#queue.add({
      what: 'generating',
      signal,
      read: async () => {
        const inputs = await Promise.all(samples.map((sample) => ownInputs(sample, signal)));
        return [inputs, { ...options, conditions: await ownConditions(conditions, signal) }] as const;
      },
      download: (own) => downloadForRequest(this.#parts, ...own),
      run: (own) => {
        const throughput = backendThroughput(this.#throughputs);
        return runGeneration(this.#parts, ...own, { clock: this.#clock, throughput });
      },
    });
  }

  /**
   * Encodes values as tokens and decodes them. The result is the best that a model can predict. Pictures, maps, features and
   * embeddings go through the modality's tokenizer; texts, and values in texts, through the vocabulary, with the tokenizer of
   * the poses or masks in them.
   *
   * @throws InvalidInputError for a modality that can only be given, and for values of another kind or size
   * @throws MemoryError if the backend has no room for it
   * @throws MediaError for bytes that are not an image file
   * @throws CancelledError when the signal fires
   */
  async reconstruct<Name extends string>(
    name: Name,
    values: readonly HostInput[],
    options: ReconstructOptions = {},
  ): Promise<Results<Name>[Name][]> {
    checkReconstruction(this.#parts.description, name, values, options);
    const { signal } = options;
    return this.#queue.add({
      what: `reconstructing '${name}'`,
      signal,
      read: () => Promise.all(values.map((value) => ownInput(name, value, signal))),
      download: () => downloadForReconstruction(this.#parts, name, values.length, signal),
      run: async (own) => (await runReconstruction(this.#parts, name, own, options)) as Results<Name>[Name][],
    });
  }

  /**
   * Features of pictures, computed by a frozen network of the package: the ground truth for modalities such as `clip` and
   * `dinov2_global`.
   *
   * @returns for each picture a feature map [h, w, C], or for embeddings a vector [C]
   * @throws InvalidInputError for a modality without a network, and for an input that is not a picture
   * @throws MemoryError if the backend has no room for it
   * @throws MediaError for bytes that are not an image file
   * @throws CancelledError when the signal fires
   */
  async features(
    name: string,
    pictures: readonly HostInput[],
    options: SignalOptions = {},
  ): Promise<(Raster<Float32Array> | Float32Array)[]> {
    checkOptionNames('features', options, ['signal']);
    checkList(pictures, 'pictures');
    const { signal } = options;
    const modality = modalityWithNetwork(this.#parts.description, name);
    return this.#queue.add({
      what: `computing '${name}'`,
      signal,
      read: () => Promise.all(pictures.map((picture) => ownInput(name, picture, signal))),
      download: () => fetchNetwork(this.#parts, modality, signal),
      run: (own) => featuresOfImages(this.#parts, modality, own, signal),
    });
  }

  /**
   * Decodes the `poseTokens` of a `human_poses` result to joint rotations. The tokenizer of poses is loaded on first use.
   *
   * @returns for each person the rotations of SMPL's 23 joints relative to their parents, [23, 3, 3] flattened to [207]
   * @throws InvalidInputError for tokens that are not of a pose; and the errors of `loadTokenizer`
   * @throws MemoryError if the backend has no room for it
   * @throws CancelledError when the signal fires
   */
  async bodyPoses(people: readonly HumanPose[], options: SignalOptions = {}): Promise<Float32Array[]> {
    checkOptionNames('bodyPoses', options, ['signal']);
    checkList(people, 'people');
    const { signal } = options;
    return this.#queue.add({
      what: 'decoding poses',
      signal,
      read: async () => people,
      download: () => fetchForBodyPoses(this.#parts, signal),
      run: (own) => bodyPoses(own, this.#parts),
    });
  }

  /**
   * Decodes the masks of the objects of a `sam_instance` result, in its order. Masks without contrast are dropped, and masks of
   * the same object are averaged. The tokenizer of masks is loaded on first use.
   *
   * @throws InvalidInputError for tokens that are not of a mask; and the errors of `loadTokenizer`
   * @throws MemoryError if the backend has no room for it
   * @throws CancelledError when the signal fires
   */
  async masks(objects: readonly SamInstance[], options: SignalOptions = {}): Promise<SamMask[]> {
    checkOptionNames('masks', options, ['signal']);
    checkList(objects, 'objects');
    const { signal } = options;
    return this.#queue.add({
      what: 'decoding masks',
      signal,
      read: async () => objects,
      download: () => fetchForMasks(this.#parts, signal),
      run: (own) => masksOf(own, this.#parts),
    });
  }

  /**
   * Frees the weights that are not in use; they are loaded again when they are needed. This also happens automatically if a
   * request needs the memory.
   */
  release(): Promise<void> {
    return this.#parts.release();
  }

  /**
   * Frees all device memory after the pending requests; later requests are rejected.
   *
   * @param options the signal ends the wait; the memory is freed nevertheless
   * @throws CancelledError when the signal fires
   */
  dispose({ signal }: SignalOptions = {}): Promise<void> {
    return this.#queue.dispose(signal);
  }
}
