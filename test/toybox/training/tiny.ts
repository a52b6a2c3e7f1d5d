/** Networks of the toybox that take no time and were never trained, for scenes as tokens. */
import type { ParameterList } from '../../../src/nn/parameters.js';
import { Random } from '../../../src/random.js';
import { loadWordPiece } from '../../../src/tokenizers/text/word-piece.js';
import { buildVqVae, type VqVae } from '../../../src/tokenizers/vq/vqvae.js';
import { buildCaptionEncoder } from '../../../src/toybox/features/caption-encoder.js';
import { buildStandIn } from '../../../src/toybox/features/stand-ins.js';
import {
  TOYBOX_IMAGES,
  TOYBOX_MODALITIES,
  TOYBOX_PATCH,
  TOYBOX_SIZE,
  type ToyboxImage,
} from '../../../src/toybox/modalities.js';
import { STAND_INS, TOYBOX_TOKENIZERS, type ToyboxTokenizerName } from '../../../src/toybox/names.js';
import type { ToyboxTokenizers } from '../../../src/toybox/training/tokenize.js';
import { toyboxTokenizerConfig } from '../../../src/toybox/training/tokenizers.js';
import { trainToyboxVocabulary } from '../../../src/toybox/training/vocabulary.js';

/** Presets of a tokenizer that takes no time. */
export const TINY = { tiny: { width: 8, depth: 1, heads: 2 } };

/** The config of such a tokenizer of images. */
export function tinyConfig(modality: ToyboxImage) {
  const values = TOYBOX_IMAGES[modality];
  return {
    image_size: TOYBOX_SIZE,
    patch_size: TOYBOX_PATCH,
    n_channels: values.kind === 'depth' ? 1 : 3,
    n_labels: values.kind === 'classes' ? values.names.length : undefined,
    enc_type: 'tiny_enc',
    dec_type: 'tiny_dec',
    codebook_size: 16,
    latent_dim: 4,
  };
}

/** A tokenizer with the inputs and codes of the toybox's own. */
function tinyTokenizer(name: ToyboxTokenizerName): VqVae {
  const { image_size, patch_size, n_channels, n_labels, quant_type, num_codebooks, codebook_size } =
    toyboxTokenizerConfig(name);
  const sizes = { image_size, patch_size, n_channels, ...(n_labels !== undefined && { n_labels }), codebook_size };
  return quant_type === 'memcodes'
    ? buildVqVae({ ...sizes, quant_type, num_codebooks, latent_dim: num_codebooks, ...mlp('BottleneckMLP/B_1-Wi_8') })
    : buildVqVae({ ...sizes, latent_dim: 4, enc_type: 'tiny_enc', dec_type: 'tiny_dec' }, TINY);
}

const mlp = (type: string) => ({ enc_type: type, dec_type: type });

/** Everything that makes tokens of all modalities. */
interface TinyTokenizers extends Required<ToyboxTokenizers> {
  readonly tokenizers: Readonly<Record<ToyboxTokenizerName, VqVae>>;
  /** Disposes of the weights. */
  release(): void;
}

/** Everything that makes tokens, untrained. */
export function tinyTokenizers(): TinyTokenizers {
  const random = new Random(1);
  const lists: ParameterList[] = [];
  const initialized = <T extends { readonly parameters: ParameterList }>(network: T): T => {
    for (const parameter of network.parameters.all) parameter.initialize(random);
    lists.push(network.parameters);
    return network;
  };
  const record = <K extends string, T>(names: readonly K[], of: (name: K) => T) =>
    Object.fromEntries(names.map((name) => [name, of(name)])) as Record<K, T>;
  const text = toyboxText();
  return {
    modalities: TOYBOX_MODALITIES,
    tokenizers: record(TOYBOX_TOKENIZERS, (name) => initialized(tinyTokenizer(name))),
    networks: record(STAND_INS, (name) => initialized(buildStandIn(name, text.vocabSize)).kept),
    captions: initialized(buildCaptionEncoder(text.vocabSize)),
    text,
    release() {
      for (const { all } of lists) for (const parameter of all) parameter.dispose();
    },
  };
}

export const toyboxText = () => loadWordPiece(trainToyboxVocabulary(60));
