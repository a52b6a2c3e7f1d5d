/** The parts of `fourm.json` that the page needs: the modalities of the model by kind, and the grids of their tokens. */
import type { ModelPackage } from '../../src/api/types/package.js';

export interface Modality {
  readonly name: string;
  readonly kind: ModelPackage['modalities'][string]['kind'];
  /** Bins of coordinates; of boxes alone. */
  readonly bins: number | undefined;
  /** Rows and columns of tokens; undefined for texts. */
  readonly grid: readonly [number, number] | undefined;
}

export interface Package {
  readonly name: string;
  readonly modalities: readonly Modality[];
  /** Words of the text vocabulary by id. */
  readonly words: readonly string[];
}

/** @throws Error saying which file cannot be fetched */
export async function fetchPackage(address: string): Promise<Package> {
  const about = (await fetchJson(`${address}fourm.json`)) as ModelPackage;
  const { model } = (await fetchJson(address + about.text)) as { model: { vocab: Record<string, number> } };
  const words: string[] = [];
  for (const [word, id] of Object.entries(model.vocab)) words[id] = word;
  return {
    name: about.name,
    words,
    modalities: Object.entries(about.modalities).map(([name, modality]) => {
      const { kind, tokens } = modality;
      const info = about.infos.find((info) => info.name === tokens);
      const { inputSize, patchSize } = info ?? {};
      const isGrid = info?.kind === 'image-tokens' && inputSize && patchSize;
      const grid = isGrid ? ([inputSize[0] / patchSize[0], inputSize[1] / patchSize[1]] as const) : undefined;
      return { name, kind, grid, bins: modality.kind === 'detections' ? modality.bins : undefined };
    }),
  };
}

async function fetchJson(address: string): Promise<unknown> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} cannot be loaded: the server answered ${answer.status}.`);
  return answer.json();
}
