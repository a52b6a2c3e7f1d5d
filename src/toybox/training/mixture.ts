import type { MixtureComponent } from '../../masking/masking.js';
import { TOYBOX_MODALITIES } from '../modalities.js';

/**
 * Modalities that take longest to learn have larger weights: a picture's tokens, which are hardly determined by other modalities,
 * and what depends on small or distant parts of the picture.
 */
export const TOYBOX_LOSS_WEIGHTS: Readonly<Record<string, number>> = {
  'tok_rgb@64': 3,
  'tok_depth@64': 2,
  'tok_semseg@64': 2,
  caption: 2,
  det: 2,
  human_poses: 2.5,
  sam_instance: 1.5,
};

const IN = TOYBOX_MODALITIES.map(({ key }) => key);
const OUT = TOYBOX_MODALITIES.filter(({ directions }) => directions === 'in and out').map(({ key }) => key);
const TEXTS = ['caption', 'det', 'metadata', 'color_palette', 'human_poses', 'sam_instance'];
const MAPS = OUT.filter((key) => !TEXTS.includes(key));

/** The same Dirichlet concentration for each of the modalities. */
function evenly(keys: readonly string[], alpha: number): Record<string, number> {
  return Object.fromEntries(keys.map((key) => [key, alpha]));
}

/**
 * Training mixture of the default model, of the published kinds (`rgb2all`, caption-biased, `all2all`; 4M-21, section 3.3 and
 * appendix). Maps from the picture and texts from the picture are separate components: a text must be within its budget as
 * a whole, or its end is never learned, while any subset of a map's tokens will do. Depth, normals and classes have larger shares
 * than other maps: edges and features are learned from fewer targets.
 *
 * A picture's own tokens are also targets of its pixels, because the model learns the appearance of each token fastest that
 * way. With a caption and a segmentation as inputs, the caption only adds colours, which is easier to learn than layout and
 * colours at once; with a part of a segmentation it also determines the rest, so that step-by-step generation is consistent.
 */
export const TOYBOX_MIXTURE: readonly MixtureComponent[] = [
  {
    weight: 4,
    inputAlphas: { 'rgb@64': 1 },
    targetAlphas: { ...evenly(MAPS, 1), 'tok_depth@64': 4, 'tok_normal@64': 3, 'tok_semseg@64': 4 },
  },
  {
    weight: 3,
    inputAlphas: { 'rgb@64': 1 },
    targetAlphas: { caption: 4, det: 3, metadata: 4, color_palette: 2 },
  },
  { weight: 2, inputAlphas: { 'rgb@64': 1 }, targetAlphas: { human_poses: 3, sam_instance: 4 } },
  {
    weight: 1.5,
    inputAlphas: { caption: 2, 'tok_semseg@64': 2 },
    targetAlphas: { 'tok_rgb@64': 4, 'tok_semseg@64': 2 },
    keep: { caption: 'all' },
  },
  {
    weight: 1,
    inputAlphas: { caption: 1 },
    targetAlphas: { 'tok_rgb@64': 2, 'tok_semseg@64': 4 },
    keep: { caption: 'all' },
  },
  {
    weight: 1.5,
    inputAlphas: { caption: 1, 'tok_rgb@64': 2, 'tok_semseg@64': 0.5 },
    targetAlphas: { 'tok_rgb@64': 4, 'tok_semseg@64': 1 },
    keep: { caption: 'all' },
  },
  {
    weight: 0.5,
    inputAlphas: { t5_caption: 1 },
    targetAlphas: { ...evenly(MAPS, 0.5), 'tok_semseg@64': 2 },
    keep: { t5_caption: 'all' },
  },
  { weight: 2, inputAlphas: evenly(IN, 0.2), targetAlphas: evenly(OUT, 0.3) },
];

/**
 * The components of {@link TOYBOX_MIXTURE} for a model of some modalities only: without the others' shares, and without the components
 * that have no input or no target then.
 *
 * @param keys published names of the model's modalities
 */
export function toyboxMixture(keys: readonly string[]): MixtureComponent[] {
  const among = <T>(shares: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(shares).filter(([key]) => keys.includes(key)));
  return TOYBOX_MIXTURE.map(({ weight, inputAlphas, targetAlphas, keep }) => ({
    weight,
    inputAlphas: among(inputAlphas),
    targetAlphas: among(targetAlphas),
    ...(keep && { keep: among(keep) }),
  })).filter(({ inputAlphas, targetAlphas }) => [inputAlphas, targetAlphas].every((x) => Object.keys(x).length > 0));
}
