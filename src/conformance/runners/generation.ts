import { type DecodingMethod, type DecodingStep, runChain } from '../../decoding/chain.js';
import { isGuided } from '../../decoding/guidance.js';
import { decideTokens, openPositions, predictTokens } from '../../decoding/image-tokens.js';
import { argmax, sampleToken } from '../../decoding/sampling.js';
import { SequenceDecoder } from '../../decoding/sequence-decoder.js';
import { withoutConditions } from '../../decoding/state.js';
import type { Batch } from '../../transformer/batch.js';
import type { FourM } from '../../transformer/model.js';
import type { ConformanceCase } from '../case.js';
import type { Comparison } from '../comparison.js';
import { caseBatch, checkpointOf, withModel } from './models.js';
import { RecordedDraws, VOCABULARY } from './recorded-draws.js';

/** A step of a schedule as the reference writes it. */
interface ReferenceStep {
  readonly target_domain: string;
  readonly scheme: DecodingMethod;
  readonly num_tokens: number | null;
  readonly temperature: number;
  readonly cfg_scale: number;
  readonly cfg_cond_domains: string[];
}

/** `gen.sample`: a generation, step by step: the logits of every pass, what was drawn, and the state after every step. */
export async function generation(reference: ConformanceCase, compare: Comparison): Promise<void> {
  await withModel(checkpointOf(reference), async (model) => {
    const replay = new Replay(reference, compare, model);
    let batch = caseBatch(reference, model);
    for (const index of replay.steps.keys()) batch = await replay.take(index, batch);
    for (const [name, { ids, pixels, ...state }] of Object.entries(batch.modalities)) {
      const final = `out.final.${name}`;
      if (compare.expects(`${final}.tensor`)) compare.tensor(`${final}.tensor`, (ids ?? pixels)!);
      compareMasks(compare, final, state);
    }
  });
}

function compareMasks(
  compare: Comparison,
  name: string,
  state: { inputMask: Uint8Array; targetMask: Uint8Array; decoderAttentionMask?: Int32Array },
): void {
  const masks = {
    input_mask: state.inputMask,
    target_mask: state.targetMask,
    decoder_attention_mask: state.decoderAttentionMask,
  };
  for (const [key, values] of Object.entries(masks)) {
    if (values && compare.expects(`${name}.${key}`)) compare.tensor(`${name}.${key}`, values);
  }
}

class Replay {
  readonly steps: DecodingStep[];
  readonly #reference: ConformanceCase;
  readonly #compare: Comparison;
  readonly #model: FourM;
  readonly #draws: RecordedDraws;
  /** Draws the same numbers as `#draws`, to know a step's passes before it is taken. */
  readonly #preview: RecordedDraws;
  #call = 0;
  #select = 0;

  constructor(reference: ConformanceCase, compare: Comparison, model: FourM) {
    const { about } = reference;
    this.#reference = reference;
    this.#compare = compare;
    this.#model = model;
    this.#draws = new RecordedDraws(reference);
    this.#preview = new RecordedDraws(reference);
    this.steps = (about.schedule as ReferenceStep[]).map((step) => ({
      modality: step.target_domain,
      method: step.scheme,
      ...(step.num_tokens !== null && { tokens: step.num_tokens }),
      temperature: step.temperature,
      topK: about.top_k as number,
      topP: about.top_p as number,
      guidance: { scale: step.cfg_scale, conditions: step.cfg_cond_domains },
    }));
  }

