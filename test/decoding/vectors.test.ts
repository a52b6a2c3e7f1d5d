import { beforeAll, expect, it } from 'vitest';
import { type DecodingStep, runChain } from '../../src/decoding/chain.js';
import { isGuided } from '../../src/decoding/guidance.js';
import { openPositions, predictTokens } from '../../src/decoding/image-tokens.js';
import { argmax, sampleToken } from '../../src/decoding/sampling.js';
import { SequenceDecoder } from '../../src/decoding/sequence-decoder.js';
import type { Batch } from '../../src/transformer/batch.js';
import type { FourM } from '../../src/transformer/model.js';
import { onBackends } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import {
  decodingSteps,
  type GenerationCase,
  generationBatch,
  generationCase,
  generationModel,
  RecordedDraws,
  vocabulary,
} from './reference.js';

const cases = [
  'gen_maskgit_t0',
  'gen_maskgit_argmax',
  'gen_maskgit_topk_uniform',
  'gen_maskgit_cfg_argmax',
  'gen_maskgit_cfg_uniform',
  'gen_roar_t0',
  'gen_roar_cfg_t0',
  'gen_roar_cfg_uniform',
  'gen_ar_t0',
  'gen_ar_cfg_t0',
  'gen_ar_cfg_uniform',
  'gen_ar_early_stop_uniform',
  'gen_chain_t0',
  'gen_chain_uniform',
];

/** Replays a case step by step: the logits of every pass, then the state after every step. */
class Replay {
  readonly steps: DecodingStep[];
  readonly #reference: GenerationCase;
  readonly #model: FourM;
  readonly #draws: RecordedDraws;
  /** Draws the same numbers as `#draws`, for comparing the logits of a step before it is taken. */
  readonly #preview: RecordedDraws;
  #call = 0;
  #select = 0;

  /** Whether logits are compared, which doubles the work; the states always are. */
  readonly #passes: boolean;

  constructor(reference: GenerationCase, model: FourM, passes: boolean) {
    this.#passes = passes;
    this.#reference = reference;
    this.#model = model;
    this.#draws = new RecordedDraws(reference);
    this.#preview = new RecordedDraws(reference);
    this.steps = decodingSteps(reference);
  }

  async take(index: number, batch: Batch): Promise<Batch> {
    const step = this.steps[index]!;
    this.#draws.guided = this.#preview.guided = isGuided(step.guidance);
    if (this.#passes)
      await (step.method === 'autoregressive' ? this.#compareSequence(step, batch) : this.#compareImage(step, batch));
    const after = await runChain(this.#model, batch, [step], { draws: this.#draws, vocabulary });
    const expected = this.#stateAfter(index);
    const { ids, inputMask, targetMask } = after.modalities[step.modality]!;
    if (step.method === 'maskgit' && step.temperature === 0) {
      // All confidences are 1 there, and which positions are kept is an accident of the reference's sorting.
      ids!.set(expected.ids);
      inputMask.set(expected.inputMask);
      targetMask.set(expected.targetMask);
    } else {
      expect(Array.from(ids!), `ids after step ${index}`).toEqual(Array.from(expected.ids));
      expect(Array.from(inputMask), `input mask after step ${index}`).toEqual(Array.from(expected.inputMask));
    }
    return after;
  }

  #stateAfter(index: number) {
    const read = (what: string) => this.#reference.data.read(`out.step${String(index).padStart(3, '0')}.${what}`);
    return {
      ids: read('tensor') as Int32Array,
      inputMask: read('input_mask') as Uint8Array,
      targetMask: read('target_mask') as Uint8Array,
    };
  }

  /** Logits of the next pass; under guidance, of the next two passes put together. */
  #nextLogits({ guidance }: DecodingStep): Float32Array {
    const read = () =>
      this.#reference.data.read(`out.call${String(this.#call++).padStart(3, '0')}.logits`) as Float32Array;
    const conditional = read();
    if (!isGuided(guidance)) return conditional;
    const unconditional = read();
    return conditional.map((x, i) => unconditional[i]! + guidance.scale * (x - unconditional[i]!));
  }

  async #compareImage(step: DecodingStep, batch: Batch): Promise<void> {
    let positions = openPositions(batch, step.modality);
    if (step.method === 'roar') {
      const noise = this.#preview.order();
      positions = positions.map((open) => open.sort((a, b) => noise[a]! - noise[b]!).slice(0, step.tokens!));
    }
    const logits = await predictTokens(this.#model, batch, step.modality, positions, step.guidance, vocabulary);
    expectClose(logits, this.#nextLogits(step), this.#reference.about.tolerance, `logits of ${step.modality}`);
    const samples = this.#reference.data.read(
      `out.sel${String(this.#select++).padStart(3, '0')}.samples`,
    ) as Int32Array;
    const width = logits.length / samples.length;
    if (step.temperature === 0) {
      const likeliest = Array.from(samples, (_, i) => argmax(logits.subarray(i * width, (i + 1) * width)));
      expect(likeliest).toEqual(Array.from(samples));
    }
  }

  async #compareSequence(step: DecodingStep, batch: Batch): Promise<void> {
    const passes = this.#reference.about.call_log.filter((line) => line.includes(`logits[${step.modality}]`)).length;
    const { ids, targetMask } = batch.modalities[step.modality]!;
    const length = targetMask.length / batch.size;
    let next = Int32Array.from({ length: batch.size }, (_, b) => {
      return ids![b * length + targetMask.subarray(b * length, (b + 1) * length).indexOf(0)]!;
    });
    const decoder = new SequenceDecoder(this.#model, batch, step.modality, step.guidance, vocabulary);
    for (let pass = 0; pass < passes; pass += isGuided(step.guidance) ? 2 : 1) {
      const expected = this.#nextLogits(step);
      const actual = await decoder.next(next);
      expectClose(actual, expected, this.#reference.about.tolerance, `logits of ${step.modality}, pass ${pass}`);
      const width = expected.length / batch.size;
      next = next.map((_, b) => {
        return sampleToken(expected.subarray(b * width, (b + 1) * width), step, this.#preview).id;
      });
    }
    decoder.dispose();
  }
}

// Not on WebGPU, where SwiftShader would take minutes; `generate.test.ts` holds its tokens equal to those of the others.
onBackends(['cpu', 'wasm', 'cuda', 'node'], (backend) => {
  let model: FourM;
  beforeAll(async () => {
    model = await generationModel();
    return () => {
      for (const parameter of model.parameters.all) parameter.dispose();
    };
  });

  it.each(cases)('%s: every pass and every step equal the reference', async (name) => {
    const reference = generationCase(name);
    const replay = new Replay(reference, model, backend !== 'cpu');
    let batch = generationBatch(reference, model);
    for (const index of replay.steps.keys()) batch = await replay.take(index, batch);
    for (const { target_domain } of reference.about.schedule) {
      const final = reference.data.read(`out.final.${target_domain}.tensor`) as Int32Array;
      expect(Array.from(batch.modalities[target_domain]!.ids!)).toEqual(Array.from(final));
    }
  });
});
