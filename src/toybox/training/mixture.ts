import type { MixtureComponent } from '../../masking/masking.js';

/** A picture's tokens count most: of what they say, little is told by the rest, and it takes longest to learn. */
export const TOYBOX_LOSS_WEIGHTS: Readonly<Record<string, number>> = { 'tok_rgb@64': 3 };

/**
 * Training mixture of the default model: four tenths of the samples are a whole picture to everything else, half a caption with none,
 * some or all of a segmentation and a picture to the rest of them, the others anything to anything. (The published mixtures
 * are of the same kinds: `rgb2all`, caption-biased, `all2all`.)
 *
 * A picture's own tokens are among its targets since that is how the model learns fastest what each of them looks like. A
 * caption beside a segmentation tells the colour of what is already in its place, which is far easier to learn than both at
 * once; beside a part of one it also tells how that goes on, so that what is drawn step by step hangs together.
 */
export const TOYBOX_MIXTURE: readonly MixtureComponent[] = [
  {
    weight: 4,
    inputAlphas: { 'rgb@64': 1 },
    targetAlphas: {
      'tok_rgb@64': 1.5,
      'tok_depth@64': 3,
      'tok_normal@64': 1.5,
      'tok_semseg@64': 4,
      caption: 2,
      det: 1,
    },
  },
  {
    weight: 2,
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
    weight: 2,
    inputAlphas: { caption: 1, 'tok_rgb@64': 2, 'tok_semseg@64': 0.5 },
    targetAlphas: { 'tok_rgb@64': 4, 'tok_semseg@64': 1 },
    keep: { caption: 'all' },
  },
  {
    weight: 1,
    inputAlphas: everything([
      'rgb@64',
      'tok_rgb@64',
      'tok_depth@64',
      'tok_normal@64',
      'tok_semseg@64',
      'caption',
      'det',
    ]),
    targetAlphas: everything(['tok_rgb@64', 'tok_depth@64', 'tok_normal@64', 'tok_semseg@64', 'caption', 'det']),
  },
];

function everything(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, 0.5]));
}
