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
 * Autoregressive decoding of a sequence with a KV cache: the inputs are encoded once, and each step runs the decoder for one
 * token.
 */
export class SequenceDecoder {
  readonly #model: FourM;
  readonly #modality: string;
  readonly #weights: readonly number[];
  /** Decoder batch size: B for each pass. */
  readonly #size: number;
  readonly #context: DecoderContext;
  /** Set if no cache was given; disposed of with the decoder. */
  readonly #ownCache: EncoderCache | undefined;
  #past: KVCache[] = [];
  #length = 0;

  /** @param encoderCache must not be used otherwise until the sequence is complete; absent, one of its own */
  constructor(model: FourM, { batches, weights }: Passes, modality: string, encoderCache?: EncoderCache) {
    if (model.modalities[modality]?.kind !== 'sequence') {
      throw new InvalidInputError(`'${modality}' is not a sequence and cannot be decoded autoregressively`);
    }
    this.#model = model;
    this.#modality = modality;
    this.#weights = weights;
    this.#size = batches.reduce((sum, { size }) => sum + size, 0);
    this.#ownCache = encoderCache ? undefined : new EncoderCache(model);
    this.#context = (encoderCache ?? this.#ownCache!).encode(batches);
  }

  /**
   * Appends a token to every sequence and predicts the next.
   *
   * @param ids [B]
   * @returns   guided logits of the next token, [B, V]
   */
  next(ids: Int32Array): Promise<Float32Array> {
    return this.predictNext(ids, allLogits);
  }

  /**
   * Appends a token to every sequence and reads out the logits of the next.
   *
   * @param ids     [B]
   * @param readout of the guided logits, [B, V]
   */
  async predictNext<Answer>(ids: Int32Array, readout: LogitsReadout<Answer>): Promise<Answer> {
    const result = this.decodeNext(ids, readout);
    try {
      return readout.parse((await result.data()) as Float32Array | Int32Array);
    } finally {
      result.dispose();
    }
  }

  /** Runs the decoder for one token. @returns the reduced logits of the next, on the device */
  decodeNext(ids: Int32Array, readout: LogitsReadout<unknown>): tf.Tensor {
    const { result, present } = tidyExcept(
      () => {
        const { logits, present } = this.#advance(ids);
        return { result: readout.reduce(logits), present };
      },
      ({ result, present }) => [result, ...tensorsOf(present)],
    );
    this.resume(present);
    return result;
  }

  /** Continues after tokens with a given KV cache. @param past of each block; owned by the decoder from now on */
  resume(past: KVCache[]): void {
    tf.dispose(tensorsOf(this.#past));
    this.#past = past;
    this.#length = past[0]?.keys.shape[1] ?? 0;
  }

  #advance(ids: Int32Array): { logits: tf.Tensor2D; present: KVCache[] } {
    const model = this.#model;
    const info = model.modalities[this.#modality]!;
    const size = this.#size;
    const position = this.#length < (info.maxLength ?? info.maxTokens) ? this.#length : 0;
    const repeated = Int32Array.from({ length: size }, (_, b) => ids[b % ids.length]!);
    const indices = repeated.map((_, b) => b);
    const masks = new Uint8Array(size);
    const modality = { ids: repeated, inputMask: masks, targetMask: masks, decoderAttentionMask: new Int32Array(size) };
    const y = embedTargets(
      model,
      { size, modalities: { [this.#modality]: modality } },
      {
        size,
        length: 1,
        padding: masks,
        modalityIds: indices.map(() => info.id),
        gathered: [
          {
            modality: this.#modality,
            sequenceIndices: indices,
            tokenIndices: indices,
            positions: indices.map(() => position),
          },
        ],
      },
    );
    const { output, present } = decode(model, y, this.#context, undefined, this.#past);
    const rows = tf.reshape(output, [size, model.config.dim]) as tf.Tensor2D;
    return {
      logits: guidedLogits(targetLogits(model.decoderEmbeddings[this.#modality]!, rows), this.#weights),
      present,
    };
  }

  /** Releases the device memory. */
  dispose(): void {
    tf.dispose(tensorsOf(this.#past));
    this.#past = [];
    this.#ownCache?.dispose();
  }
}

function tensorsOf(present: readonly KVCache[]): tf.Tensor[] {
  return present.flatMap(({ keys, values }) => [keys, values]);
}
