/** The model's description, and the grids of its tokens. */
import type { ModelDescription, ModelModality } from '../../src/api/types/description.js';
import type { ModelPackage } from '../../src/api/types/package.js';
import type { RemoteModel } from '../../src/client.js';
import type { ModalityInfo } from '../../src/modalities/modality.js';
import { loadWordPiece, type WordPiece } from '../../src/tokenizers/text/word-piece.js';

export interface Modality {
  readonly name: string;
  readonly about: ModelModality;
  /** Rows and columns of tokens; undefined for texts. */
  readonly grid: readonly [number, number] | undefined;
}

export interface Package {
  readonly description: ModelDescription;
  readonly modalities: readonly Modality[];
  /** The transformer's modalities, in the order of its input. */
  readonly infos: readonly ModalityInfo[];
  /** Address of the text tokenizer; undefined for models other than this page's own. */
  readonly text: string | undefined;
}

/** Fetches the description of a packaged model, without weights. @throws Error naming the file that cannot be fetched */
export async function fetchPackage(address: string): Promise<Package> {
  const about = (await fetchJson(`${address}fourm.json`)) as ModelPackage;
  const { infos } = about;
  return { description: about, modalities: modalitiesOf(about, infos), infos, text: address + about.text };
}

function modalitiesOf({ modalities }: ModelDescription, infos: readonly ModalityInfo[]): Modality[] {
  return Object.entries(modalities).map(([name, about]) => {
    const { kind, inputSize, patchSize } = infos.find((info) => info.name === about.tokens)!;
    const isGrid = kind === 'image-tokens' && inputSize && patchSize;
    const grid = isGrid ? ([inputSize[0] / patchSize[0], inputSize[1] / patchSize[1]] as const) : undefined;
    return { name, about, grid };
  });
}

/** A model that was loaded. */
export function packageOf({ description, infos }: RemoteModel): Package {
  const all = Object.values(infos);
  return { description, modalities: modalitiesOf(description, all), infos: all, text: undefined };
}

/** The text tokenizer of a package. @throws Error if it cannot be fetched */
export async function loadVocabulary(address: string): Promise<WordPiece> {
  return loadWordPiece(await fetchJson(address));
}

async function fetchJson(address: string): Promise<unknown> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} cannot be loaded: the server responded with ${response.status}.`);
  return response.json();
}
