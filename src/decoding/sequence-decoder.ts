import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '../errors.js';
import type { KVCache } from '../nn/attention.js';
import { targetLogits } from '../transformer/embeddings.js';
import { type DecoderContext, decode, embedTargets } from '../transformer/forward.js';
import type { FourM } from '../transformer/model.js';
import { EncoderCache } from './encoder-cache.js';
import { guidedLogits, type Passes } from './guidance.js';
import { allLogits, type DecodedLogits, type LogitsReadout, readOut } from './logits-readout.js';
import { tidyExcept } from './tidy-except.js';
import type { ReadAttention } from './token-details.js';

/**
 * Autoregressive decoding of a sequence with a KV cache: the inputs are encoded once, and each step runs the decoder for one
 * token.
 */
export class SequenceDecoder {
  readonly #model: FourM;
  readonly #modality: string;
  readonly #passes: Passes;
  /** Decoder batch size: B for each pass. */
  readonly #size: number;
  readonly #context: DecoderContext;
  /** Set if no cache was given; disposed of with the decoder. */
  readonly #ownCache: EncoderCache | undefined;
  #past: KVCache[] = [];
  #length = 0;

  /** @param encoderCache must not be used otherwise until the sequence is complete; absent, one of its own */
  constructor(model: FourM, passes: Passes, modality: string, encoderCache?: EncoderCache) {
    if (model.modalities[modality]?.kind !== 'sequence') {
      throw new InvalidInputError(`'${modality}' is not a sequence and cannot be decoded autoregressively`);
    }
    this.#model = model;
    this.#modality = modality;
    this.#passes = passes;
    this.#size = passes.batches.reduce((sum, { size }) => sum + size, 0);
    this.#ownCache = encoderCache ? undefined : new EncoderCache(model);
    this.#context = (encoderCache ?? this.#ownCache!).encode(passes.batches);
  }

  /**
   * Appends a token to every sequence and predicts the next.
   *
   * @param ids [B]
   * @returns   guided logits of the next token, [B, V]
   */
  async next(ids: Int32Array): Promise<Float32Array> {
    return (await this.predictNext(ids, allLogits)).output;
  }

  /**
   * Appends a token to every sequence and reads out the logits of the next.
   *
   * @param ids        [B]
   * @param readout    of the guided logits, [B, V]
   * @param withShares whether to compute the shares of the inputs in the attention
   */
  async predictNext<Output>(
    ids: Int32Array,
    readout: LogitsReadout<Output>,
    withShares = false,
  ): Promise<{ output: Output; attention?: ReadAttention }> {
    const decoded = this.decodeNext(ids, readout, withShares);
    try {
      return await readOut(decoded, readout, this.#model, this.#passes, 1);
    } finally {
      tf.dispose({ ...decoded });
    }
  }

  /** Runs the decoder for one token. @param withShares as for {@link predictNext} */
  decodeNext(ids: Int32Array, readout: LogitsReadout<unknown>, withShares = false): DecodedLogits {
    const { decoded, present } = tidyExcept(
      () => {
        const { logits, shares, present } = this.#advance(ids, withShares);
        return { decoded: { reduced: readout.reduce(logits), ...(shares && { shares }) }, present };
      },
      ({ decoded: { reduced, shares }, present }) => [reduced, ...(shares ? [shares] : []), ...tensorsOf(present)],
    );
    this.resume(present);
    return decoded;
  }

  /** Continues after tokens with a given KV cache. @param past of each block; owned by the decoder from now on */
  resume(past: KVCache[]): void {
    tf.dispose(tensorsOf(this.#past));
    this.#past = past;
    this.#length = past[0]?.keys.shape[1] ?? 0;
  }

  #advance(
    ids: Int32Array,
    withShares: boolean,
  ): { logits: tf.Tensor2D; shares: tf.Tensor3D | undefined; present: KVCache[] } {
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
    const { output, present, shares } = decode(model, y, this.#context, undefined, this.#past, withShares);
    const rows = tf.reshape(output, [size, model.config.dim]) as tf.Tensor2D;
    return {
      logits: guidedLogits(targetLogits(model.decoderEmbeddings[this.#modality]!, rows), this.#passes.weights),
      shares,
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
