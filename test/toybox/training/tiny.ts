/** A few scenes of the toybox as tokens, from tokenizers that were never trained. */
import { Random } from '../../../src/random.js';
import { loadWordPiece } from '../../../src/tokenizers/text/word-piece.js';
import { buildVqVae, type VqVae } from '../../../src/tokenizers/vq/vqvae.js';
import { TOYBOX_IMAGES, TOYBOX_PATCH, TOYBOX_SIZE, type ToyboxImage } from '../../../src/toybox/modalities.js';
import { trainToyboxVocabulary } from '../../../src/toybox/training/vocabulary.js';

/** Presets of a tokenizer that takes no time. */
export const TINY = { tiny: { width: 8, depth: 1, heads: 2 } };

/** The config of such a tokenizer. */
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

export function tinyTokenizers(): Record<ToyboxImage, VqVae> {
  const random = new Random(1);
  const entries = (Object.keys(TOYBOX_IMAGES) as ToyboxImage[]).map((name) => {
    const tokenizer = buildVqVae(tinyConfig(name), TINY);
    for (const parameter of tokenizer.parameters.all) parameter.initialize(random);
    return [name, tokenizer] as const;
  });
  return Object.fromEntries(entries) as Record<ToyboxImage, VqVae>;
}

export const toyboxText = () => loadWordPiece(trainToyboxVocabulary(60));
