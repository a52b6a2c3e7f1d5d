import { generateTokens } from '../decoding/generate.js';
import type { KnownModalities, KnownModality } from '../decoding/known-modalities.js';
import type { DecodingVocabulary } from '../decoding/state.js';
import { InvalidInputError, pauseOrCancel } from '../errors.js';
import { decodeImage } from '../media/decode.js';
import type { Raster } from '../media/raster.js';
import { toTokenizerValues } from '../modalities/images.js';
import type { ModalityInfo } from '../modalities/modality.js';
import { type Detection, detectionsToText, orderDetections } from '../modalities/text/detections.js';
import { Random } from '../random.js';
import type { WordPiece } from '../tokenizers/text/word-piece.js';
import { detokenize, tokenize, type VqVae } from '../tokenizers/vq/vqvae.js';
import type { FourM } from '../transformer/model.js';
import type { GenerateOptions, Input, Inputs } from './generate-options.js';
import { fitToSquare, imageResult } from './images.js';
import type { PackageModality } from './package.js';
import { imageOf, isPartial, knownPatches } from './partial.js';
import { type Codec, NO_TEXT, pixelsOf } from './published/codec.js';
import type { ModelDescription, ModelModality } from './published/package.js';
import { detectionsResult, type ImageResult, type Result, type Results } from './results.js';
import { decodingTarget, generationOrder } from './targets.js';

export type { GenerateOptions, GenerationProgress, Input, Inputs, WeightedInputs } from './generate-options.js';

/** What a model loads when it first needs it. */
export interface ModelLoaders {
  readonly text: () => Promise<WordPiece>;
  readonly tokenizer: (file: string) => Promise<VqVae>;
  readonly codec: (tokenizer: string) => Promise<Codec>;
}

/** A model with its tokenizers: any of its modalities in, any others out. From `loadModel`. */
export class Model {
  readonly name: string;
  /** The names that `generate` knows. */
  readonly modalities: readonly string[];
  readonly #package: ModelDescription;
  readonly #transformer: FourM;
  readonly #load: ModelLoaders;
  /** Loaded when first needed, by modality. */
  readonly #tokenizers = new Map<string, Promise<VqVae>>();
  /** The same, of published models; by tokenizer, which several modalities may share. */
  readonly #codecs = new Map<string, Promise<Codec>>();

  /** @internal */
  constructor(about: ModelDescription, transformer: FourM, load: ModelLoaders) {
    this.name = about.name;
    this.modalities = Object.keys(about.modalities);
    this.#package = about;
    this.#transformer = transformer;
    this.#load = load;
  }

  /**
   * Generates modalities from others.
   *
   * ```ts
   * const { depth, caption } = await model.generate({ rgb: image }, { to: ['depth', 'caption'], seed: 0 });
   * depth.values.data; // metres
   * caption.text;      // 'a big red ball in front of a small blue box'
   * ```
   *
   * What is known in part can be completed, and what is known can be given a weight:
   *
   * ```ts
   * await model.generate({ rgb: { image, known: mask } }, { to: ['rgb'] });
   * await model.generate({ caption: 'a red [S_1] in front of a [S_2]' }, { to: ['caption'] });
   * const conditions = [{ inputs: { caption: 'a red ball' }, weight: 3 }, { inputs: { depth: map }, weight: -1 }];
   * await model.generate({}, { to: ['rgb'], conditions });
   * ```
   *
   * @param inputs pictures of any size are cut to a square and scaled
   * @throws InvalidInputError for a modality that is unknown, or is asked for and given whole
   * @throws MediaError for bytes that are no picture
   * @throws CancelledError when the signal fires
   */
  async generate<Name extends string>(inputs: Inputs, options: GenerateOptions<Name>): Promise<Results<Name>> {
    const [result] = await this.generateMany([inputs], options);
    return result!;
  }

