import { type Measurement, ON_THIS_THREAD } from './measure.js';
import type { PeerResult } from './peer.js';

/** A row of results. */
export interface Result extends Measurement {
  /** Times of the official code. */
  readonly peer?: PeerResult;
  /** Ratio to the baseline. */
  readonly toBaseline?: number;
}

const COLUMNS = [
  'row',
  'time',
  'cpu',
  'rate',
  'per cycle',
  'of best',
  'tensors',
  'process',
  'official',
  'baseline',
  'what',
];
const WIDTHS = [28, 9, 9, 13, 9, 8, 9, 9, 16, 8, 0];

/** The head of the table. */
export function headLine(): string {
  return line(COLUMNS);
}

/** A row of the table. */
export function resultLine(result: Result): string {
  const { name, about, wallSeconds, cpuSeconds, gigaflops, ofPeak, gigabytes, ofBandwidth, peer } = result;
  const share = ofPeak ?? ofBandwidth;
  // The official code runs on one thread of the processor; so do we where `cpuSeconds` counts the computing.
  const ours = ON_THIS_THREAD.includes(result.backend) ? cpuSeconds : wallSeconds;
  const rate = gigaflops !== undefined ? `${gigaflops.toFixed(1)} GFLOP/s` : gigabytes?.toFixed(1).concat(' GB/s');
  return line([
    name,
    time(wallSeconds),
    time(cpuSeconds),
    rate ?? '',
    result.flopsPerCycle?.toFixed(1) ?? '',
    share === undefined ? '' : share.toFixed(2),
    mebibytes(result.tensorBytes),
    mebibytes(result.residentBytes),
    peer ? `${time(peer.cpuSeconds)} (${(ours / peer.cpuSeconds).toFixed(2)})` : '',
    result.toBaseline?.toFixed(2) ?? '',
    about,
  ]);
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i]!) : `  ${cell.padStart(WIDTHS[i]!)}`)).join('');
}

function time(seconds: number): string {
  return seconds < 1 ? `${(1000 * seconds).toFixed(2)} ms` : `${seconds.toFixed(2)} s`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
