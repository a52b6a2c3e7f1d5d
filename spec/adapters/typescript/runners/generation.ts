import * as v from 'valibot';
import {
  beginTarget,
  type ChainOptions,
  type ChainState,
  runStep,
  stepGuidance,
} from '../../../../src/decoding/chain.js';
import type { DecodingStep } from '../../../../src/decoding/chain-steps.js';
import { guidancePasses } from '../../../../src/decoding/guidance.js';
import type { FourM } from '../../../../src/transformer/model.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import { optionsOf } from '../options.js';
import { PassReplay, padded } from './generation-passes.js';
import { caseBatch, withModel } from './models.js';
import { RecordedDraws, VOCABULARY } from './recorded-draws.js';
import { type TopK, topKOf } from './sampling.js';

/** A schedule as the reference writes it. */
const scheduleSchema = v.array(
  v.strictObject({
    target_domain: v.string(),
    scheme: v.picklist(['maskgit', 'roar', 'autoregressive']),
    num_tokens: v.nullable(v.number()),
    temperature: v.number(),
    /** Of each condition, where there are several. */
    cfg_scale: v.union([v.number(), v.array(v.number())]),
    cfg_cond_domains: v.array(v.string()),
  }),
);

/** `gen.sample`: a generation, step by step: the logits of every pass, what was drawn, and the state after every step. */
export async function generation(reference: ConformanceCase, compare: Comparison): Promise<void> {
  await withModel(reference, async (model) => {
    const replay = new Replay(reference, compare, model);
    let state = startingState(reference, model);
    for (const [index, step] of stepsOf(reference).entries()) state = await replay.take(index, step, state);
    for (const [name, { ids, pixels, embeddings, ...masks }] of Object.entries(state.batch.modalities)) {
      const final = `out.final.${name}`;
      if (compare.expects(`${final}.tensor`)) compare.tensor(`${final}.tensor`, (ids ?? pixels ?? embeddings)!);
      // Of embeddings, the reference also says which are valid.
      const valid = `${final}.mask_valid`;
      const unmasked = masks.inputMask.map((masked) => 1 - masked);
      if (compare.expects(valid)) compare.tensor(valid, unmasked);
      compareMasks(compare, final, masks);
    }
  });
}

/** What is known at first: `in.*`; or, under several conditions, `in.uncond.*`, and `in.cond0.*` and so on. */
function startingState(reference: ConformanceCase, model: FourM): ChainState {
  const names = [...reference.data.tensors.keys()];
  if (!names.some((name) => name.startsWith('in.uncond.'))) return { batch: caseBatch(reference, model) };
  const conditions = [];
  while (names.some((name) => name.startsWith(`in.cond${conditions.length}.`))) {
    conditions.push(caseBatch(reference, model, `in.cond${conditions.length}`).modalities);
  }
  return { batch: caseBatch(reference, model, 'in.uncond'), conditions };
}

function stepsOf({ about }: ConformanceCase): DecodingStep[] {
  return optionsOf(scheduleSchema, about.schedule, 'schedule').map((step) => ({
    modality: step.target_domain,
    method: step.scheme,
    ...(step.num_tokens !== null && { tokens: step.num_tokens }),
    temperature: step.temperature,
    topK: topKOf(about as unknown as TopK),
    topP: about.top_p as number,
    ...(typeof step.cfg_scale === 'number'
      ? { guidance: { scale: step.cfg_scale, conditions: step.cfg_cond_domains } }
      : { weights: step.cfg_scale }),
  }));
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
  readonly #compare: Comparison;
  readonly #model: FourM;
  readonly #passes: PassReplay;
  readonly #options: ChainOptions;

  constructor(reference: ConformanceCase, compare: Comparison, model: FourM) {
    this.#compare = compare;
    this.#model = model;
    this.#passes = new PassReplay(reference, compare, model);
    this.#options = { randomness: new RecordedDraws(reference), vocabulary: VOCABULARY, compat: 'official' };
  }

  async take(index: number, step: DecodingStep, before: ChainState): Promise<ChainState> {
    const turned = beginTarget(this.#model, before, step, this.#options);
    const { modality, method } = step;
    const guidance = stepGuidance(turned, step);
    const passes = guidancePasses(turned.batch, modality, guidance, this.#model.modalities, VOCABULARY);
    const name = `out.step${padded(index)}`;
    if (method === 'autoregressive') await this.#passes.compareSequence(step, passes);
    else await this.#passes.compareImage(step, passes);
    const state = await runStep(this.#model, turned, step, this.#options);
    const { ids, ...masks } = state.batch.modalities[modality]!;
    if (this.#compare.expects(`${name}.tensor`)) this.#compare.tensor(`${name}.tensor`, ids!);
    compareMasks(this.#compare, name, masks);
    return state;
  }
}
