/** The measurements in the repository to compare with: `bench/baseline.jsonl`, a line for each row. */
import { readFileSync } from 'node:fs';
import type { Measurement } from './measure.js';

const FILE = new URL('baseline.jsonl', import.meta.url);

export function readBaseline(file: URL = FILE): Measurement[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Measurement);
}

/** The devices, Node versions and processors of the measurements. */
export function describeBaseline(baseline: readonly Measurement[]): string {
  const where = baseline.map(({ node, processor, description }) => `${description}, Node ${node}, ${processor}`);
  return `baseline: ${[...new Set(where)].join('; ')}`;
}

/**
 * Ratio of a row's time to that of the baseline. Both times are in a unit measured in the same run: for rows limited by memory
 * bandwidth, the time of copying as many bytes; for others, cycles of the core. So the ratio depends on the kernels, and hardly on
 * clock frequency and load. Between different processors it compares cycles.
 *
 * @returns undefined for a row that the baseline does not have
 */
export function ratio(measured: Measurement, baseline: readonly Measurement[]): number | undefined {
  const before = baseline.find(({ name, backend }) => name === measured.name && backend === measured.backend);
  if (!before) return undefined;
  if (measured.ofBandwidth !== undefined) return before.ofBandwidth! / measured.ofBandwidth;
  return measured.cycles === undefined ? measured.wallSeconds / before.wallSeconds : measured.cycles / before.cycles!;
}
