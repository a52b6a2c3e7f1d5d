import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The official code and its Python. */
export interface Peer {
  /** A checkout of apple/ml-4m. */
  readonly path: string;
  /** A Python command with its dependencies. */
  readonly python: string;
}

/** Times of the official code for a row, on one thread. */
export interface PeerResult {
  readonly wallSeconds: number;
  /** CPU time. */
  readonly cpuSeconds: number;
}

/** The rows that `peer.py` implements. */
const KNOWN = [
  'task/rgb-to-depth',
  'task/rgb-to-depth-guided',
  'task/caption-64',
  'task/caption-255',
  'task/rgb-to-all',
];

/**
 * Runs the official code on a row.
 *
 * @returns undefined for a row without an official counterpart
 * @throws Error with Python's error output
 */
export function runPeer({ path, python }: Peer, row: string): PeerResult | undefined {
  if (!KNOWN.includes(row)) return undefined;
  const script = fileURLToPath(new URL('peer.py', import.meta.url));
  const manifest = fileURLToPath(new URL('../spec/vectors/manifests/4M-21_B.json', import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, [script, path, manifest, row], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the official code failed on ${row}: ${stderr.trim().split('\n').at(-1)}`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as PeerResult;
}
