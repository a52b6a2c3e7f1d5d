import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '../errors.js';
import type { KVCache } from '../nn/attention.js';
import { targetLogits } from '../transformer/embeddings.js';
import { type DecoderContext, decode, embedTargets } from '../transformer/forward.js';
import type { FourM } from '../transformer/model.js';
import { EncoderCache } from './encoder-cache.js';
import { guidedLogits, type Passes } from './guidance.js';
import { allLogits, type LogitsReadout } from './logits-readout.js';
import { tidyExcept } from './tidy-except.js';

/**
 * Says a sequence token by token. The input is read once, and the keys and values of all tokens so far are kept, so that a
 * step costs one token whatever came before.
 */
export class SequenceDecoder {
  readonly #model: FourM;
  readonly #modality: string;
  readonly #weights: readonly number[];
  /** Samples in the decoder: B for each pass. */
  readonly #size: number;
  readonly #context: DecoderContext;
  /** Where the context is from, unless that is somebody else's. */
  readonly #ownCache: EncoderCache | undefined;
  #past: KVCache[] = [];
  #length = 0;

  /** @param reader reads nothing else before the sequence is said; absent, one of its own */
  constructor(model: FourM, { batches, weights }: Passes, modality: string, reader?: EncoderCache) {
    if (model.modalities[modality]?.kind !== 'sequence') {
      throw new InvalidInputError(`'${modality}' is no sequence, so it cannot be decoded token by token`);
    }
    this.#model = model;
    this.#modality = modality;
    this.#weights = weights;
    this.#size = batches.reduce((sum, { size }) => sum + size, 0);
    this.#ownCache = reader ? undefined : new EncoderCache(model);
    this.#context = (reader ?? this.#ownCache!).encode(batches);
  }

  /**
   * Takes the next token of every sample.
   *
   * @param ids [B]
   * @returns   guided logits of the token after it, [B, V]
   */
  next(ids: Int32Array): Promise<Float32Array> {
    return this.predictNext(ids, allLogits);
  }

  /**
   * Takes the next token of every sample, and asks about the one after it.
   *
   * @param ids      [B]
   * @param question about guided logits, [B, V]
   */
  async predictNext<Answer>(ids: Int32Array, question: LogitsReadout<Answer>): Promise<Answer> {
    const asked = this.decodeNext(ids, question);
    try {
      return question.parse((await asked.data()) as Float32Array | Int32Array);
    } finally {
      asked.dispose();
    }
  }

  /** The device's part of {@link predictNext}: what is to be read back. */
  decodeNext(ids: Int32Array, question: LogitsReadout<unknown>): tf.Tensor {
    const { asked, seen } = tidyExcept(
      () => {
        const { logits, seen } = this.#advance(ids);
        return { asked: question.reduce(logits), seen };
      },
      ({ asked, seen }) => [asked, ...tensorsOf(seen)],
    );
    this.resume(seen);
    return asked;
  }

  /** Goes on behind tokens whose keys and values are known. @param past of each block; they become the decoder's own */
  resume(past: KVCache[]): void {
    tf.dispose(tensorsOf(this.#past));
    this.#past = past;
    this.#length = past[0]?.keys.shape[1] ?? 0;
  }

  #advance(ids: Int32Array): { logits: tf.Tensor2D; seen: KVCache[] } {
    const model = this.#model;
    const info = model.modalities[this.#modality]!;
    const size = this.#size;
    const position = this.#length < (info.maxLength ?? info.maxTokens) ? this.#length : 0;
    const repeated = Int32Array.from({ length: size }, (_, b) => ids[b % ids.length]!);
    const slots = repeated.map((_, b) => b);
    const masks = new Uint8Array(size);
    const modality = { ids: repeated, inputMask: masks, targetMask: masks, decoderAttentionMask: new Int32Array(size) };
    const y = embedTargets(
      model,
      { size, modalities: { [this.#modality]: modality } },
      {
        size,
        length: 1,
        padding: masks,
        modalityIds: slots.map(() => info.id),
        gathered: [
          {
            modality: this.#modality,
            sequenceIndices: slots,
            tokenIndices: slots,
            positions: slots.map(() => position),
          },
        ],
      },
    );
    const { output, present: seen } = decode(model, y, this.#context, undefined, this.#past);
    const rows = tf.reshape(output, [size, model.config.dim]) as tf.Tensor2D;
    return { logits: guidedLogits(targetLogits(model.decoderEmbeddings[this.#modality]!, rows), this.#weights), seen };
  }

  /** Lets go of the device memory. */
  dispose(): void {
    tf.dispose(tensorsOf(this.#past));
    this.#past = [];
    this.#ownCache?.dispose();
  }
}

function tensorsOf(seen: readonly KVCache[]): tf.Tensor[] {
  return seen.flatMap(({ keys, values }) => [keys, values]);
}
