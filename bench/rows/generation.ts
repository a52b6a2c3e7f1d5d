/** Whole tasks of 4M-21_B. */
import type { DecodingTarget, KnownModalities } from '../../src/decoding/index.js';
import { generateTokens } from '../../src/decoding/index.js';
import type { WeightDtype } from '../../src/nn/packed/packing.js';
import { Random } from '../../src/random.js';
import type { Row } from '../row.js';
import { fourM21B, picture, VOCABULARY } from '../weights.js';

/** Inputs and targets of a generation. */
export interface Task {
  readonly name: string;
  readonly about: string;
  readonly runs: number;
  readonly inputs: () => KnownModalities;
  readonly targets: readonly DecodingTarget[];
  /** Maximum tokens of texts. */
  readonly lengths?: Readonly<Record<string, number>>;
  /** Storage type of the weights; f32 if absent. */
  readonly dtype?: WeightDtype;
}

function generation({ name, about, runs, inputs, targets, lengths, dtype }: Task): Row {
  return {
    name,
    about,
    runs,
    async prepare() {
      const known = inputs();
      const outputs = targets.map(({ modality }) => modality);
      const model = await fourM21B(Object.keys(known), outputs, lengths, dtype);
      const run = () =>
        generateTokens(model, { inputs: known, targets, vocabulary: VOCABULARY, random: new Random(0) });
      return { run };
    },
  };
}

const fromPicture = () => ({ 'rgb@224': { pixels: [picture()] } });
/** A caption of twelve words. */
const fromCaption = () => ({ caption: { ids: [Int32Array.from({ length: 12 }, (_, i) => 1000 + 321 * i)] } });

const DENSE = { method: 'roar', steps: 1, temperature: 0.01 } as const;
const TEXT = { method: 'autoregressive' } as const;

/** The official demo's order and settings for a picture. */
const ALL: readonly DecodingTarget[] = [
  ...['clip', 'dinov2', 'imagebind', 'depth', 'normal', 'semseg', 'canny_edge', 'sam_edge'].map((name) => ({
    ...DENSE,
    modality: `tok_${name}@224`,
    guidanceScale: 2,
  })),
  { ...TEXT, modality: 'caption', temperature: 0.3 },
  { ...TEXT, modality: 'det', temperature: 0.3 },
  { ...TEXT, modality: 'human_poses', temperature: 0.1 },
  { ...TEXT, modality: 'sam_instance', temperature: 0.01 },
  { ...TEXT, modality: 'color_palette', temperature: 0.1 },
  { ...TEXT, modality: 'metadata', temperature: 0.1 },
];

const caption = (tokens: number, runs: number, dtype: WeightDtype = 'f32', guidanceScale = 1): Task => {
  const guided = guidanceScale > 1;
  return {
    name: `task/caption-${tokens}${guided ? '-guided' : ''}${dtype === 'f32' ? '' : `-${dtype}`}`,
    about: `RGB → caption of ${tokens} tokens${guided ? `, guidance ${guidanceScale}` : ''}${dtype === 'f32' ? '' : `, weights in ${dtype}`}`,
    runs,
    dtype,
    inputs: fromPicture,
    targets: [{ ...TEXT, modality: 'caption', temperature: 0.3, guidanceScale }],
    lengths: { caption: tokens },
  };
};

/** Picture to depth, captions, picture to all modalities, caption to picture. */
export const GENERATIONS: readonly Task[] = [
  {
    name: 'task/rgb-to-depth',
    about: 'RGB → depth in one step, 196 tokens in and out',
    runs: 5,
    inputs: fromPicture,
    targets: [{ ...DENSE, modality: 'tok_depth@224' }],
  },
  {
    name: 'task/rgb-to-depth-int8-dynamic',
    about: 'the same, weights and inputs of products in 8 and 7 bits',
    runs: 5,
    inputs: fromPicture,
    targets: [{ ...DENSE, modality: 'tok_depth@224' }],
    dtype: 'int8-dynamic',
  },
  {
    name: 'task/rgb-to-depth-guided',
    about: 'the same with guidance 2',
    runs: 3,
    inputs: fromPicture,
    targets: [{ ...DENSE, modality: 'tok_depth@224', guidanceScale: 2 }],
  },
  {
    name: 'task/rgb-to-depth-8',
    about: 'eight pictures → depth in one step, in one batch',
    runs: 1,
    inputs: () => ({ 'rgb@224': { pixels: Array.from({ length: 8 }, picture) } }),
    targets: [{ ...DENSE, modality: 'tok_depth@224' }],
  },
  caption(64, 3),
  caption(64, 3, 'f16'),
  caption(64, 3, 'int8'),
  caption(64, 3, 'f32', 2),
  caption(64, 3, 'int8', 2),
  caption(255, 1),
  caption(255, 1, 'f16'),
  caption(255, 1, 'int8'),
  {
    name: 'task/rgb-to-all',
    about: 'RGB → 8 maps and feature maps with guidance 2, 6 texts at full length: the official demo',
    runs: 1,
    inputs: fromPicture,
    targets: ALL,
  },
  {
    name: 'task/caption-to-rgb',
    about: 'caption → CLIP in 50 ROAR steps (guidance 3) → RGB in 25 (guidance 2)',
    runs: 1,
    inputs: fromCaption,
    targets: [
      { ...ROAR(50, 5, 3), modality: 'tok_clip@224' },
      { ...ROAR(25, 3, 2), modality: 'tok_rgb@224' },
    ],
  },
];

/** {@link GENERATIONS} as rows. */
export const generationRows: readonly Row[] = GENERATIONS.map(generation);

function ROAR(steps: number, temperature: number, guidanceScale: number) {
  return {
    method: 'roar',
    steps,
    temperature,
    temperatureSchedule: { lowest: 0.5, power: 0.5 },
    guidanceScale,
  } as const;
}
