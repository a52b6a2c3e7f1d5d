import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Mutant } from './mutants.js';

/**
 * What became of a mutant. `unreached`: no vector evaluates its place. `invalid`: it is no TypeScript. The others were tried.
 */
export type Fate = 'noticed' | 'survives' | 'unreached' | 'invalid';

export interface LogEntry {
  readonly file: string;
  readonly line: number;
  /** The line's text, which tells apart places that moved. */
  readonly code: string;
  /** Which of the mutants with the same text of the line and the same change. */
  readonly nth: number;
  readonly from: string;
  readonly to: string;
  readonly fate: Fate;
  /** How it was noticed. */
  readonly reason?: string;
}

export type Key = Pick<LogEntry, 'file' | 'code' | 'nth' | 'from' | 'to'>;

/** The same for the same change of the same code, wherever the line has moved. */
export function keyOf({ file, code, nth, from, to }: Key): string {
  return JSON.stringify([file, code, nth, from, to]);
}

/** The mutants of a module, with what tells them apart. */
export function keyedMutants(file: string, text: string, mutants: readonly Mutant[]): (Mutant & Key)[] {
  const lines = text.split('\n');
  const seen = new Map<string, number>();
  return mutants.map((mutant) => {
    const unnumbered = { file, code: lines[mutant.line - 1]!.trim(), nth: 0, from: mutant.from, to: mutant.to };
    const nth = seen.get(keyOf(unnumbered)) ?? 0;
    seen.set(keyOf(unnumbered), nth + 1);
    return { ...mutant, ...unnumbered, nth };
  });
}

/** The latest entry of each mutant. */
export function readLog(path: string): Map<string, LogEntry> {
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => JSON.parse(line) as LogEntry).map((entry) => [keyOf(entry), entry]));
}

export function appendLog(path: string, entry: LogEntry): void {
  appendFileSync(path, `${JSON.stringify(entry)}\n`);
}
