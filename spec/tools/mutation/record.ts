/**
 * The recorded results of the mutants: `fates.json` has, for each module and each distinct line, a letter for each mutant of the lines
 * with this text, in order. So a run can be resumed on another machine, and changed lines are tried again.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Mutant } from './mutants.js';

/** `unreached`: no vector evaluates its expression. `invalid`: not valid TypeScript. The others were run. */
export type Fate = 'noticed' | 'survives' | 'unreached' | 'invalid';

const LETTERS: Readonly<Record<Fate, string>> = { noticed: '+', survives: 's', unreached: 'u', invalid: 'i' };
const UNTRIED = '?';

/** A mutant, found by the text of its line. */
export interface PlacedMutant extends Mutant {
  readonly file: string;
  /** The text of its line, which identifies it if lines move. */
  readonly code: string;
  /** Index among the mutants of the lines with this text. */
  readonly nth: number;
  /** Number of these mutants. */
  readonly of: number;
}

/** The mutants of a module, with their keys in the record. */
export function placedMutants(file: string, text: string, mutants: readonly Mutant[]): PlacedMutant[] {
  const lines = text.split('\n');
  const counts = new Map<string, number>();
  const numbered = mutants.map((mutant) => {
    const code = lines[mutant.line - 1]!.trim();
    const nth = counts.get(code) ?? 0;
    counts.set(code, nth + 1);
    return { ...mutant, file, code, nth };
  });
  return numbered.map((mutant) => ({ ...mutant, of: counts.get(mutant.code)! }));
}

export class FateRecord {
  readonly #path: string;
  readonly #fates: Record<string, Record<string, string>>;

  constructor(path: string) {
    this.#path = path;
    this.#fates = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  }

  /** @returns undefined if it was not run, or if its line had other mutants then */
  fateOf(mutant: PlacedMutant): Fate | undefined {
    const letter = this.#letters(mutant)[mutant.nth];
    return (Object.keys(LETTERS) as Fate[]).find((fate) => LETTERS[fate] === letter);
  }

  set(mutant: PlacedMutant, fate: Fate): void {
    const letters = this.#letters(mutant);
    const changed = letters.slice(0, mutant.nth) + LETTERS[fate] + letters.slice(mutant.nth + 1);
    this.#fates[mutant.file] = { ...this.#fates[mutant.file], [mutant.code]: changed };
  }

  #letters({ file, code, of }: PlacedMutant): string {
    const letters = this.#fates[file]?.[code];
    return letters?.length === of ? letters : UNTRIED.repeat(of);
  }

  /** Writes the record atomically, without lines that have none of the given mutants. */
  write(mutants: readonly PlacedMutant[]): void {
    const kept: Record<string, Record<string, string>> = {};
    for (const mutant of mutants) {
      kept[mutant.file] ??= {};
      kept[mutant.file]![mutant.code] = this.#letters(mutant);
    }
    writeFileSync(`${this.#path}.part`, `${JSON.stringify(kept, null, 2)}\n`);
    renameSync(`${this.#path}.part`, this.#path);
  }
}
