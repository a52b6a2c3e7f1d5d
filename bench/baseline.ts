/** Measurements in the repository, to compare with: `bench/baseline.jsonl`, a line a row. */
import { readFileSync } from 'node:fs';
import type { Measurement } from './measure.js';

const FILE = new URL('baseline.jsonl', import.meta.url);

export function readBaseline(file: URL = FILE): Measurement[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Measurement);
}

/** Where it was measured. */
export function describeBaseline(baseline: readonly Measurement[]): string {
  const where = baseline.map(({ node, processor, description }) => `${description}, Node ${node}, ${processor}`);
  return `baseline: ${[...new Set(where)].join('; ')}`;
}

/**
 * A row's time over that of the baseline, each in a unit that was measured in its own run: the time of copying as many bytes
 * where memory is the limit, and else cycles of the core. So the ratio depends on the kernels, and little on the clock or on
 * other programs; on another processor it shows how its cycles compare.
 *
 * @returns undefined for a row that the baseline does not have
 */
export function ratio(measured: Measurement, baseline: readonly Measurement[]): number | undefined {
  const before = baseline.find(({ name, backend }) => name === measured.name && backend === measured.backend);
  if (!before) return undefined;
  if (measured.ofBandwidth !== undefined) return before.ofBandwidth! / measured.ofBandwidth;
  return measured.cycles === undefined ? measured.wallSeconds / before.wallSeconds : measured.cycles / before.cycles!;
}
