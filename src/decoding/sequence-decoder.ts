import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '../errors.js';
import type { KeysValues } from '../nn/attention.js';
import { targetLogits } from '../transformer/embeddings.js';
import { type DecoderContext, decode, embedTargets } from '../transformer/forward.js';
import type { FourM } from '../transformer/model.js';
import { readContext } from './context.js';
import { guidedLogits, type Passes } from './guidance.js';
import { sideBySide } from './state.js';

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
  #past: KeysValues[] = [];
  #step = 0;

  constructor(model: FourM, { batches, weights }: Passes, modality: string) {
    if (model.modalities[modality]?.kind !== 'sequence') {
      throw new InvalidInputError(`'${modality}' is no sequence, so it cannot be decoded token by token`);
    }
    this.#model = model;
    this.#modality = modality;
    this.#weights = weights;
    const all = sideBySide(batches);
    this.#size = all.size;
    this.#context = kept(() => readContext(model, all), tensorsOfContext);
  }

  /**
   * Takes the next token of every sample.
   *
   * @param ids [B]
   * @returns   guided logits of the token after it, [B, V]
   */
  async next(ids: Int32Array): Promise<Float32Array> {
    const { logits, seen } = kept(
      () => this.#advance(ids),
      ({ logits, seen }) => [logits, ...tensorsOf(seen)],
    );
    tf.dispose(tensorsOf(this.#past));
    this.#past = seen;
    this.#step++;
    try {
      return (await logits.data()) as Float32Array;
    } finally {
      logits.dispose();
    }
  }

  #advance(ids: Int32Array): { logits: tf.Tensor2D; seen: KeysValues[] } {
    const model = this.#model;
    const info = model.modalities[this.#modality]!;
    const size = this.#size;
    const position = this.#step < (info.maxLength ?? info.maxTokens) ? this.#step : 0;
    const repeated = Int32Array.from({ length: size }, (_, b) => ids[b % ids.length]!);
    const slots = repeated.map((_, b) => b);
    const masks = new Uint8Array(size);
    const modality = { ids: repeated, inputMask: masks, targetMask: masks, decoderAttentionMask: new Int32Array(size) };
    const y = embedTargets(
      model,
      { size, modalities: { [this.#modality]: modality } },
      {
        size,
        count: 1,
        padding: masks,
        modalityIds: slots.map(() => info.id),
        chosen: [{ modality: this.#modality, slots, places: slots, positions: slots.map(() => position) }],
      },
    );
    const { output, seen } = decode(model, y, this.#context, undefined, this.#past);
    const rows = tf.reshape(output, [size, model.config.dim]) as tf.Tensor2D;
    return { logits: guidedLogits(targetLogits(model.decoderEmbeddings[this.#modality]!, rows), this.#weights), seen };
  }

  /** Lets go of the device memory. */
  dispose(): void {
    tf.dispose([...tensorsOf(this.#past), ...tensorsOfContext(this.#context)]);
    this.#past = [];
  }
}

/** Runs `compute` and disposes of everything but the tensors of its result. */
function kept<T>(compute: () => T, tensors: (result: T) => tf.Tensor[]): T {
  let result: T;
  tf.tidy(() => {
    result = compute();
    for (const tensor of tensors(result)) tf.keep(tensor);
  });
  return result!;
}

function tensorsOf(seen: readonly KeysValues[]): tf.Tensor[] {
  return seen.flatMap(({ keys, values }) => [keys, values]);
}

function tensorsOfContext({ blocks, mask }: DecoderContext): tf.Tensor[] {
  return mask ? [...tensorsOf(blocks), mask] : tensorsOf(blocks);
}
