import { readFileSync } from 'node:fs';
import { beforeAll } from 'vitest';
import type { DecodingVocabulary } from '../../src/decoding/state.js';
import { loadParameters } from '../../src/nn/state-dict.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { buildFourM, type FourM } from '../../src/transformer/model.js';
import { referenceModalities } from '../transformer/reference.js';
import { type VectorCase, vectorCase } from '../vectors.js';

/** The special ids of the published text tokenizer, which the small vocabularies of these cases share. */
export const vocabulary: DecodingVocabulary = (() => {
  const special = JSON.parse(
    readFileSync(new URL('../../spec/vectors/text_special_ids/data.json', import.meta.url)).toString(),
  ) as { pad: number; eos: number; sentinel_number_to_id: Record<string, number> };
  return { padId: special.pad, eosId: special.eos, sentinelIds: Object.values(special.sentinel_number_to_id) };
})();

/** The checkpoint that all generation cases share. */
async function generationModel(): Promise<FourM> {
  const { about, model } = vectorCase('gen_model') as VectorCase & {
    about: { modality_info_overrides: Parameters<typeof referenceModalities>[1] };
  };
  const config = parseFourMConfig(about.config);
  const names = [...new Set([...config.domains_in, ...config.domains_out])];
  const built = buildFourM(config, referenceModalities(names, about.modality_info_overrides));
  await loadParameters(built.parameters.all, model);
  return built;
}

/** Loads {@link generationModel} before the tests of a suite, and disposes of it after them. */
export function withGenerationModel(): { model: FourM } {
  const holder = {} as { model: FourM };
  beforeAll(async () => {
    holder.model = await generationModel();
    return () => {
      for (const parameter of holder.model.parameters.all) parameter.dispose();
    };
  });
  return holder;
}
