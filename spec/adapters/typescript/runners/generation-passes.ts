import type { DecodingStep } from '../../../../src/decoding/chain-steps.js';
import type { Passes } from '../../../../src/decoding/guidance.js';
import { maskedPositions, predictLogits, sampleTokens } from '../../../../src/decoding/image-tokens.js';
import { sampledPositions } from '../../../../src/decoding/roar.js';
import { isGreedy, sampleToken } from '../../../../src/decoding/sampling.js';
import { SequenceDecoder } from '../../../../src/decoding/sequence-decoder.js';
import type { FourM } from '../../../../src/transformer/model.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import { RecordedDraws, VOCABULARY } from './recorded-draws.js';

/** A number as the reference writes it into names. */
export function padded(index: number): string {
  return String(index).padStart(3, '0');
}

/** Compares, before a step is taken, what the model says in each of its passes and what is drawn from that. */
export class PassReplay {
  readonly #compare: Comparison;
  readonly #model: FourM;
  readonly #log: readonly string[];
  /** Draws the same numbers as the step itself. */
  readonly #draws: RecordedDraws;
  #call = 0;
  #select = 0;

  constructor(reference: ConformanceCase, compare: Comparison, model: FourM) {
    this.#compare = compare;
    this.#model = model;
    this.#log = reference.about.call_log as string[];
    this.#draws = new RecordedDraws(reference);
  }

  #compareLogits(logits: Float32Array): void {
    this.#compare.tensor(`out.call${padded(this.#call++)}.logits`, logits);
  }

  /** A step of MaskGIT or ROAR: the logits of every pass, and what is drawn from them together. */
  async compareImage(step: DecodingStep, passes: Passes): Promise<void> {
    const { modality, method, tokens, temperature } = step;
    const options = { ...step, randomness: this.#draws, vocabulary: VOCABULARY, compat: 'official' as const };
    const positions =
      method === 'roar'
        ? sampledPositions(passes, modality, tokens!, options)
        : passes.batches.map((pass) => maskedPositions(pass, modality));
    for (const [i, pass] of passes.batches.entries()) {
      this.#compareLogits(
        await predictLogits(this.#model, { batches: [pass], weights: [] }, modality, [positions[i]!]),
      );
    }
    const drawn = (await sampleTokens(this.#model, passes, modality, positions, options)).flat();
    const name = `out.sel${padded(this.#select++)}`;
    this.#compare.tensor(
      `${name}.samples`,
      drawn.map(({ id }) => id),
    );
    // At temperature 0 our confidence is the model's own, where the reference's is always 1.
    this.#compare.tensor(
      `${name}.sampled_probs`,
      drawn.map(({ probability }) => (isGreedy(temperature) ? 1 : probability)),
    );
  }

  /** A step of autoregression: the logits of every token. */
  async compareSequence(step: DecodingStep, { batches, weights }: Passes): Promise<void> {
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
    const logged = () => this.#log.includes(`call${padded(this.#call)}.logits[${modality}]`);
    while (logged()) {
      const logits: Float32Array[] = [];
      for (const decoder of decoders) {
        logits.push(await decoder.next(next));
        this.#compareLogits(logits.at(-1)!);
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
