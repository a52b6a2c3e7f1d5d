import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VectorFile } from '../../harness/vector.js';
import { expectedOf, type OwnVector, tensor } from './write.js';

/** Pictures, metrics, samples and guidance at their limits. @param vectors the folder of the official vectors */
export function limits(vectors: string): Record<string, OwnVector> {
  return {
    image_limits: images(),
    semseg_limits: classes(),
    depth_limits: depths(),
    dynamic_threshold: thresholds(),
    guidance_unconditional: unconditional(vectors),
  };
}

/** A target that is no square, sides that differ by an odd number, and depth with less variance than is added to it. */
function images(): OwnVector {
  const [height, width] = [6, 9];
  const [rows, columns] = [4, 7];
  const map = (value: (y: number, x: number) => number) =>
    Array.from({ length: height * width }, (_, i) => value(Math.floor(i / width), i % width));
  const depth = map((y, x) => 30000 + 11 * y + x);
  const ids = map((y, x) => (y * 40 + x) % 256);
  const mask = map((y, x) => ((x + y) % 3 === 0 ? 255 : 254));
  // TRF-12: the height is taken for the width. TRF-7: nearest.
  const from = (i: number, size: number, all: number) => Math.floor(((i + 0.5) * all) / size);
  const resized = (values: readonly number[]) =>
    Array.from({ length: columns * rows }, (_, i) => {
      const [y, x] = [Math.floor(i / rows), i % rows];
      return values[from(y, columns, height) * width + from(x, rows, width)]!;
    });
  const sorted = depth.map((d) => Math.fround(d / 65535)).sort((a, b) => a - b);
  const middle = sorted.slice(Math.trunc(0.1 * sorted.length), Math.trunc(0.9 * sorted.length));
  const mean = middle.reduce((a, b) => a + b) / middle.length;
  const variance = middle.reduce((sum, d) => sum + (d - mean) ** 2, 0) / (middle.length - 1);
  const tensors = [
    tensor(
      'in.img0',
      'I32',
      [height, width, 3],
      ids.flatMap((id) => [id, id, id]),
    ),
    tensor('in.depth0', 'I32', [height, width], depth),
    tensor('in.semseg0', 'I32', [height, width], ids),
    tensor('in.mask0', 'I32', [height, width], mask),
    tensor('in.std_img', 'F32', [1, 3, 1, 1], [0, 0, 0]),
    tensor(
      'out.rgb0.resized_nearest',
      'I32',
      [columns, rows, 3],
      resized(ids).flatMap((id) => [id, id, id]),
    ),
    tensor(
      'out.semseg0',
      'I32',
      [columns, rows],
      resized(ids).map((id) => (id + 1) % 256),
    ),
    tensor(
      'out.mask0',
      'I32',
      [1, columns, rows],
      resized(mask).map((value) => Number(value === 255)),
    ),
    tensor(
      'out.depth0.standardized',
      'F32',
      [1, height, width],
      depth.map((d) => (d / 65535 - mean) / Math.sqrt(variance + 1e-6)),
    ),
  ];
  return {
    kind: 'trans.image',
    description: 'a target size that is no square, pictures whose sides differ by an odd number, nearly constant depth',
    tier: 'core',
    options: {
      calls: [{ k: 0, crop_coords: [0, 0, height, width], target_size: [rows, columns], flip: false }],
      augmenters: [{ size_w_h: [8, 13] }, { size_w_h: [14, 5] }],
    },
    tensors,
    tolerances: { default: { form: 'close', rtol: 1e-4, atol: 1e-3 } },
    expected: {
      tensors: expectedOf(tensors, 'default'),
      values: [
        { results: '/augmenters/0', value: crops([8, 13], [2, 0], 8, 13) },
        { results: '/augmenters/1', value: crops([14, 5], [0, 4], 5, 14) },
      ],
    },
    checks: [
      { results: ['out.rgb*'], requirements: ['TRF-7', 'TRF-11', 'TRF-12'], flags: ['resize-filter'] },
      { results: ['out.semseg*'], requirements: ['TRF-16', 'TRF-12'], flags: ['class-shift'] },
      { results: ['out.mask*'], requirements: ['TRF-17', 'TRF-12'], flags: ['resize-filter'] },
      { results: ['out.depth*'], requirements: ['TRF-15'], flags: ['depth-standardised'] },
      { results: ['/augmenters/*'], requirements: ['TRF-13'], flags: ['coordinate-rounding'] },
    ],
  };
}

function crops([width, height]: [number, number], [top, left]: [number, number], least: number, most: number) {
  return {
    center_crop_top_left_h_w: [top, left, least, least],
    padding_crop_top_left_h_w: [0, 0, most, most],
    orig_size_h_w: [height, width],
  };
}

/** A predicted class one past the last, beside the last row of the confusion matrix and others. */
function classes(): OwnVector {
  const tensors = [
    tensor('in.past.gt0', 'U8', [2, 3], [0, 1, 2, 2, 0, 1]),
    tensor('in.past.pred0', 'U8', [2, 3], [3, 1, 3, 2, 0, 3]),
    tensor('out.past.confusion', 'I32', [3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]),
  ];
  return {
    kind: 'eval.semseg',
    description: 'predictions of the class after the last',
    tier: 'metrics',
    options: {},
    tensors,
    data: {
      sets: [
        {
          name: 'past',
          about: 'one past the last class',
          num_classes: 3,
          ignore_index: 255,
          n_images: 1,
        },
      ],
    },
    expected: { tensors: expectedOf(tensors) },
    requirements: ['MET-1'],
    flag: 'metric-definition',
  };
}

