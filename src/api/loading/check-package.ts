import { openSafetensors } from '../../checkpoints/safetensors.js';
import { storedConfig } from '../../checkpoints/stored-config.js';
import { CheckpointError, InvalidInputError } from '../../errors.js';
import { channelsOf } from '../../modalities/images.js';
import type { ModalityInfo } from '../../modalities/modality.js';
import { parseImageNetworkConfig, parseTextEncoderConfig } from '../../networks/config.js';
import { parseVqVaeConfig, type VqVaeConfig } from '../../tokenizers/vq/config.js';
import { isCoded } from '../types/description.js';
import type { ModelPackage, PackageModality } from '../types/package.js';
import { type ModelSource, openIfExists } from './model-source.js';

/** Words that the tokens of body poses and of masks can be, and how many there are of each. */
const EMBEDDED = { poses: { count: 8, codes: 1024 }, instances: { count: 16, codes: 1024 } } as const;
/** Rotations of SMPL's 23 joints. */
const POSE_VALUES = 207;

type Config = Readonly<Record<string, unknown>>;

/**
 * Checks that the tokenizers and networks of a package fit their modalities: a tokenizer of depth maps does not take colours. Reads
 * their headers, and no weights.
 *
 * @param vocabSize of the text tokenizer
 * @throws CheckpointError naming the modality, the file, and what does not fit
 */
export async function checkPackageFiles(
  files: ModelSource,
  { modalities, infos }: ModelPackage,
  vocabSize: number,
  signal?: AbortSignal,
): Promise<void> {
  const configs = new Map<string, Config | undefined>();
  /** Undefined for a file that is not there: it is missed where it is needed. */
  const configOf = async (file: string): Promise<Config | undefined> => {
    if (!configs.has(file)) {
      const source = await openIfExists(files, file, signal);
      configs.set(file, source && storedConfig(await openSafetensors(source, signal)));
    }
    return configs.get(file);
  };
  for (const [name, modality] of Object.entries(modalities)) {
    const info = infos.find((info) => info.name === modality.tokens)!;
    const tokenizer = 'tokenizer' in modality ? modality.tokenizer : undefined;
    const stored = tokenizer === undefined ? undefined : await configOf(tokenizer);
    const config = stored && inFile(tokenizer!, () => parseVqVaeConfig(stored));
    if (config) {
      const wrong = tokenizerMismatch(modality, info, config);
      if (wrong) throw new CheckpointError(`the tokenizer of '${name}', ${tokenizer}, does not fit it: ${wrong}`);
    }
    const network = 'network' in modality ? modality.network : undefined;
    const own = network === undefined ? undefined : await configOf(network);
    if (!own) continue;
    const wrong = inFile(network!, () => networkMismatch(modality, info, config, own, vocabSize));
    if (wrong) throw new CheckpointError(`the network of '${name}', ${network}, does not fit it: ${wrong}`);
  }
}

/** Names the file in whose configuration something is wrong. @throws CheckpointError */
function inFile<T>(file: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new CheckpointError(`${file}: ${error.message}`, { cause: error });
  }
}

/** Why a tokenizer does not fit its modality; undefined if it does. */
function tokenizerMismatch(modality: PackageModality, info: ModalityInfo, config: VqVaeConfig): string | undefined {
  const { n_channels, n_labels, codebook_size, num_codebooks, image_size, patch_size } = config;
  if (modality.kind === 'image') {
    const { values } = modality;
    const classes = values.kind === 'classes' ? values.names.length : undefined;
    if (classes !== (n_labels ?? undefined)) {
      return `it has ${n_labels ?? 'no'} classes, and ${values.kind} has ${classes ?? 'none'}`;
    }
    if (classes === undefined && n_channels !== channelsOf(values)) {
      return `it reads ${n_channels} channels, and ${values.kind} has ${channelsOf(values)}`;
    }
  }
  if (isCoded(modality)) {
    if (info.vocabSize !== codebook_size) {
      return `it has ${codebook_size} codes, and the model ${info.vocabSize} tokens of '${info.name}'`;
    }
    const wanted = modality.kind === 'embedding' ? info.maxTokens : 1;
    if (num_codebooks !== wanted) {
      return `it has ${num_codebooks} codebooks, and '${info.name}' needs ${wanted}`;
    }
    return undefined;
  }
  if (modality.kind !== 'poses' && modality.kind !== 'instances') return undefined;
  const { count, codes } = EMBEDDED[modality.kind];
  const channels = modality.kind === 'poses' ? POSE_VALUES : 1;
  if (n_channels !== channels) return `it reads ${n_channels} channels, and ${modality.kind} have ${channels}`;
  const patches = typeof image_size === 'number' ? (image_size / patch_size) ** 2 : undefined;
  const tokens = modality.kind === 'poses' ? num_codebooks : patches;
  if (tokens !== count) return `it makes ${tokens} tokens of each, and texts have ${count}`;
  return codebook_size > codes ? `it has ${codebook_size} codes, and texts have words for ${codes}` : undefined;
}

/** Why a network does not fit its modality; undefined if it does. */
function networkMismatch(
  modality: PackageModality,
  info: ModalityInfo,
  tokenizer: VqVaeConfig | undefined,
  config: Config,
  vocabSize: number,
): string | undefined {
  if (modality.kind === 'embeddings') {
    const { dim, vocab_size } = parseTextEncoderConfig(config);
    if (dim !== info.embeddingDim) return `its vectors have ${dim} values, and '${info.name}' ${info.embeddingDim}`;
    return vocab_size === vocabSize ? undefined : `it has ${vocab_size} words, and the vocabulary has ${vocabSize}`;
  }
  const { out_dim, image_size, patch_size } = parseImageNetworkConfig(config);
  if (tokenizer && tokenizer.n_channels !== out_dim) {
    return `its features have ${out_dim} values, and the tokenizer reads ${tokenizer.n_channels}`;
  }
  const cells = (image_size / patch_size) ** 2;
  if (modality.kind !== 'features' || cells === info.maxTokens) return undefined;
  return `its maps have ${cells} cells, and '${info.name}' ${info.maxTokens} tokens`;
}