  /** {@link generate} for several samples at once, which all give the same modalities: faster than one after the other. */
  async generateMany<Name extends string>(
    samples: readonly Inputs[],
    options: GenerateOptions<Name>,
  ): Promise<Results<Name>[]> {
    const { to, signal } = options;
    this.#check(samples, options);
    await pauseOrCancel(signal, 'generating');
    const known = await this.#readAll(samples, to, signal);
    const conditions: { inputs: KnownModalities; weight: number }[] = [];
    for (const { inputs, weight } of options.conditions ?? []) {
      const read = await this.#readAll([inputs], [], signal);
      conditions.push({ inputs: repeated(read, samples.length), weight });
    }
    const given = [samples[0]!, ...(options.conditions ?? []).map(({ inputs }) => inputs)].flatMap(Object.keys);
    const { modalities } = this.#package;
    const order = generationOrder(modalities, given, to);
    const usual = conditions.length > 0 ? { guidanceScale: 1 } : {};
    const targets = order.map((name) => {
      return decodingTarget(modalities, given, name, { ...usual, ...options.decoding?.[name] });
    });
    const vocabulary = await this.#vocabulary([...given, ...to]);
    const tokens = await generateTokens(this.#transformer, {
      inputs: known,
      ...(conditions.length > 0 && { conditions }),
      targets,
      vocabulary,
      random: new Random(options.seed ?? 0),
      signal,
      onProgress: this.#progress(order, options.onProgress),
    });
    const results: Record<string, Result>[] = samples.map(() => ({}));
    for (const name of to) {
      await pauseOrCancel(signal, 'generating');
      const ids = tokens[this.#package.modalities[name]!.tokens]!;
      const written = await this.#write(name, ids, options);
      written.forEach((result, i) => {
        results[i]![name] = result;
      });
    }
    return results as unknown as Results<Name>[];
  }

