import { readFileSync } from 'node:fs';
import type { DecodingMethod, DecodingStep } from '../../src/decoding/chain.js';
import { argmax, type Draws, inverseCdf } from '../../src/decoding/sampling.js';
import type { DecodingVocabulary } from '../../src/decoding/state.js';
import { loadParameters } from '../../src/nn/state-dict.js';
import type { Batch, ModalityBatch } from '../../src/transformer/batch.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { buildFourM, type FourM } from '../../src/transformer/model.js';
import { referenceModalities } from '../transformer/reference.js';
import { type VectorCase, vectorCase } from '../vectors.js';

/** A step of a schedule as the reference writes it. */
interface ReferenceStep {
  target_domain: string;
  scheme: DecodingMethod;
  num_tokens: number | null;
  temperature: number;
  cfg_scale: number;
  cfg_cond_domains: string[];
}

export interface GenerationCase extends VectorCase {
  readonly about: VectorCase['about'] & {
    inputs: Record<string, unknown>;
    schedule: ReferenceStep[];
    top_k: number;
    top_p: number;
    sampler: 'none' | 'argmax' | 'uniform';
    call_log: string[];
  };
}

export function generationCase(name: string): GenerationCase {
  return vectorCase(name) as GenerationCase;
}

/** The special ids of the published text tokenizer, which the small vocabularies of these cases share. */
export const vocabulary: DecodingVocabulary = (() => {
  const special = JSON.parse(
    readFileSync(new URL('../../spec/vectors/text_special_ids/data.json', import.meta.url)).toString(),
  ) as { pad: number; eos: number; sentinel_number_to_id: Record<string, number> };
  return { padId: special.pad, eosId: special.eos, sentinelIds: Object.values(special.sentinel_number_to_id) };
})();

/** The checkpoint that all generation cases share. */
export async function generationModel(): Promise<FourM> {
  const { about, model } = vectorCase('gen_model') as VectorCase & {
    about: { modality_info_overrides: Parameters<typeof referenceModalities>[1] };
  };
  const config = parseFourMConfig(about.config);
  const names = [...new Set([...config.domains_in, ...config.domains_out])];
  const built = buildFourM(config, referenceModalities(names, about.modality_info_overrides));
  await loadParameters(built.parameters.all, model);
  return built;
}

/** What is known and open at the start of a case. */
export function generationBatch({ about, data }: GenerationCase, model: FourM): Batch {
  const names = new Set(Object.keys(about.inputs).flatMap((key) => /^in\.(.+)\.tensor$/.exec(key)?.[1] ?? []));
  const modalities: Record<string, ModalityBatch> = {};
  let size = 0;
  for (const name of names) {
    const values = data.read(`in.${name}.tensor`);
    size = data.tensors.get(`in.${name}.tensor`)!.shape[0]!;
    const inputMask = data.read(`in.${name}.input_mask`) as Uint8Array;
    modalities[name] = {
      ...(model.modalities[name]!.kind === 'pixels'
        ? { pixels: values as Float32Array }
        : { ids: values as Int32Array }),
      inputMask,
      targetMask: data.read(`in.${name}.target_mask`) as Uint8Array,
      decoderAttentionMask: new Int32Array(inputMask.length),
    };
  }
  return { size, modalities };
}

export function decodingSteps({ about }: GenerationCase): DecodingStep[] {
  return about.schedule.map((step) => ({
    modality: step.target_domain,
    method: step.scheme,
    ...(step.num_tokens !== null && { tokens: step.num_tokens }),
    temperature: step.temperature,
    topK: about.top_k,
    topP: about.top_p,
    guidance: { scale: step.cfg_scale, conditions: step.cfg_cond_domains },
  }));
}

/** Draws what the reference drew. Guided ROAR draws the same order twice, once for each pass. */
export class RecordedDraws implements Draws {
  readonly #case: GenerationCase;
  #uniforms: number[] = [];
  #uniformCall = 0;
  #orderCall = 0;
  guided = false;

  constructor(reference: GenerationCase) {
    this.#case = reference;
  }

  category(probabilities: Float32Array): number {
    if (this.#case.about.sampler === 'argmax') return argmax(probabilities);
    if (this.#uniforms.length === 0) {
      this.#uniforms = Array.from(this.#case.data.read(`in.uniform.${this.#uniformCall++}`) as Float32Array);
    }
    return inverseCdf(probabilities, this.#uniforms.shift()!);
  }

  order(): ArrayLike<number> {
    const noise = this.#case.data.read(`in.roar_rand.${this.#orderCall}`) as Float32Array;
    this.#orderCall += this.guided ? 2 : 1;
    return noise;
  }
}