  async take(index: number, batch: Batch): Promise<Batch> {
    const step = this.steps[index]!;
    const greedy = step.method === 'maskgit' && step.temperature === 0;
    this.#draws.guided = this.#preview.guided = isGuided(step.guidance);
    const name = `out.step${padded(index)}`;
    let after = batch;
    if (step.method === 'autoregressive') await this.#compareSequence(step, batch);
    const drawn = step.method === 'autoregressive' ? undefined : await this.#compareImage(step, batch);
    if (greedy) this.#keepAsRecorded(name, step, batch, drawn!);
    else {
      const options = { draws: this.#draws, vocabulary: VOCABULARY, compat: 'official' as const };
      after = await runChain(this.#model, batch, [step], options);
    }
    const { ids, ...state } = after.modalities[step.modality]!;
    this.#compare.tensor(`${name}.tensor`, ids!);
    compareMasks(this.#compare, name, state);
    return after;
  }

  /** All confidences are 1 at temperature 0, and which positions MaskGIT keeps is an accident of the reference's sorting. */
  #keepAsRecorded(name: string, { modality }: DecodingStep, batch: Batch, drawn: readonly number[]): void {
    const known = this.#reference.bytes(`${name}.input_mask`);
    const length = known.length / batch.size;
    let row = 0;
    openPositions(batch, modality).forEach((open, b) => {
      const ids = new Map(open.map((position) => [position, drawn[row++]!]));
      const kept = open.filter((position) => known[b * length + position] === 0);
      decideTokens(
        batch,
        modality,
        b,
        kept,
        kept.map((position) => ids.get(position)!),
      );
    });
  }

  /** The samples without and, under guidance, with everything but the conditions taken away, in the order of the passes. */
  #passes(step: DecodingStep, batch: Batch): Batch[] {
    if (!isGuided(step.guidance)) return [batch];
    const { conditions } = step.guidance;
    return [batch, withoutConditions(batch, conditions, this.#model.modalities, VOCABULARY)];
  }

  #compareLogits(logits: Float32Array): void {
    this.#compare.tensor(`out.call${padded(this.#call++)}.logits`, logits);
  }

  /** Compares a step's logits and what is drawn from them. @returns the tokens that were drawn */
  async #compareImage(step: DecodingStep, batch: Batch): Promise<number[]> {
    let positions = openPositions(batch, step.modality);
    if (step.method === 'roar') {
      const noise = this.#preview.order();
      positions = positions.map((open) => open.sort((a, b) => noise[a]! - noise[b]!).slice(0, step.tokens!));
    }
    const predict = (samples: Batch, guided: boolean) => {
      const guidance = guided ? step.guidance : undefined;
      return predictTokens(this.#model, samples, step.modality, positions, guidance, VOCABULARY);
    };
    for (const pass of this.#passes(step, batch)) this.#compareLogits(await predict(pass, false));
    const logits = await predict(batch, true);
    const rows = positions.flat().length;
    const width = logits.length / rows;
    const drawn = Array.from({ length: rows }, (_, row) => {
      return sampleToken(logits.subarray(row * width, (row + 1) * width), step, this.#preview);
    });
    const name = `out.sel${padded(this.#select++)}`;
    this.#compare.tensor(
      `${name}.samples`,
      drawn.map(({ id }) => id),
    );
    // At temperature 0 our confidence is the model's own, where the reference's is always 1.
    this.#compare.tensor(
      `${name}.sampled_probs`,
      drawn.map(({ probability }) => (step.temperature === 0 ? 1 : probability)),
    );
    return drawn.map(({ id }) => id);
  }

  async #compareSequence(step: DecodingStep, batch: Batch): Promise<void> {
    const log = this.#reference.about.call_log as string[];
    const modality = this.#model.modalities[step.modality]!;
    const { ids, targetMask } = batch.modalities[step.modality]!;
    const length = targetMask.length / batch.size;
    const passes = this.#passes(step, batch);
    const decoders = passes.map(
      (samples) => new SequenceDecoder(this.#model, samples, modality.name, undefined, VOCABULARY),
    );
    let next = Int32Array.from({ length: batch.size }, (_, b) => {
      return ids![b * length + targetMask.subarray(b * length, (b + 1) * length).indexOf(0)]!;
    });
    const logged = (call: number) => log.includes(`call${padded(call)}.logits[${modality.name}]`);
    while (logged(this.#call)) {
      const logits: Float32Array[] = [];
      for (const decoder of decoders) {
        logits.push(await decoder.next(next));
        this.#compareLogits(logits.at(-1)!);
      }
      const [conditional, unconditional] = logits as [Float32Array, Float32Array | undefined];
      const scale = step.guidance!.scale;
      const guided = unconditional
        ? conditional.map((x, i) => unconditional[i]! + scale * (x - unconditional[i]!))
        : conditional;
      const width = guided.length / batch.size;
      next = next.map((_, b) => {
        const own = guided.subarray(b * width, (b + 1) * width);
        return step.temperature === 0 ? argmax(own) : sampleToken(own, step, this.#preview).id;
      });
    }
    for (const decoder of decoders) decoder.dispose();
  }
}

function padded(index: number): string {
  return String(index).padStart(3, '0');
}
