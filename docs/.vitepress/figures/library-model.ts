/** The shipped model as the library's own transformer, for figures that call its decoding steps. */
import { parseConfig } from '../../../src/checkpoints/metadata.js';
import { readSafetensors } from '../../../src/checkpoints/safetensors.js';
import { loadParameters } from '../../../src/nn/state-dict.js';
import { parseFourMConfig } from '../../../src/transformer/config.js';
import { buildFourM, type FourM } from '../../../src/transformer/model.js';
import { backend, modelBytes, packaged } from './runtime.js';

let model: Promise<FourM> | undefined;

export function libraryModel(): Promise<FourM> {
  model ??= load();
  return model;
}

async function load(): Promise<FourM> {
  await backend();
  const { infos } = await packaged();
  const file = readSafetensors(await modelBytes());
  const built = buildFourM(
    parseFourMConfig(parseConfig(file.metadata)),
    Object.fromEntries(infos.map((info) => [info.name, info])),
  );
  await loadParameters(built.parameters.all, file);
  return built;
}