/** Ratios that equal the limits of δ, which count as beyond them. */
function depths(): OwnVector {
  const truth = [1, 1, 1, 1, 1.25, 2];
  const predicted = [1.25, 1.5625, 1.953125, 1, 1, 2.25];
  const shares = { delta1: 2 / 6, delta2: 4 / 6, delta3: 5 / 6 };
  return {
    kind: 'eval.depth',
    description: 'depths whose ratio to the truth equals a limit',
    tier: 'metrics',
    options: {},
    tensors: [
      tensor('in.limits.gt0', 'F32', [2, 3], truth),
      tensor('in.limits.pred0', 'F32', [2, 3], predicted),
      tensor('in.limits.mask0', 'U8', [2, 3], [1, 1, 1, 1, 1, 1]),
    ],
    data: {
      sets: [
        {
          ...{ name: 'limits', about: 'at the limits', n_images: 1, clamp_min: 0.001 },
          expected: { none: { per_image: [shares], mean: shares } },
          ...{ ssi: [], truncated_standardised_l1: [] },
        },
      ],
    },
    tolerances: { shares: { form: 'fields', fields: { form: 'close', rtol: 0, atol: 1e-12 } } },
    expected: {
      values: ['per_image/*', 'mean'].map((part) => ({
        results: `/sets/*/expected/none/${part}`,
        tolerance: 'shares',
      })),
    },
    requirements: ['MET-9'],
    flag: 'metric-definition',
  };
}

const RATIO = 0.9;
const HIGHEST = 2;

/** Images whose quantile is below 1, between 1 and the highest value, and above it. */
function thresholds(): OwnVector {
  const output = [
    ...[0.5, -0.25, 0.75, -1.5, 0.125, 0.25, -0.5, 0.375],
    ...[1.5, -0.25, 1.75, -1.5, 0.125, 1.25, -2.5, 0.375],
    ...[4.5, -0.25, 1.75, -3.5, 0.125, 1.25, -2.5, 0.375],
  ];
  const size = 8;
  const clean = output.map((value, i) => {
    const start = Math.floor(i / size) * size;
    const sizes = output.slice(start, start + size).map(Math.abs);
    sizes.sort((a, b) => a - b);
    const rank = RATIO * (size - 1);
    const [below, above] = [sizes[Math.floor(rank)]!, sizes[Math.ceil(rank)]!];
    const s = Math.min(Math.max(below + (rank - Math.floor(rank)) * (above - below), 1), HIGHEST);
    return Math.min(Math.max(value, -s), s) / s;
  });
  const args = {
    ...{ beta_schedule: 'linear', prediction_type: 'sample', zero_terminal_snr: false, clip_sample: false },
    ...{ thresholding: true, sample_max_value: HIGHEST, dynamic_thresholding_ratio: RATIO },
  };
  const shape = [3, 2, 2, 2];
  const tensors = [
    ...['in.sample0', 'in.model_output.00', 'in.clean', 'in.add_noise'].map((name) =>
      tensor(name, 'F32', shape, output),
    ),
    tensor('in.t', 'I32', [3], [1, 2, 3]),
    tensor('out.pred_original.00', 'F32', shape, clean),
  ];
  return {
    kind: 'sched.steps',
    description: 'clean images clipped at a quantile below 1, at one between 1 and the maximum, and at the maximum',
    tier: 'tokenizers',
    options: { config: { scheduler: 'DDIMScheduler', args, num_inference_steps: 1, mode: 'leading' } },
    tensors,
    tolerances: { default: { form: 'close', rtol: 1e-6, atol: 1e-6 } },
    expected: { tensors: expectedOf(tensors, 'default') },
    requirements: ['DIF-3'],
    flag: 'sample-limit',
  };
}

/** Guidance of any scale without conditions, which changes nothing. */
function unconditional(vectors: string): OwnVector {
  const name = 'gen_maskgit_t0';
  const of = JSON.parse(readFileSync(join(vectors, name, 'vector.json'), 'utf8')) as VectorFile;
  const file = `../${name}/data.safetensors`;
  const elsewhere = <T extends object>(entries: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(entries).map(([key, entry]) => [key, { ...entry, file }]));
  const schedule = (of.options.schedule as object[]).map((step) => ({ ...step, cfg_scale: 3, cfg_cond_domains: [] }));
  return {
    kind: of.kind,
    description: 'MaskGIT with a guidance scale and no conditions: as without guidance',
    tier: of.tier,
    options: { ...of.options, schedule },
    files: of.files!,
    inputs: elsewhere(of.inputs),
    tolerances: of.tolerances,
    expected: { tensors: elsewhere(of.expected.tensors), values: of.expected.values },
    requirements: ['GDC-2'],
    flag: 'guidance-weights',
  };
}
