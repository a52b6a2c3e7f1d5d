import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { run } from '../../src/cli/run.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Output and exit code of a command. */
export interface Outcome {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line of `fourm` in this process. */
export function fourm(args: readonly string[], signal?: AbortSignal): Promise<Outcome> {
  return outcomeOf(run, args, signal);
}

/** Runs a command line of a program in this process. */
export async function outcomeOf(
  program: typeof run,
  args: readonly string[],
  signal = new AbortController().signal,
): Promise<Outcome> {
  const output = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    write: (text: string) => {
      output[name] += text;
    },
  });
  const exitCode = await program(args, { out: stream('out'), err: stream('err'), signal });
  return { exitCode, ...output };
}

/** Runs a command line in a process of its own. */
export function spawnFourm(args: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    output.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.err += chunk;
  });
  const ended = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null; out: string; err: string }>(
    (resolve) => child.on('close', (exitCode, signal) => resolve({ exitCode, signal, ...output })),
  );
  return { child, output, ended };
}

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fourm-cli-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Waits until something holds, looking every few milliseconds. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}
