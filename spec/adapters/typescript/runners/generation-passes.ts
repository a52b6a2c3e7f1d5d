import type { DecodingStep } from '../../../../src/decoding/chain-steps.js';
import type { Passes } from '../../../../src/decoding/guidance.js';
import { maskedPositions, predictLogits, sampleTokens } from '../../../../src/decoding/image-tokens.js';
import { sampledPositions } from '../../../../src/decoding/roar.js';
import { isGreedy, sampleToken } from '../../../../src/decoding/sampling.js';
import { SequenceDecoder } from '../../../../src/decoding/sequence-decoder.js';
import type { FourM } from '../../../../src/transformer/model.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { RecordedDraws, VOCABULARY } from './recorded-draws.js';

/** A number in the format of the reference's result names. */
export function padded(index: number): string {
  return String(index).padStart(3, '0');
}

/** Adds, before a step runs, the logits of each of its passes and the tokens sampled from them. */
export class PassReplay {
  readonly #out: Outputs;
  readonly #model: FourM;
  readonly #calls: readonly string[];
  /** Draws the same random numbers as the step itself. */
  readonly #draws: RecordedDraws;
  #call = 0;
  #select = 0;

  constructor(task: Inputs, out: Outputs, model: FourM) {
    this.#out = out;
    this.#model = model;
    this.#calls = task.options.logits_calls as string[];
    this.#draws = new RecordedDraws(task);
  }

  /** @param rows positions with logits */
  #giveLogits(logits: Float32Array, rows: number): void {
    this.#out.tensor(`out.call${padded(this.#call++)}.logits`, logits, [rows, logits.length / rows]);
  }

  /** A step of MaskGIT or ROAR: the logits of every pass, and the tokens sampled from their combination. */
  async giveImage(step: DecodingStep, passes: Passes): Promise<void> {
    const { modality, method, tokens, temperature } = step;
    const options = { ...step, randomness: this.#draws, vocabulary: VOCABULARY, compat: 'official' as const };
    const positions =
      method === 'roar'
        ? sampledPositions(passes, modality, tokens!, options)
        : passes.batches.map((pass) => maskedPositions(pass, modality));
    for (const [i, pass] of passes.batches.entries()) {
      const logits = await predictLogits(this.#model, { batches: [pass], weights: [] }, modality, [positions[i]!]);
      this.#giveLogits(logits, positions[i]!.flat().length);
    }
    const drawn = (await sampleTokens(this.#model, passes, modality, positions, options)).flat();
    const name = `out.sel${padded(this.#select++)}`;
    const ids = drawn.map(({ id }) => id);
    this.#out.tensor(`${name}.samples`, ids, [ids.length]);
    // At temperature 0 our confidence is the model's probability; the reference's is always 1.
    const confidences = drawn.map(({ probability }) => (isGreedy(temperature) ? 1 : probability));
    this.#out.tensor(`${name}.sampled_probs`, confidences, [confidences.length]);
  }

  /** A step of autoregression: the logits of every token. */
  async giveSequence(step: DecodingStep, { batches, weights }: Passes): Promise<void> {
    const { modality } = step;
    const batch = batches.at(-1)!;
    const { ids, targetMask } = batch.modalities[modality]!;
    const length = targetMask.length / batch.size;
    const decoders = batches.map((pass) => {
      return new SequenceDecoder(this.#model, { batches: [pass], weights: [] }, modality);
    });
    let next = Int32Array.from({ length: batch.size }, (_, b) => {
      return ids![b * length + targetMask.subarray(b * length, (b + 1) * length).indexOf(0)]!;
    });
    while (this.#calls[this.#call] === modality) {
      const logits: Float32Array[] = [];
      for (const decoder of decoders) {
        logits.push(await decoder.next(next));
        this.#giveLogits(logits.at(-1)!, batch.size);
      }
      const unconditional = logits.at(-1)!;
      const guided = unconditional.map((base, i) => {
        return weights.reduce((sum, weight, pass) => sum + weight * (logits[pass]![i]! - base), base);
      });
      const width = guided.length / batch.size;
      const uniforms = isGreedy(step.temperature) ? undefined : this.#draws.uniforms();
      next = next.map((_, b) => sampleToken(guided.subarray(b * width, (b + 1) * width), step, uniforms?.[b]).id);
    }
    for (const decoder of decoders) decoder.dispose();
  }
}
