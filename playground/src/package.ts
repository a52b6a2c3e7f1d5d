/** The model as the page knows it: its description, and the grids of its tokens. */
import type { ModelDescription, ModelModality } from '../../src/api/types/description.js';
import type { ModelPackage } from '../../src/api/types/package.js';
import type { ModalityInfo } from '../../src/modalities/modality.js';

export interface Modality {
  readonly name: string;
  readonly about: ModelModality;
  /** Rows and columns of tokens; undefined for texts. */
  readonly grid: readonly [number, number] | undefined;
}

export interface Package {
  readonly description: ModelDescription;
  readonly modalities: readonly Modality[];
}

/** Fetches what describes a packaged model, and none of its weights. @throws Error saying which file cannot be fetched */
export async function fetchPackage(address: string): Promise<Package> {
  const file = `${address}fourm.json`;
  const answer = await fetch(file);
  if (!answer.ok) throw new Error(`${file} cannot be loaded: the server answered ${answer.status}.`);
  const about = (await answer.json()) as ModelPackage;
  return { description: about, modalities: modalitiesOf(about, about.infos) };
}

function modalitiesOf({ modalities }: ModelDescription, infos: readonly ModalityInfo[]): Modality[] {
  return Object.entries(modalities).map(([name, about]) => {
    const { kind, inputSize, patchSize } = infos.find((info) => info.name === about.tokens)!;
    const isGrid = kind === 'image-tokens' && inputSize && patchSize;
    const grid = isGrid ? ([inputSize[0] / patchSize[0], inputSize[1] / patchSize[1]] as const) : undefined;
    return { name, about, grid };
  });
}
