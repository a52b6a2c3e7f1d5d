import type { FlagName } from '../../harness/convert/flags.js';
import { f32, results } from './codebook-results.js';
import type { OwnVector } from './write.js';

/** Codebooks at their limits. */
export function codebooks(): Record<string, OwnVector> {
  return {
    codebook_rare: rareCode(),
    codebook_threshold: atThreshold(),
    codebook_dead: deadCode('batch_random'),
    codebook_dead_copied: deadCode('linde_buzo_gray'),
    straight_through: gradient(
      'QNT-12',
      'straight-through',
      'the gradient behind a quantizer without commitment loss',
      {
        ...{ commitment: 0, upstream: [0.5, -2] },
      },
    ),
    commitment: gradient('LOS-8', 'gradient-wrong', 'the commitment loss alone, and its gradient', {
      ...{ commitment: 0.5, upstream: [0, 0] },
    }),
  };
}

/** Old averages and new values have the same weight, so these vectors do not check which is which (QNT-7). */
const DECAY = 0.5;

/** A code that is hardly ever used, whose smoothing shows. */
function rareCode(): OwnVector {
  const codes = [
    [1, 0],
    [0, 1],
    [-1, 0],
    [0, -1],
    [2, 2],
    [-2, 2],
    [2, -2],
    [-2, -2],
  ];
  return euclidean({
    description: 'a moving average with a rarely used code',
    codes,
    sizes: [2e-5, 0.01, 0.02, 0.001, 0.004, 0.002, 0.003, 0.005],
    latent: [0.25, 1.5],
    threshold: 0,
    requirements: ['QNT-9'],
    flag: 'smoothing',
  });
}

/** A code below the threshold, which becomes the latent or the code that is used most, as a unit vector. */
function deadCode(replacement: Step['replacement']): OwnVector {
  return euclidean({
    description: `a moving average after which a code is dead: ${replacement}`,
    replacement,
    codes: [
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
    ],
    sizes: [0.25, 0.75, 0.875, 1],
    latent: [3, 4],
    threshold: 0.2,
    requirements: ['QNT-10'],
    flag: 'dead-codes',
  });
}

/** No code is below the threshold, but one is at it. */
function atThreshold(): OwnVector {
  return euclidean({
    description: 'a moving average after which the usage of a code equals the threshold of dead codes',
    codes: [
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
    ],
    sizes: [0.5, 0.75, 0.875, 1],
    latent: [0, 3],
    threshold: 0.25,
    requirements: ['QNT-10'],
    flag: 'dead-codes',
  });
}

/** The loss and the gradient of one latent. */
function gradient(
  requirement: string,
  flag: FlagName,
  description: string,
  { commitment, upstream }: { commitment: number; upstream: readonly [number, number] },
): OwnVector {
  const [latent, code] = [
    [0.5, 1.5],
    [0, 1],
  ] as const;
  const gaps = latent.map((value, j) => value - code[j]!);
  const loss = (commitment * gaps.reduce((sum, gap) => sum + gap ** 2, 0)) / gaps.length;
  const gradient = gaps.map((gap, j) => upstream[j]! + (commitment * 2 * gap) / gaps.length);
  const step = euclidean({
    ...{ description, codes: [[1, 0], code, [-1, 0]], sizes: [1, 1, 1], latent, threshold: 0, commitment, upstream },
    ...{ requirements: [requirement], flag },
  });
  return {
    ...step,
    ...results([
      ...step.tensors!.filter(({ name }) => name.startsWith('in.')),
      f32('out.loss.0', [1], [loss]),
      f32('out.grad_x.0', [1, latent.length, 1, 1], gradient),
    ]),
    checks: [
      { results: ['out.loss.0'], requirements: ['LOS-7'], flags: ['loss-average'] },
      { results: ['out.grad_x.0'], requirements: [requirement], flags: [flag] },
    ],
  };
}

interface Step {
  readonly description: string;
  readonly codes: readonly (readonly number[])[];
  readonly sizes: readonly number[];
  readonly latent: readonly number[];
  readonly threshold: number;
  readonly requirements: readonly string[];
  readonly flag: FlagName;
  /** The weight of the commitment loss, and the gradient of the output; 1 and none if absent. */
  readonly commitment?: number;
  readonly upstream?: readonly number[];
  /** What becomes of a dead code; a latent if absent. At most one code is dead. */
  readonly replacement?: 'batch_random' | 'linde_buzo_gray';
}

/** A step of a Euclidean codebook with one latent. `embed_avg` begins as the codes times their sizes. */
function euclidean(step: Step): OwnVector {
  const { description, codes, sizes, latent, threshold, requirements, flag, commitment = 1 } = step;
  const { replacement = 'batch_random' } = step;
  const [size, width] = [codes.length, latent.length];
  const stored = sizes.map(Math.fround);
  const sums = codes.map((code, k) => code.map((value) => Math.fround(value * stored[k]!)));
  const distances = codes.map((code) => code.reduce((sum, value, j) => sum + (value - latent[j]!) ** 2, 0));
  const nearest = distances.indexOf(Math.min(...distances));
  const hit = (k: number) => (k === nearest ? 1 : 0);
  const nextSizes = stored.map((used, k) => DECAY * used + (1 - DECAY) * hit(k));
  const nextSums = sums.map((sum, k) => sum.map((value, j) => DECAY * value + (1 - DECAY) * hit(k) * latent[j]!));
  const total = nextSizes.reduce((a, b) => a + b);
  const epsilon = 1e-5;
  const moved = nextSums.map((sum, k) =>
    sum.map((value) => value / (((nextSizes[k]! + epsilon) / (total + size * epsilon)) * total)),
  );
  const source = replacement === 'batch_random' ? latent : moved[nextSizes.indexOf(Math.max(...nextSizes))]!;
  const unit = source.map((value) => value / Math.hypot(...source));
  const nextCodes = moved.map((code, k) => (nextSizes[k]! < threshold ? unit : code));
  const state = (
    under: string,
    values: { sizes: readonly number[]; sums: number[][]; codes: readonly (readonly number[])[] },
  ) => [
    f32(`${under}._codebook.initted`, [1], [1]),
    f32(`${under}._codebook.cluster_size`, [size], values.sizes),
    f32(`${under}._codebook.embed_avg`, [size, width], values.sums.flat()),
    f32(`${under}._codebook.embed`, [size, width], values.codes.flat()),
  ];
  return {
    kind: 'vq.train_ema',
    description,
    tier: 'training',
    options: {
      config: {
        kind: 'Euclidean',
        dim: width,
        codebook_size: size,
        heads: 1,
        threshold_ema_dead_code: threshold,
        code_replacement_policy: replacement,
        commitment_weight: commitment,
        decay: DECAY,
        norm_latents: false,
        steps: 1,
      },
    },
    ...results([
      ...state('in.state', { sizes: stored, sums, codes }),
      f32('in.x.0', [1, width, 1, 1], latent),
      f32('in.grad.0', [1, width, 1, 1], step.upstream ?? latent.map(() => 0)),
      // For a port that finds a dead code where there is none.
      { name: 'in.replacement_rows.0', dtype: 'I32', shape: [1], data: Int32Array.of(0) },
      { name: 'out.indices.0', dtype: 'I32', shape: [1, 1, 1], data: Int32Array.of(nearest) },
      ...state('out.state.0', { sizes: nextSizes, sums: nextSums, codes: nextCodes }),
    ]),
    checks: [
      { results: ['out.indices.*'], requirements: ['QNT-3'], flags: ['code-distance'] },
      { results: ['out.state.*'], requirements, flags: [flag] },
    ],
  };
}
