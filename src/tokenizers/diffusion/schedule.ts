/**
 * Noise levels of the timesteps: β_t and ᾱ_t = Π_{s≤t} (1 − β_s), for t = 0 … T−1.
 * A noisy image is √ᾱ_t · image + √(1−ᾱ_t) · noise. (`fourm/vq/scheduling/scheduling_utils.py` officially.)
 *
 * The tables are computed in single precision like the official ones, since near ᾱ = 1, 1 − ᾱ depends on rounding.
 */
import { InvalidInputError } from '../../errors.js';

/** Noise levels of T timesteps. */
export interface NoiseSchedule {
  /** β, [T]; absent for schedules that are defined by ᾱ. */
  readonly betas: Float32Array | undefined;
  /** ᾱ, [T], falling. (`alphas_cumprod` officially.) */
  readonly alphaBars: Float32Array;
}

/** Options of a noise schedule. */
export interface NoiseScheduleOptions {
  /** T; 1000 if not given. */
  readonly timesteps?: number;
  /** β at the first timestep, for schedules between two values of β; 0.0001 if not given. */
  readonly betaStart?: number;
  /** β at the last timestep, likewise; 0.02 if not given. */
  readonly betaEnd?: number;
  /** Shifts and scales √ᾱ so that the last timestep is pure noise (arXiv 2305.08891); false if not given. */
  readonly zeroTerminalSnr?: boolean;
}

const f32 = Math.fround;

/** Bound of the absolute log-SNR of the shifted cosine. */
const MAX_LOG_SNR = 15;

/** Maximum β of the cosine schedule. */
const MAX_BETA = 0.999;

/**
 * A schedule by its published name:
 *
 * - `linear`: β rises evenly from `betaStart` to `betaEnd`
 * - `scaled_linear`: √β does
 * - `sigmoid`: β rises along a sigmoid over [−6, 6]
 * - `squaredcos_cap_v2`: ᾱ(u) = cos²((u + 0.008) / 1.008 · π/2) for u in [0, 1]; β = 1 − ᾱ(u + 1/T) / ᾱ(u), at most 0.999
 * - `shifted_cosine:<s>`, s > 0: ᾱ = sigmoid(−2 (log tan(πu/2) + log s)), the argument kept within ±15, and the last ᾱ = 0
 *   regardless of `zeroTerminalSnr` (arXiv 2305.18231); s below 1 is less noise, s above 1 is more
 *
 * @throws InvalidInputError for an unknown name, a shift that is not above 0, or fewer than 2 timesteps
 */
export function noiseSchedule(name: string, options: NoiseScheduleOptions = {}): NoiseSchedule {
  const { timesteps = 1000, betaStart = 0.0001, betaEnd = 0.02, zeroTerminalSnr = false } = options;
  if (!Number.isInteger(timesteps) || timesteps < 2) {
    throw new InvalidInputError(`a noise schedule has a whole number of timesteps above 1, not ${timesteps}`);
  }
  const shift = /^shifted_cosine:(.*)$/.exec(name)?.[1];
  if (shift !== undefined) return { betas: undefined, alphaBars: shiftedCosine(timesteps, Number(shift), name) };
  const make = Object.hasOwn(BETAS, name) ? BETAS[name] : undefined;
  if (!make) {
    const known = [...Object.keys(BETAS), 'shifted_cosine:<shift>'].join(', ');
    throw new InvalidInputError(`unknown noise schedule "${name}"; known are ${known}`);
  }
  const plain = make(timesteps, betaStart, betaEnd);
  const betas = zeroTerminalSnr ? withZeroTerminalSnr(plain) : plain;
  return { betas, alphaBars: alphaBars(betas) };
}

/**
 * ᾱ at a timestep. Past the end of denoising (t < 0) it is 1, or the first ᾱ where `endsAtOne` is false.
 *
 * @throws InvalidInputError for a timestep that is not a whole number below T
 */
export function alphaBarAt(schedule: NoiseSchedule, timestep: number, endsAtOne = true): number {
  if (timestep < 0) return endsAtOne ? 1 : schedule.alphaBars[0]!;
  const alphaBar = schedule.alphaBars[timestep];
  if (alphaBar === undefined) {
    throw new InvalidInputError(`timestep ${timestep} is not one of a schedule of ${schedule.alphaBars.length}`);
  }
  return alphaBar;
}

const BETAS: Record<string, (timesteps: number, start: number, end: number) => Float32Array> = {
  linear: (timesteps, start, end) => linspace(start, end, timesteps),
  scaled_linear: (timesteps, start, end) => linspace(Math.sqrt(start), Math.sqrt(end), timesteps).map((x) => x * x),
  sigmoid: (timesteps, start, end) => linspace(-6, 6, timesteps).map((x) => sigmoid(x) * (end - start) + start),
  squaredcos_cap_v2: (timesteps) => {
    const alphaBar = (u: number) => Math.cos((((u + 0.008) / 1.008) * Math.PI) / 2) ** 2;
    return Float32Array.from({ length: timesteps }, (_, t) =>
      Math.min(1 - alphaBar((t + 1) / timesteps) / alphaBar(t / timesteps), MAX_BETA),
    );
  },
};

function shiftedCosine(timesteps: number, shift: number, name: string): Float32Array {
  if (!(shift > 0 && shift < Infinity)) {
    throw new InvalidInputError(`noise schedule "${name}": the shift must be a number above 0`);
  }
  const table = linspace(0, 1, timesteps).map((u) => {
    const logSnr = -2 * (Math.log(Math.tan((Math.PI * u) / 2)) + Math.log(shift));
    return sigmoid(f32(Math.min(Math.max(logSnr, -MAX_LOG_SNR), MAX_LOG_SNR)));
  });
  table[timesteps - 1] = 0;
  return table;
}

/** √ᾱ' = (√ᾱ − √ᾱ_last) · √ᾱ_first / (√ᾱ_first − √ᾱ_last), and β from the ratios of neighbouring ᾱ'. */
function withZeroTerminalSnr(betas: Float32Array): Float32Array {
  const roots = alphaBars(betas).map(Math.sqrt);
  const first = roots[0]!;
  const last = roots.at(-1)!;
  const scale = f32(first / f32(first - last));
  const scaled = roots.map((root) => f32(f32(root - last) * scale) ** 2);
  return scaled.map((alphaBar, t) => 1 - f32(t === 0 ? alphaBar : alphaBar / scaled[t - 1]!));
}

function alphaBars(betas: Float32Array): Float32Array {
  let product = 1;
  return betas.map((beta) => {
    product *= f32(1 - beta);
    return product;
  });
}

/** `n` numbers from `start` to `end`, each counted from the end it is nearer to. */
function linspace(start: number, end: number, n: number): Float32Array {
  const step = f32(f32(f32(end) - f32(start)) / (n - 1));
  return Float32Array.from({ length: n }, (_, i) =>
    i < Math.floor(n / 2) ? f32(start) + step * i : f32(end) - step * (n - 1 - i),
  );
}

function sigmoid(x: number): number {
  return f32(1 / f32(1 + f32(Math.exp(-x))));
}
