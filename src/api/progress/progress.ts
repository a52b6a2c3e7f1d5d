/** Progress of a generation, and its remaining time. */
import type { DecodingProgress } from '../../decoding/chain.js';
import type { GenerateOptions, GenerationProgress } from '../types/options.js';
import type { ThroughputEstimator, WorkAmounts } from './throughput.js';

/** A stage of a generation, which runs in steps. */
export interface Stage extends Pick<GenerationProgress, 'modality' | 'done' | 'total'> {
  readonly phase: Exclude<GenerationProgress['phase'], 'warming up'>;
  /** Main kind of work of its steps. */
  readonly kind: string;
}

/**
 * Reports the beginning of a stage, or its progress.
 *
 * @param took work since the last report; absent at the beginning of a stage
 * @param left updated remaining work of some kinds
 */
export type Report = (stage: Stage, took?: WorkAmounts, left?: WorkAmounts) => void;

/**
 * @param clock   milliseconds since any fixed moment
 * @param planned work besides decoding
 */
export function reporter(
  onProgress: GenerateOptions['onProgress'],
  pace: ThroughputEstimator,
  clock: () => number,
  planned: WorkAmounts,
): Report {
  if (!onProgress) return () => {};
  const all = new Map(planned);
  const start = clock();
  let last = start;
  let share = 0;
  return ({ kind, phase, ...where }, took, left = new Map()) => {
    if (took) pace.record(kind, took, clock() - last);
    for (const [kind, amount] of took ?? []) all.set(kind, Math.max(0, (all.get(kind) ?? 0) - amount));
    for (const [kind, amount] of left) all.set(kind, amount);
    const secondsLeft = all.has('dense') ? pace.seconds(all) : undefined;
    const passed = (clock() - start) / 1000;
    if (secondsLeft !== undefined) share = Math.max(share, passed / (passed + secondsLeft) || 0);
    onProgress({ phase: !took && pace.isCold(kind) ? 'warming up' : phase, ...where, share, secondsLeft });
    last = clock();
  };
}

/** Reports the loading of the transformer's weights. */
export function loadingReports(report: Report): (done: number, total: number) => void {
  let before = 0;
  return (done, total) => {
    const stage = { phase: 'loading', done, total, kind: 'load' } as const;
    if (done === 0) report(stage, undefined, new Map([['load', total]]));
    else report(stage, new Map([['load', done - before]]));
    before = done;
  };
}

/** Reports the progress of decoding. @param nameOf the short name of a modality of the transformer */
export function decodingReports(
  report: Report,
  nameOf: (modality: string) => string,
): (progress: DecodingProgress) => void {
  let before: DecodingProgress | undefined;
  return (now) => {
    const { modality, method, done, total, remaining: left } = now;
    const work = new Map<string, number>(Object.entries(left));
    const stage = { phase: 'generating', modality: nameOf(modality), done, total } as const;
    const took = new Map<string, number>();
    if (before?.modality === modality) {
      for (const [kind, amount] of Object.entries(before.remaining)) took.set(kind, amount - work.get(kind)!);
    }
    report(
      { ...stage, kind: method === 'autoregressive' ? 'tokens' : 'dense' },
      took.size > 0 ? took : undefined,
      work,
    );
    before = now;
  };
}

/** Decoding is done; texts may have ended before their maximum length. */
export const DECODING_DONE: WorkAmounts = new Map([
  ['dense', 0],
  ['tokens', 0],
]);
