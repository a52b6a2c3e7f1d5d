import { type GenerationRequest, generateTokens } from '../decoding/generate.js';
import { InvalidInputError, pauseOrCancel, waitOrCancel } from '../errors.js';
import type { Raster } from '../media/raster.js';
import type { HumanPose } from '../modalities/text/human-poses.js';
import type { SamInstance } from '../modalities/text/sam-instances.js';
import type { SamMask } from '../modalities/text/sam-masks.js';
import { checkOptionNames } from '../option-names.js';
import { decodingReports, loadingReports, reporter } from './progress/progress.js';
import { backendThroughput, type ThroughputEstimator } from './progress/throughput.js';
import { checkRequest } from './request/check-request.js';
import { ownConditions, ownInput, ownInputs } from './request/host-inputs.js';
import { imageFeatures, networkOf } from './request/networks.js';
import { isPartial } from './request/partial.js';
import { readConditions, readInputs } from './request/read-inputs.js';
import { checkSeed, randomOf } from './request/seeds.js';
import { requestedTargets } from './request/targets.js';
import { fetchForMasks, masksOf } from './request/texts/instances.js';
import { bodyPoses, fetchForBodyPoses } from './request/texts/poses.js';
import { type TokenizedValue, tokenizeValues } from './request/tokenize-values.js';
import { writeResults, writingWork } from './request/write-results.js';
import { checkFits, checkRequestFits } from './resources/check-fits.js';
import { downloadForReconstruction, downloadForRequest } from './resources/download.js';
import { type ModelParts, vocabularyFor } from './resources/model-parts.js';
import { reconstructionMemory } from './resources/request-need.js';
import { enqueue } from './resources/request-queue.js';
import { isCoded, modalityNamed } from './types/description.js';
import type { HostInput, HostInputs, Input, Inputs } from './types/inputs.js';
import type { GenerateOptions, ReconstructOptions, SignalOptions } from './types/options.js';
import type { Result, Results } from './types/results.js';

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
  readonly #parts: ModelParts;
  readonly #clock: () => number;
  /** By backend. */
  readonly #throughputs = new WeakMap<object, ThroughputEstimator>();
  /** Unfinished requests. */
  readonly #pending = new Set<Promise<unknown>>();
  #disposed = false;

  /** @internal */
  constructor(parts: ModelParts, clock: () => number) {
    this.#clock = clock;
    this.name = parts.description.name;
    this.modalities = Object.keys(parts.description.modalities);
    this.#parts = parts;
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
   * @param inputs pictures of any size are cropped to a centred square and scaled
   * @throws InvalidInputError for an unknown modality, or one that is both a target and completely given
   * @throws MemoryError before anything is read or computed, if the request does not fit into the backend's memory
   * @throws MediaError for bytes that are no picture
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
    const read = async () => {
      const inputs = await Promise.all(samples.map((sample) => ownInputs(sample, signal)));
      return [inputs, { ...options, conditions: await ownConditions(conditions, signal) }] as const;
    };
    const download = (own: Awaited<ReturnType<typeof read>>) => downloadForRequest(this.#parts, ...own);
    return this.#enqueue('generating', signal, read, (own) => this.#generateMany(...own), download);
  }

  async #generateMany<Name extends string>(
    samples: readonly Inputs[],
    options: GenerateOptions<Name>,
  ): Promise<Results<Name>[]> {
    await pauseOrCancel(options.signal, 'generating');
    const generating = await checkRequestFits(this.#parts, samples, options);
    const { to, signal } = options;
    const { description: about, transformer } = this.#parts;
    const planned = to.map((name) => [`write ${name}`, writingWork(this.#parts, name) * samples.length] as const);
    const report = reporter(options.onProgress, backendThroughput(this.#throughputs), this.#clock, new Map(planned));

    const inputs = await readInputs(this.#parts, samples, to, { signal, report });
    const conditions = await readConditions(this.#parts, options.conditions ?? [], samples.length, { signal, report });

    const { given, order, targets } = requestedTargets(about.modalities, samples[0]!, options);
    const nameOf = (modality: string) => order.find((name) => modalityNamed(about, name).tokens === modality)!;
    const { onTokens } = options;
    const request: GenerationRequest = {
      inputs,
      ...(conditions.length > 0 && { conditions }),
      targets,
      vocabulary: await vocabularyFor(this.#parts, [...given, ...to], signal),
      random: randomOf(options.seed ?? 0, samples.length),
      signal,
      onTokens: onTokens && (({ modality, samples }) => onTokens({ modality: nameOf(modality), samples })),
      onProgress: decodingReports(report, nameOf),
      onLoad: loadingReports(report),
    };
    const tokens = await this.#parts.withMemoryFor(generating, () => generateTokens(transformer, request));

    const results: Record<string, Result>[] = samples.map(() => ({}));
    for (const name of to) {
      await pauseOrCancel(signal, `detokenizing '${name}'`);
      const written = await writeResults(
        this.#parts,
        name,
        tokens[modalityNamed(about, name).tokens]!,
        options,
        report,
      );
      written.forEach((result, i) => {
        results[i]![name] = result;
      });
    }
    return results as unknown as Results<Name>[];
  }

  /**
   * Encodes values as tokens and decodes them. The result is the best that a model can predict. Pictures, maps, features and
   * embeddings go through the modality's tokenizer; texts, and values in texts, through the vocabulary, with the tokenizer of
   * the poses or masks in them.
   *
   * @throws InvalidInputError for a modality that can only be given, and for values of another kind or size
   * @throws MemoryError if the backend has no room for it
   * @throws MediaError for bytes that are no picture
   * @throws CancelledError when the signal fires
   */
  async reconstruct<Name extends string>(
    name: Name,
    values: readonly HostInput[],
    options: ReconstructOptions = {},
  ): Promise<Results<Name>[Name][]> {
    checkOptionNames('reconstruct', options, ['seed', 'signal']);
    const { signal } = options;
    checkSeed(options.seed, values.length);
    const { kind, tokens } = modalityNamed(this.#parts.description, name);
    if (kind === 'embeddings') throw new InvalidInputError(`'${name}' can only be given, and has no tokens`);
    if (values.length === 0) throw new InvalidInputError(`there is nothing to reconstruct of '${name}'`);
    if (values.some(isPartial)) throw new InvalidInputError(`of '${name}', only whole values can be reconstructed`);
    const what = `reconstructing '${name}'`;
    const read = () => Promise.all(values.map((value) => ownInput(name, value, signal)));
    const download = () => downloadForReconstruction(this.#parts, name, values.length, signal);
    const run = async (own: readonly Input[]) => {
      await pauseOrCancel(signal, what);
      await checkFits(await reconstructionMemory(this.#parts, name, values.length, signal));
      const samples = own.map((value) => ({ [name]: value }));
      const known = await readInputs(this.#parts, samples, [name], { signal, report: () => {} });
      const { ids } = known[tokens] as { ids: readonly ArrayLike<number>[] };
      const rows = ids.map((row) => Int32Array.from(row));
      return (await writeResults(this.#parts, name, rows, options)) as Results<Name>[Name][];
    };
    return this.#enqueue(what, signal, read, run, download);
  }

  /**
   * Encodes values as the tokens that a model is trained on, the first half of {@link reconstruct}.
   *
   * @throws InvalidInputError for values of another kind or size
   * @throws MemoryError if the backend has no room for it
   * @throws MediaError for bytes that are no picture
   * @throws CancelledError when the signal fires
   * @internal
   */
  async tokenize(
    name: string,
    values: readonly HostInput[],
    { signal }: SignalOptions = {},
  ): Promise<TokenizedValue[]> {
    const { kind } = modalityNamed(this.#parts.description, name);
    if (values.some(isPartial)) throw new InvalidInputError(`of '${name}', only whole values can be tokenized`);
    const what = `tokenizing '${name}'`;
    const read = () => Promise.all(values.map((value) => ownInput(name, value, signal)));
    const isReadOnly = kind === 'embeddings';
    const download = async () => {
      if (!isReadOnly) await downloadForReconstruction(this.#parts, name, values.length, signal);
    };
    const run = async (own: readonly Input[]) => {
      if (!isReadOnly) await checkFits(await reconstructionMemory(this.#parts, name, 1, signal));
      return tokenizeValues(this.#parts, name, own, signal);
    };
    return this.#enqueue(what, signal, read, run, download);
  }

  /**
   * Features of pictures, computed by a frozen network of the package: the ground truth for modalities such as `clip` and
   * `dinov2_global`.
   *
   * @returns for each picture a feature map [h, w, C], or for embeddings a vector [C]
   * @throws InvalidInputError for a modality without a network, and for an input that is not a picture
   * @throws MemoryError if the backend has no room for it
   * @throws MediaError for bytes that are no picture
   * @throws CancelledError when the signal fires
   */
  async features(
    name: string,
    pictures: readonly HostInput[],
    { signal }: SignalOptions = {},
  ): Promise<(Raster<Float32Array> | Float32Array)[]> {
    const modality = modalityNamed(this.#parts.description, name);
    const file = isCoded(modality) ? networkOf(modality) : undefined;
    if (file === undefined)
      throw new InvalidInputError(`the model has no network that computes '${name}' of a picture`);
    const read = () => Promise.all(pictures.map((picture) => ownInput(name, picture, signal)));
    const download = async () => {
      const { weights, parameters } = await this.#parts.network(file, signal);
      await weights.fetch(parameters, signal);
    };
    const run = async (own: readonly Input[]) => {
      const features: (Raster<Float32Array> | Float32Array)[] = [];
      for (const picture of own) {
        await pauseOrCancel(signal, `computing '${name}'`);
        features.push(await imageFeatures(this.#parts, modality, picture, signal));
      }
      return features;
    };
    return this.#enqueue(`computing '${name}'`, signal, read, run, download);
  }

  /**
   * Decodes the `poseTokens` of a `human_poses` result to joint rotations. The tokenizer of poses is loaded on first use.
   *
   * @returns for each person the rotations of SMPL's 23 joints relative to their parents, [23, 3, 3] flattened to [207]
   * @throws InvalidInputError for tokens that are not of a pose; and the errors of `loadTokenizer`
   * @throws MemoryError if the backend has no room for it
   * @throws CancelledError when the signal fires
   */
  bodyPoses(people: readonly HumanPose[], { signal }: SignalOptions = {}): Promise<Float32Array[]> {
    const download = () => fetchForBodyPoses(this.#parts, signal);
    return this.#enqueue(
      'decoding poses',
      signal,
      async () => people,
      (own) => bodyPoses(own, this.#parts),
      download,
    );
  }

  /**
   * Decodes the masks of the objects of a `sam_instance` result, in its order. Masks without contrast are dropped, and masks of
   * the same object are averaged. The tokenizer of masks is loaded on first use.
   *
   * @throws InvalidInputError for tokens that are not of a mask; and the errors of `loadTokenizer`
   * @throws MemoryError if the backend has no room for it
   * @throws CancelledError when the signal fires
   */
  masks(objects: readonly SamInstance[], { signal }: SignalOptions = {}): Promise<SamMask[]> {
    const download = () => fetchForMasks(this.#parts, signal);
    return this.#enqueue(
      'decoding masks',
      signal,
      async () => objects,
      (own) => masksOf(own, this.#parts),
      download,
    );
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
    this.#disposed = true;
    const what = `disposing of '${this.name}'`;
    const pending = [...this.#pending];
    const disposing = enqueue(
      what,
      undefined,
      () => this.#parts.dispose(),
      () => Promise.allSettled(pending),
    );
    return waitOrCancel(disposing, signal, what);
  }

  /**
   * Queues a request; all requests compute one at a time.
   *
   * @param read     reads the inputs, before the request's turn
   * @param download downloads weights, before the request's turn; only if the model has remote files
   * @throws InvalidInputError if the model was disposed of
   */
  async #enqueue<I, T>(
    what: string,
    signal: AbortSignal | undefined,
    read: () => Promise<I>,
    run: (inputs: I) => Promise<T>,
    download: (inputs: I) => Promise<void>,
  ): Promise<T> {
    if (this.#disposed) throw new InvalidInputError(`the model '${this.name}' was disposed of`);
    let inputs: I;
    const prepare = async () => {
      inputs = await read();
      if (!this.#parts.local) await download(inputs);
    };
    const request = enqueue(what, signal, () => run(inputs), prepare);
    this.#pending.add(request);
    try {
      return await request;
    } finally {
      this.#pending.delete(request);
      if (this.#pending.size === 0) this.#parts.forget();
    }
  }
}
