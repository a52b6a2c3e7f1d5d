/** Describes a published checkpoint as a package; its own configuration only names the modalities. */
import { CheckpointError } from '../../errors.js';
import type { ModalityInfo } from '../../modalities/modality.js';
import { publishedModalities } from '../../modalities/published.js';
import { PUBLISHED_TOKENIZERS } from '../../tokenizers/published/index.js';
import { type FourMConfig, parseFourMConfig } from '../../transformer/config.js';
import type { ModelDescription, ModelModality } from '../types/description.js';
import { publishedDecoding } from './published-decoding.js';

/** Whether a configuration is that of a 4M model, and not of a tokenizer. */
export function isModelConfig(config: Readonly<Record<string, unknown>>): boolean {
  return 'domains_in' in config;
}

/** Coordinates of published boxes have this many steps. */
const DETECTION_BINS = 1000;

/** Texts of values, without tokens of another tokenizer. */
const VALUES_IN_TEXT: Readonly<Record<string, 'metadata' | 'palette'>> = {
  metadata: 'metadata',
  color_palette: 'palette',
};
/** Texts of values that include tokens of a tokenizer on the Hub. */
export const CODED_IN_TEXT: Readonly<Record<string, 'poses' | 'instances'>> = {
  human_poses: 'poses',
  sam_instance: 'instances',
};

/**
 * The description of a published model, from the configuration in its header.
 *
 * @param file what errors call the checkpoint
 * @throws CheckpointError for a modality that no published model has
 * @throws InvalidInputError for a configuration that is wrong
 */
export function describePublished(
  name: string,
  values: Readonly<Record<string, unknown>>,
  file: string,
): { about: ModelDescription; config: FourMConfig; infos: Readonly<Record<string, ModalityInfo>> } {
  const config = parseFourMConfig(values);
  const all = [...new Set([...config.domains_in, ...config.domains_out])];
  const unknown = all.find((modality) => !Object.hasOwn(publishedModalities, modality));
  if (unknown !== undefined) {
    throw new CheckpointError(
      `${file} has a modality '${unknown}' that no published model has; a fourm.json beside it would have to describe it`,
    );
  }
  const short = shortNames(all);
  const modalities: Record<string, ModelModality> = {};
  for (const modality of all) {
    if (publishedModalities[modality]!.kind === 'pixels') continue;
    const pixels = modality.replace(/^tok_(rgb@)/, '$1');
    modalities[short(modality)] = describe(modality, pixels !== modality && all.includes(pixels) ? pixels : undefined);
  }
  return { about: { name, modalities }, config, infos: publishedModalities };
}

function describe(modality: string, pixels: string | undefined): ModelModality {
  const { kind, inputSize } = publishedModalities[modality]!;
  const { fromImage, otherwise } = publishedDecoding(baseOf(modality), inputSize?.[0]);
  if (modality === 'det') {
    return { kind: 'detections', tokens: modality, classes: [], bins: DETECTION_BINS, decoding: otherwise };
  }
  const coded = CODED_IN_TEXT[modality];
  if (coded) {
    return { kind: coded, tokens: modality, publishedTokenizer: tokenizerOf(modality), decoding: otherwise };
  }
  if (kind === 'sequence') {
    return { kind: VALUES_IN_TEXT[modality] ?? 'text', tokens: modality, decoding: otherwise };
  }
  if (kind === 'sequence-embedding') return { kind: 'embeddings', tokens: modality };
  const common = { kind: 'published', tokens: modality, tokenizer: tokenizerOf(modality) } as const;
  return {
    ...common,
    decoding: otherwise,
    decodingFromImage: fromImage,
    ...(pixels === undefined ? {} : { pixels }),
  };
}

/** Id of the tokenizer that makes a modality's tokens. */
export function tokenizerOf(modality: string): string {
  const found = Object.values(PUBLISHED_TOKENIZERS).find(({ modalities }) => modalities.includes(modality));
  if (!found) throw new CheckpointError(`no published tokenizer makes the tokens of '${modality}'`);
  return found.name;
}

/** Names without `tok_`, and without the size if a model has only one. */
function shortNames(all: readonly string[]): (modality: string) => string {
  const sizes = new Set(all.flatMap((modality) => modality.split('@')[1] ?? []));
  return (modality) => (sizes.size > 1 ? modality.replace(/^tok_/, '') : baseOf(modality));
}

function baseOf(modality: string): string {
  return modality.replace(/^tok_/, '').replace(/@.*$/, '');
}
