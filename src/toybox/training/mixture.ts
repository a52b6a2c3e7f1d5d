import type { MixtureComponent } from '../../masking/masking.js';
import { TOYBOX_MODALITIES } from '../modalities.js';

/** A picture's tokens count most: little of what they hold follows from the rest, and they take longest to learn. */
export const TOYBOX_LOSS_WEIGHTS: Readonly<Record<string, number>> = { 'tok_rgb@64': 3 };

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
 * appendix). From the picture, maps and texts are separate components: a text is only learned to its end where its whole
 * length is within its budget, while any few tokens of a map are as good as others.
 *
 * A picture's own tokens are among its targets since that is how the model learns fastest what each of them looks like. A
 * caption beside a segmentation tells the colour of what is already in its place, which is far easier to learn than both at
 * once; beside a part of one it also tells how that goes on, so that what is generated step by step hangs together.
 */
export const TOYBOX_MIXTURE: readonly MixtureComponent[] = [
  { weight: 3, inputAlphas: { 'rgb@64': 1 }, targetAlphas: { ...evenly(MAPS, 1.5), 'tok_semseg@64': 3 } },
  {
    weight: 2.5,
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
  { weight: 2.5, inputAlphas: evenly(IN, 0.2), targetAlphas: evenly(OUT, 0.3) },
];
