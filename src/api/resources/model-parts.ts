/** What a model is made of, of which tokenizers and vocabulary are loaded when they are first needed. */
import type { DecodingVocabulary } from '../../decoding/state.js';
import type { Computation } from '../../memory/computation.js';
import type { ModalityInfo } from '../../modalities/modality.js';
import type { Parameter } from '../../nn/parameters.js';
import type { WordPiece } from '../../tokenizers/text/word-piece.js';
import type { FourM } from '../../transformer/model.js';
import type { Codec } from '../codecs/codec.js';
import { isTokens } from '../request/given-tokens.js';
import { type CodecSource, isWords, type ModelDescription, modalityNamed } from '../types/description.js';
import type { Input } from '../types/inputs.js';
import { freeMemoryFor, registerWeightOwner, type WeightOwner } from './weight-owners.js';

/** How a model's tokenizers and vocabulary are loaded. */
export interface ModelLoaders {
  readonly text: () => Promise<WordPiece>;
  readonly codec: (name: string, modality: CodecSource) => Promise<Codec>;
}

/** Ids of the official vocabulary that decoding asks for even where no text is involved. */
const NO_TEXT: DecodingVocabulary = {
  padId: 0,
  eosId: 3,
  sentinelIds: Array.from({ length: 3 }, (_, k) => 4 + k),
};

/** A model as those see it who read its inputs and write its results. */
export interface ModelParts extends WeightOwner {
  readonly description: ModelDescription;
  readonly transformer: FourM;
  /** The vocabulary of texts. */
  text(): Promise<WordPiece>;
  /** The tokenizer of a modality, by short name. */
  codec(name: string, modality: CodecSource): Promise<Codec>;
  /**
   * Computes something. What would not fit beside weights that nothing computes with makes room for itself by letting go of
   * them; its own stay until it is done. Tokenizers do so of themselves.
   */
  withMemoryFor<T>(computation: Computation, compute: () => Promise<T>): Promise<T>;
  /** Lets go of all device memory. */
  dispose(): Promise<void>;
}

/** Loads everything once, however often it is asked for; what could not be loaded is tried again. */
export function modelParts(about: ModelDescription, transformer: FourM, load: ModelLoaders): ModelParts {
  const texts = new Map<'text', Promise<WordPiece>>();
  const codecs = new Map<string, Promise<Codec>>();
  const inUse: (readonly Parameter[])[] = [];
  const openCodecs = async () => {
    const opened = await Promise.allSettled(codecs.values());
    return opened.flatMap((codec) => (codec.status === 'fulfilled' ? [codec.value] : []));
  };
  const owner: WeightOwner = {
    async parameters() {
      return [transformer, ...(await openCodecs())].flatMap((part) => ownParameters(part));
    },
    async release() {
      const open = await openCodecs();
      const kept = new Set(inUse.flat());
      for (const part of [transformer, ...open]) {
        part.weights?.release(ownParameters(part).filter((parameter) => !kept.has(parameter)));
      }
    },
  };
  const forget = registerWeightOwner(owner);
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
    text: () => once(texts, 'text', load.text),
    codec: (name, modality) => {
      // Several modalities of a published model may share a tokenizer, and it reads all of them in the same way.
      const key = modality.kind === 'published' ? modality.tokenizer : name;
      return once(codecs, key, async () => withMemoryChecks(await load.codec(name, modality), using));
    },
    withMemoryFor: using,
    async dispose() {
      forget();
      for (const codec of await openCodecs()) codec.dispose();
      for (const parameter of transformer.parameters.all) parameter.dispose();
    },
  };
}

/** A tokenizer that makes room for itself before it does something. */
function withMemoryChecks(codec: Codec, using: ModelParts['withMemoryFor']): Codec {
  return {
    ...codec,
    tokenize: (input, info, ...how) =>
      using(codec.memoryNeed('tokenize', 1, info), () => codec.tokenize(input, info, ...how)),
    detokenize: (tokens, info, ...how) =>
      using(codec.memoryNeed('detokenize', tokens.length, info), () => codec.detokenize(tokens, info, ...how)),
  };
}

function ownParameters({ parameters }: FourM | Codec): readonly Parameter[] {
  return 'all' in parameters ? parameters.all : parameters;
}

/** A modality of the transformer: the tokens of what users call by a short name. */
export function tokenModality({ description: about, transformer }: ModelParts, name: string): ModalityInfo {
  return transformer.modalities[modalityNamed(about, name).tokens]!;
}

/** The modality of the transformer by which something is read: its pixels where there are some, unless tokens are given. */
export function inputModality(
  { description: about, transformer }: ModelParts,
  name: string,
  inputs: readonly Input[],
): ModalityInfo {
  const modality = modalityNamed(about, name);
  const pixels = 'pixels' in modality && !inputs.some(isTokens) ? modality.pixels : undefined;
  return transformer.modalities[pixels ?? modality.tokens]!;
}

/** Texts need their vocabulary, which is loaded for them alone. @param names of all that is given or generated */
export async function vocabularyFor(model: ModelParts, names: readonly string[]): Promise<DecodingVocabulary> {
  return names.some((name) => isWords(modalityNamed(model.description, name))) ? model.text() : NO_TEXT;
}

function once<K, T>(loaded: Map<K, Promise<T>>, key: K, load: () => Promise<T>): Promise<T> {
  const loading = loaded.get(key) ?? load();
  loaded.set(key, loading);
  loading.catch(() => loaded.delete(key));
  return loading;
}