  /**
   * What a modality's tokenizer makes of a picture or map: all that a perfect model could give back.
   *
   * @throws InvalidInputError if the modality is not an image
   */
  async reconstruct(name: string, images: readonly (Uint8Array | Raster)[]): Promise<ImageResult[]> {
    const { tokens } = this.#image(name);
    const ids = await this.#tokens(name, this.#transformer.modalities[tokens]!, images);
    return (await this.#write(name, ids, {})) as ImageResult[];
  }

  /** Lets go of all device memory; the model cannot be used afterwards. */
  async dispose(): Promise<void> {
    const tokenizers = await Promise.all(this.#tokenizers.values());
    for (const codec of await Promise.all(this.#codecs.values())) codec.dispose();
    for (const { parameters } of [this.#transformer, ...tokenizers]) for (const p of parameters.all) p.dispose();
  }

  #check(samples: readonly Inputs[], { to, conditions = [] }: GenerateOptions): void {
    const [first] = samples;
    if (!first) throw new InvalidInputError('there is nothing to generate from: no samples');
    if (to.length === 0)
      throw new InvalidInputError(`nothing to generate; this model knows ${this.modalities.join(', ')}`);
    const given = Object.keys(first);
    const weighted = conditions.flatMap(({ inputs }) => Object.keys(inputs));
    for (const name of [...given, ...weighted, ...to]) this.#modality(name);
    const whole = (name: string) => given.includes(name) && !samples.some((inputs) => isPartial(inputs[name]!));
    const twice = to.find((name, i) => whole(name) || weighted.includes(name) || to.indexOf(name) !== i);
    if (twice !== undefined) throw new InvalidInputError(`'${twice}' is given and asked for, or asked for twice`);
    if (samples.some((inputs) => Object.keys(inputs).sort().join() !== [...given].sort().join())) {
      throw new InvalidInputError('all samples must give the same modalities');
    }
  }

  #modality(name: string): ModelModality {
    const modality = Object.hasOwn(this.#package.modalities, name) ? this.#package.modalities[name] : undefined;
    if (!modality) throw new InvalidInputError(`unknown modality '${name}'; known are ${this.modalities.join(', ')}`);
    return modality;
  }

  #image(name: string): PackageModality & { kind: 'image' } {
    const modality = this.#modality(name);
    if (modality.kind !== 'image') throw new InvalidInputError(`'${name}' is ${modality.kind}, not an image`);
    return modality;
  }

  /** Texts need their vocabulary, which is loaded for them alone. */
  async #vocabulary(names: readonly string[]): Promise<DecodingVocabulary> {
    const texts = names.some((name) => ['text', 'detections'].includes(this.#modality(name).kind));
    return texts ? this.#load.text() : NO_TEXT;
  }

  /** Turns samples into what the transformer reads. @param asked names of what is generated, of which they may be a part */
  async #readAll(
    samples: readonly Inputs[],
    asked: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<KnownModalities> {
    const known: Record<string, KnownModality> = {};
    for (const name of Object.keys(samples[0]!)) {
      const given = samples.map((inputs) => inputs[name]!);
      const [modality, values] = await this.#read(name, given, asked.includes(name));
      known[modality] = values;
      await pauseOrCancel(signal, 'generating');
    }
    return known;
  }

  /** Turns what was given into what the transformer reads: pixels where it can, unless they are of what is generated. */
  async #read(name: string, inputs: readonly Input[], isTarget: boolean): Promise<[modality: string, KnownModality]> {
    const modality = this.#modality(name);
    const isImage = modality.kind === 'published' || modality.kind === 'image';
    const pixels = isImage && !isTarget ? modality.pixels : undefined;
    const info = this.#transformer.modalities[pixels ?? modality.tokens]!;
    const patches = isImage && inputs.some(isPartial) ? knownPatches(inputs, gridOf(info)) : undefined;
    const known = patches && { known: patches };
    const given = isImage ? inputs.map(imageOf) : inputs;
    if (modality.kind === 'published') {
      if (pixels !== undefined) {
        const values = given.map((image) => pixelsOf(toRaster(imageInput(name, image)), info));
        return [pixels, { pixels: values, ...known }];
      }
      const codec = await this.#codec(modality.tokenizer);
      const ids: Int32Array[] = [];
      for (const input of given) ids.push(await codec.tokenize(input, info));
      return [modality.tokens, { ids, ...known }];
    }
    if (modality.kind === 'embeddings') {
      const embeddings = given.map((input) => {
        if (input instanceof Float32Array) return input;
        throw new InvalidInputError(`'${name}' takes the vectors of another text encoder, one behind the other`);
      });
      return [modality.tokens, { embeddings }];
    }
    if (modality.kind === 'image') {
      const images = given.map((input) => imageInput(name, input));
      if (pixels === undefined) {
        return [modality.tokens, { ids: await this.#tokens(name, info, images), ...known }];
      }
      const values = images.map((image) => {
        const values = toTokenizerValues(modality.values, fitToSquare(toRaster(image), modality.values, sizeOf(info)));
        return channelsFirst(values as Float32Array, info.channels!);
      });
      return [pixels, { pixels: values, ...known }];
    }
    const texts = given.map((input) => {
      if (typeof input === 'string') return input;
      if (modality.kind === 'detections' && isDetections(input)) {
        return detectionsToText(orderDetections(input), modality.bins);
      }
      throw new InvalidInputError(`'${name}' takes text${modality.kind === 'detections' ? ' or boxes' : ''}`);
    });
    const vocabulary = await this.#load.text();
    return [modality.tokens, { ids: texts.map((text) => vocabulary.encode(text)) }];
  }

  /** Turns tokens into results. */
  async #write(
    name: string,
    tokens: readonly Int32Array[],
    { seed = 0, signal }: Pick<GenerateOptions, 'seed' | 'signal'>,
  ): Promise<Result[]> {
    const modality = this.#modality(name);
    if (modality.kind === 'published') {
      const codec = await this.#codec(modality.tokenizer);
      const random = new Random(seed);
      const results: Result[] = [];
      const info = this.#transformer.modalities[modality.tokens]!;
      for (const ids of tokens) results.push(await codec.detokenize(ids, info, random, signal));
      return results;
    }
    if (modality.kind === 'embeddings') throw new InvalidInputError(`'${name}' can only be given`);
    if (modality.kind !== 'image') {
      const vocabulary = await this.#load.text();
      return tokens.map((ids) => {
        const text = vocabulary.decode(ids);
        return modality.kind === 'detections'
          ? detectionsResult(ids, text, modality.bins)
          : { kind: 'text', tokens: ids, text };
      });
    }
    const info = this.#transformer.modalities[modality.tokens]!;
    const grid = gridOf(info);
    const tokenizer = await this.#tokenizer(name);
    const all = new Int32Array(tokens.length * grid[0] * grid[1]);
    tokens.forEach((ids, i) => {
      all.set(ids, i * ids.length);
    });
    const decoded = await detokenize(tokenizer, all, grid);
    const perImage = decoded.length / tokens.length;
    return tokens.map((ids, i) => {
      const own = decoded.subarray(i * perImage, (i + 1) * perImage);
      return imageResult(modality.values, ids, own, sizeOf(info));
    });
  }

  /** Token ids of pictures, [h·w] each. */
  async #tokens(name: string, info: ModalityInfo, images: readonly (Uint8Array | Raster)[]): Promise<Int32Array[]> {
    const { values } = this.#image(name);
    const size = sizeOf(info);
    const tokenizer = await this.#tokenizer(name);
    const ids: Int32Array[] = [];
    for (const image of images) {
      const fitted = toTokenizerValues(values, fitToSquare(toRaster(image), values, size));
      ids.push(await tokenize(tokenizer, fitted, size, size));
    }
    return ids;
  }

  #codec(tokenizer: string): Promise<Codec> {
    const loading = this.#codecs.get(tokenizer) ?? this.#load.codec(tokenizer);
    this.#codecs.set(tokenizer, loading);
    loading.catch(() => this.#codecs.delete(tokenizer));
    return loading;
  }

  #tokenizer(name: string): Promise<VqVae> {
    const { tokenizer: file } = this.#image(name);
    const loading = this.#tokenizers.get(name) ?? this.#load.tokenizer(file);
    this.#tokenizers.set(name, loading);
    return loading;
  }

  #progress(to: readonly string[], onProgress: GenerateOptions['onProgress']) {
    if (!onProgress) return undefined;
    const names = new Map(to.map((name) => [this.#modality(name).tokens, name]));
    const most = to.map((name) => this.#transformer.modalities[this.#modality(name).tokens]!.maxTokens);
    const total = most.reduce((a, b) => a + b, 0);
    return ({ modality, done, total: own }: { modality: string; done: number; total: number }) => {
      const name = names.get(modality)!;
      const at = to.indexOf(name);
      const before = most.slice(0, at).reduce((a, b) => a + b, 0);
      onProgress({ modality: name, done: before + Math.round((done / own) * most[at]!), total });
    };
  }
}

/** The same single sample several times. */
function repeated(known: KnownModalities, times: number): KnownModalities {
  const copies = Object.entries(known).map(([name, values]) => {
    const each = Object.entries(values).map(([key, [only]]) => [key, Array.from({ length: times }, () => only)]);
    return [name, Object.fromEntries(each) as KnownModality] as const;
  });
  return Object.fromEntries(copies);
}

function imageInput(name: string, input: Input): Uint8Array | Raster {
  if (input instanceof Uint8Array || (typeof input === 'object' && 'data' in input)) return input;
  throw new InvalidInputError(`'${name}' takes a PNG or JPEG file or a raster`);
}

function toRaster(image: Uint8Array | Raster): Raster {
  return image instanceof Uint8Array ? decodeImage(image) : image;
}

function isDetections(input: Input): input is readonly Detection[] {
  return Array.isArray(input);
}

function sizeOf(info: ModalityInfo): number {
  return info.inputSize![0];
}

function gridOf(info: ModalityInfo): [number, number] {
  return [info.inputSize![0] / info.patchSize![0], info.inputSize![1] / info.patchSize![1]];
}

/** [H, W, C] to [C, H, W] */
function channelsFirst(values: Float32Array, channels: number): Float32Array {
  const pixels = values.length / channels;
  return values.map((_, i) => values[(i % pixels) * channels + Math.floor(i / pixels)]!);
}
