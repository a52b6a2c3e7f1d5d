import type { Random } from '../../random.js';
import { normalizedRows } from './directions.js';

/** State of a codebook trained by exponential moving average. Plain arrays, updated in place. */
export interface CodebookState {
  /** The codes, [K, d]. */
  readonly codes: Float32Array;
  /** Moving average of the number of latents of each code, [K]. */
  readonly usage: Float32Array;
  /** Moving average of the sum of the latents of each code, [K, d]; Euclidean codebook only. */
  readonly sums: Float32Array | undefined;
}

/** Selects those of the `available` latents of a batch that replace `wanted` dead codes; {@link sampleRows} except in tests. */
export type ChooseRows = (available: number, wanted: number) => ArrayLike<number>;

/** Options of the moving average (`CosineSimCodebook` and `EuclideanCodebook` officially). */
export interface CodebookTraining {
  /** Cosine similarity (ViT-VQGAN) instead of Euclidean distance. */
  readonly cosine: boolean;
  readonly decay: number;
  /** A code with a lower average usage per batch is dead and replaced; 0 keeps all. */
  readonly deadThreshold: number;
  /** Dead codes are replaced by random latents of the batch, or by copies of the most used codes. */
  readonly replacement: 'batch_random' | 'linde_buzo_gray';
}

/**
 * Moves every code toward the latents assigned to it, then replaces dead codes.
 *
 * @param latents  from the encoder, [n, d]
 * @param ids      code of each latent, [n]
 */
export function updateCodebook(
  state: CodebookState,
  latents: Float32Array,
  ids: ArrayLike<number>,
  training: CodebookTraining,
  chooseRows: ChooseRows,
): void {
  const { codes, usage } = state;
  const k = usage.length;
  const d = codes.length / k;
  const samples = training.cosine ? normalizedRows(latents, d) : latents;
  const hits = new Float32Array(k);
  const sums = new Float32Array(k * d);
  for (let n = 0; n < ids.length; n++) {
    const code = ids[n]!;
    hits[code]!++;
    for (let j = 0; j < d; j++) sums[code * d + j]! += samples[n * d + j]!;
  }
  blend(usage, hits, training.decay);
  if (training.cosine) {
    // A code without latents moves toward its own direction: only its length changes.
    const targets = normalizedRows(
      Float32Array.from(sums, (s, i) => (hits[Math.floor(i / d)] ? s / hits[Math.floor(i / d)]! : codes[i]!)),
      d,
    );
    blend(codes, targets, training.decay);
  } else {
    blend(state.sums!, sums, training.decay);
    smoothedMeans(codes, state.sums!, usage);
  }
  replaceDeadCodes(state, latents, training, chooseRows);
}

/** Codes as the means of their latents, with Laplace smoothing, which avoids division by zero for codes without latents. */
function smoothedMeans(codes: Float32Array, sums: Float32Array, usage: Float32Array): void {
  const epsilon = 1e-5;
  const d = codes.length / usage.length;
  const total = usage.reduce((a, b) => a + b, 0);
  usage.forEach((used, code) => {
    const size = ((used + epsilon) / (total + usage.length * epsilon)) * total;
    for (let j = 0; j < d; j++) codes[code * d + j] = sums[code * d + j]! / size;
  });
}

function replaceDeadCodes(
  { codes, usage }: CodebookState,
  latents: Float32Array,
  { deadThreshold, replacement }: CodebookTraining,
  chooseRows: ChooseRows,
): void {
  const dead = [...usage.keys()].filter((code) => usage[code]! < deadThreshold);
  if (dead.length === 0) return;
  const d = codes.length / usage.length;
  const pool = replacement === 'batch_random' ? latents : codes.slice();
  const rows = replacement === 'batch_random' ? chooseRows(latents.length / d, dead.length) : byUsage(usage);
  dead.forEach((code, i) => {
    const row = pool.subarray(rows[i]! * d, (rows[i]! + 1) * d);
    codes.set(normalizedRows(row, d), code * d);
  });
}

function byUsage(usage: Float32Array): number[] {
  return [...usage.keys()].sort((a, b) => usage[b]! - usage[a]!);
}

/**
 * k-means on the first batch of latents, to initialise the codebook (`kmeans` officially).
 *
 * @param samples  [n, d]; of length 1 where `cosine`
 * @param start    rows of `samples` that the means start at, [K]
 * @returns        means [K, d], and the size of each cluster in the last iteration [K]
 */
export function kMeans(
  samples: Float32Array,
  start: ArrayLike<number>,
  d: number,
  cosine: boolean,
  iterations = 10,
): { means: Float32Array; sizes: Float32Array } {
  const k = start.length;
  const means = new Float32Array(k * d);
  for (let i = 0; i < k; i++) means.set(samples.subarray(start[i]! * d, (start[i]! + 1) * d), i * d);
  let sizes = new Float32Array(k);
  for (let iteration = 0; iteration < iterations; iteration++) {
    sizes = new Float32Array(k);
    const sums = new Float32Array(k * d);
    for (let n = 0; n < samples.length; n += d) {
      const sample = samples.subarray(n, n + d);
      const nearest = nearestRow(sample, means, cosine);
      sizes[nearest]!++;
      for (let j = 0; j < d; j++) sums[nearest * d + j]! += sample[j]!;
    }
    for (let i = 0; i < k; i++) {
      if (sizes[i] === 0) continue;
      const mean = sums.subarray(i * d, (i + 1) * d).map((s) => s / sizes[i]!);
      means.set(cosine ? normalizedRows(mean, d) : mean, i * d);
    }
  }
  return { means, sizes };
}

/** `wanted` rows out of `n`, without repetition if there are enough (`sample_vectors` officially). */
export function sampleRows(n: number, wanted: number, random: Random): Int32Array {
  if (n >= wanted) return random.permutation(n).subarray(0, wanted);
  return Int32Array.from({ length: wanted }, () => random.integer(0, n - 1));
}

/** The nearest row: by largest dot product, or smallest distance. */
function nearestRow(sample: Float32Array, rows: Float32Array, cosine: boolean): number {
  const d = sample.length;
  let best = Number.NEGATIVE_INFINITY;
  let nearest = 0;
  for (let i = 0; i < rows.length / d; i++) {
    let alike = 0;
    for (let j = 0; j < d; j++) {
      const value = rows[i * d + j]!;
      alike += cosine ? sample[j]! * value : -((sample[j]! - value) ** 2);
    }
    if (alike > best) {
      best = alike;
      nearest = i;
    }
  }
  return nearest;
}

/** Exponential moving average, in place; in single precision, rounded where the official one is. */
function blend(average: Float32Array, next: Float32Array, decay: number): void {
  const [kept, added] = [Math.fround(decay), Math.fround(1 - decay)];
  for (let i = 0; i < average.length; i++) average[i] = Math.fround(kept * average[i]!) + added * next[i]!;
}
