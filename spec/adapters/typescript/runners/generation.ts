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
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';
import { PassReplay, padded } from './generation-passes.js';
import { caseBatch, withModel } from './models.js';
import { NoDrawsLeft, RecordedDraws, VOCABULARY } from './recorded-draws.js';
import { type TopK, topKOf } from './sampling.js';

/** A schedule in the format of the reference. */
const scheduleSchema = v.array(
  v.strictObject({
    target_domain: v.string(),
    scheme: v.picklist(['maskgit', 'roar', 'autoregressive']),
    num_tokens: v.nullable(v.number()),
    temperature: v.number(),
    /** A list if there are several conditions. */
    cfg_scale: v.union([v.number(), v.array(v.number())]),
    cfg_cond_domains: v.array(v.string()),
  }),
);

/** `gen.sample`: a generation, step by step: the logits of every pass, the sampled tokens, and the state after every step. */
export async function generation(task: Inputs, out: Outputs): Promise<void> {
  await withModel(task, async (model) => {
    const replay = new Replay(task, out, model);
    let state = startingState(task, model);
    try {
      for (const [index, step] of stepsOf(task).entries()) state = await replay.take(index, step, state);
    } catch (error) {
      // The results so far show the first difference.
      if (error instanceof NoDrawsLeft) return;
      throw error;
    }
    const { size, modalities } = state.batch;
    for (const [name, { ids, pixels, embeddings, ...masks }] of Object.entries(modalities)) {
      const final = `out.final.${name}`;
      const values = (ids ?? pixels ?? embeddings)!;
      // Tensors other than lists of ids keep the shape of the input.
      out.tensor(`${final}.tensor`, values, ids ? [size, ids.length / size] : task.shape(givenAs(task, name)));
      // For embeddings, the reference also has a mask of the valid ones.
      const unmasked = masks.inputMask.map((masked) => 1 - masked);
      out.tensor(`${final}.mask_valid`, unmasked, [size, unmasked.length / size]);
      giveMasks(out, final, masks, size);
    }
  });
}

function givenAs(task: Inputs, name: string): string {
  return ['in', 'in.uncond', 'in.cond0'].map((under) => `${under}.${name}.tensor`).find((input) => task.has(input))!;
}

/** The initial state: `in.*`; or with several conditions, `in.uncond.*`, `in.cond0.*` and so on. */
function startingState(task: Inputs, model: FourM): ChainState {
  const order = task.options.modality_order as Record<string, string[]>;
  if (!order['in.uncond']) return { batch: caseBatch(task, model) };
  const conditions = [];
  while (order[`in.cond${conditions.length}`]) {
    conditions.push(caseBatch(task, model, `in.cond${conditions.length}`).modalities);
  }
  return { batch: caseBatch(task, model, 'in.uncond'), conditions };
}

function stepsOf({ options }: Inputs): DecodingStep[] {
  return optionsOf(scheduleSchema, options.schedule, 'schedule').map((step) => ({
    modality: step.target_domain,
    method: step.scheme,
    ...(step.num_tokens !== null && { tokens: step.num_tokens }),
    temperature: step.temperature,
    topK: topKOf(options as unknown as TopK),
    topP: options.top_p as number,
    ...(typeof step.cfg_scale === 'number'
      ? { guidance: { scale: step.cfg_scale, conditions: step.cfg_cond_domains } }
      : { weights: step.cfg_scale }),
  }));
}

function giveMasks(
  out: Outputs,
  name: string,
  state: { inputMask: Uint8Array; targetMask: Uint8Array; decoderAttentionMask?: Int32Array },
  size: number,
): void {
  const masks = {
    input_mask: state.inputMask,
    target_mask: state.targetMask,
    decoder_attention_mask: state.decoderAttentionMask,
  };
  for (const [key, values] of Object.entries(masks)) {
    if (values) out.tensor(`${name}.${key}`, values, [size, values.length / size]);
  }
}

class Replay {
  readonly #out: Outputs;
  readonly #model: FourM;
  readonly #passes: PassReplay;
  readonly #options: ChainOptions;

  constructor(task: Inputs, out: Outputs, model: FourM) {
    this.#out = out;
    this.#model = model;
    this.#passes = new PassReplay(task, out, model);
    this.#options = { randomness: new RecordedDraws(task), vocabulary: VOCABULARY, compat: 'official' };
  }

  async take(index: number, step: DecodingStep, before: ChainState): Promise<ChainState> {
    const turned = beginTarget(this.#model, before, step, this.#options);
    const { modality, method } = step;
    const guidance = stepGuidance(turned, step);
    const passes = guidancePasses(turned.batch, modality, guidance, this.#model.modalities, VOCABULARY);
    const name = `out.step${padded(index)}`;
    if (method === 'autoregressive') await this.#passes.giveSequence(step, passes);
    else await this.#passes.giveImage(step, passes);
    const state = await runStep(this.#model, turned, step, this.#options);
    const { ids, ...masks } = state.batch.modalities[modality]!;
    const { size } = state.batch;
    if (ids) this.#out.tensor(`${name}.tensor`, ids, [size, ids.length / size]);
    giveMasks(this.#out, name, masks, size);
    return state;
  }
}
