/** Parts of a model; tokenizers and vocabulary are loaded on first use. */
import type { DecodingVocabulary } from '../../decoding/state.js';
import type { Computation } from '../../memory/computation.js';
import type { ModalityInfo } from '../../modalities/modality.js';
import type { Parameter } from '../../nn/parameters.js';
import type { WordPiece } from '../../tokenizers/text/word-piece.js';
import type { FourM } from '../../transformer/model.js';
import type { Codec } from '../codecs/codec.js';
import type { FrozenNetwork } from '../codecs/network.js';
import { isTokens } from '../request/given-tokens.js';
import { type CodecSource, isWords, type ModelDescription, modalityNamed } from '../types/description.js';
import type { Input } from '../types/inputs.js';
import { SharedLoads } from './shared-loads.js';
import { freeMemoryFor, registerWeightOwner, type WeightOwner } from './weight-owners.js';

/** How a model's tokenizers and vocabulary are loaded. */
export interface ModelLoaders {
  readonly text: (signal?: AbortSignal) => Promise<WordPiece>;
  readonly codec: (source: CodecSource, signal?: AbortSignal) => Promise<Codec>;
  readonly network: (file: string, signal?: AbortSignal) => Promise<FrozenNetwork>;
  /** Whether all files are on this machine, and nothing has to be downloaded. */
  readonly local: boolean;
}

/** Ids of the official vocabulary that decoding needs even without texts. */
const NO_TEXT: DecodingVocabulary = {
  padId: 0,
  eosId: 3,
  sentinelIds: Array.from({ length: 3 }, (_, k) => 4 + k),
};

/** Parts of a model, for reading inputs and writing results. */
export interface ModelParts extends WeightOwner {
  readonly description: ModelDescription;
  readonly transformer: FourM;
  /** Whether all files are on this machine, and nothing has to be downloaded. */
  readonly local: boolean;
  /** The vocabulary of texts. @throws CancelledError when the signal fires */
  text(signal?: AbortSignal): Promise<WordPiece>;
  /** A tokenizer; modalities that read the same values with the same file share it. @throws CancelledError when the signal fires */
  codec(source: CodecSource, signal?: AbortSignal): Promise<Codec>;
  /** A frozen network of the package, by its file. @throws CancelledError when the signal fires */
  network(file: string, signal?: AbortSignal): Promise<FrozenNetwork>;
  /**
   * Downloads weights, of the transformer and of tokenizers that are open, so that loading them does not wait for a server.
   *
   * @throws CancelledError when the signal fires
   */
  fetch(parameters: readonly Parameter[], signal?: AbortSignal): Promise<void>;
  /** Frees downloads in memory that no cache keeps. */
  forget(): void;
  /**
   * Runs a computation. If it does not fit, weights that are not in use are freed before; its own stay loaded until it ends.
   * Tokenizers do this themselves.
   */
  withMemoryFor<T>(computation: Computation, compute: () => Promise<T>): Promise<T>;
  /** Frees all device memory. */
  dispose(): Promise<void>;
}

/** Loads each part once; a failed load is repeated at the next call. */
export function modelParts(about: ModelDescription, transformer: FourM, load: ModelLoaders): ModelParts {
  const texts = new SharedLoads<'text', WordPiece>('loading the vocabulary');
  const codecs = new SharedLoads<string, Codec>('loading a tokenizer');
  const networks = new SharedLoads<string, FrozenNetwork>('loading a network');
  const inUse: (readonly Parameter[])[] = [];
  const openParts = () => [transformer, ...codecs.loaded, ...networks.loaded];
  const owner: WeightOwner = {
    async parameters() {
      return openParts().flatMap((part) => ownParameters(part));
    },
    async release() {
      const kept = new Set(inUse.flat());
      for (const part of openParts()) {
        part.weights?.release(ownParameters(part).filter((parameter) => !kept.has(parameter)));
      }
    },
  };
  const unregister = registerWeightOwner(owner);
  const using: ModelParts['withMemoryFor'] = async (computation, compute) => {
    inUse.push(computation.parameters);
    try {
      await freeMemoryFor(computation, owner);
      return await compute();
    } finally {
      inUse.splice(inUse.indexOf(computation.parameters), 1);
    }
  };
  return {
    ...owner,
    description: about,
    transformer,
    local: load.local,
    text: (signal) => texts.get('text', load.text, signal),
    codec: (source, signal) => {
      const open = async (signal: AbortSignal) => withMemoryChecks(await load.codec(source, signal), using);
      return codecs.get(codecKey(source), open, signal);
    },
    network: (file, signal) => networks.get(file, (signal) => load.network(file, signal), signal),
    async fetch(parameters, signal) {
      for (const part of openParts()) await part.weights?.fetch(parameters, signal);
    },
    forget() {
      for (const part of openParts()) part.weights?.forget();
    },
    withMemoryFor: using,
    async dispose() {
      unregister();
      for (const part of [...codecs.loaded, ...networks.loaded]) part.dispose();
      for (const parameter of transformer.parameters.all) parameter.dispose();
    },
  };
}

/** A tokenizer that frees other weights before it runs, if necessary. */
function withMemoryChecks(codec: Codec, using: ModelParts['withMemoryFor']): Codec {
  return {
    ...codec,
    tokenize: (input, info, ...how) =>
      using(codec.memoryNeed('tokenize', info)(1), () => codec.tokenize(input, info, ...how)),
    detokenize: (tokens, info, ...how) =>
      using(codec.memoryNeed('detokenize', info)(tokens.length), () => codec.detokenize(tokens, info, ...how)),
  };
}

/** Several modalities may share a tokenizer: equal keys read values in the same way. */
function codecKey(source: CodecSource): string {
  const values = 'values' in source ? source.values : undefined;
  const steps = source.kind === 'image' ? source.diffusionSteps : undefined;
  return JSON.stringify([source.kind, source.tokenizer, values, steps]);
}

function ownParameters({ parameters }: FourM | Codec | FrozenNetwork): readonly Parameter[] {
  return 'all' in parameters ? parameters.all : parameters;
}

/** The transformer's modality of the tokens of an API modality. */
export function tokenModality({ description: about, transformer }: ModelParts, name: string): ModalityInfo {
  return transformer.modalities[modalityNamed(about, name).tokens]!;
}

/** The transformer's modality that reads an input: that of pixels if there is one, unless tokens are given. */
export function inputModality(
  { description: about, transformer }: ModelParts,
  name: string,
  inputs: readonly Input[],
): ModalityInfo {
  const modality = modalityNamed(about, name);
  const pixels = 'pixels' in modality && !inputs.some(isTokens) ? modality.pixels : undefined;
  return transformer.modalities[pixels ?? modality.tokens]!;
}

/** The vocabulary, loaded only if a text is given or generated. @param names of all inputs and targets */
export async function vocabularyFor(
  model: ModelParts,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<DecodingVocabulary> {
  return names.some((name) => isWords(modalityNamed(model.description, name))) ? model.text(signal) : NO_TEXT;
}
