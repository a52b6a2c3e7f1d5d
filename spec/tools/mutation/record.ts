/**
 * What became of each mutant, kept in the repository: `fates.json` has, for each module and each text of a line, a letter for each mutant of
 * the lines with this text, in order. So a run goes on on another machine, and a line that is changed is tried again.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Mutant } from './mutants.js';

/** `unreached`: no vector evaluates its place. `invalid`: it is no TypeScript. The others were tried. */
export type Fate = 'noticed' | 'survives' | 'unreached' | 'invalid';

const LETTERS: Readonly<Record<Fate, string>> = { noticed: '+', survives: 's', unreached: 'u', invalid: 'i' };
const UNTRIED = '?';

/** A mutant, found by the text of its line. */
export interface PlacedMutant extends Mutant {
  readonly file: string;
  /** The line's text, which tells apart places that moved. */
  readonly code: string;
  /** Which of the mutants of the lines with this text. */
  readonly nth: number;
  /** How many these are. */
  readonly of: number;
}

/** The mutants of a module, with what they are recorded by. */
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

  /** @returns undefined if it was not tried, or its line had other mutants then */
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

  /** Writes the record, without lines that no given mutant is on. A process that is ended leaves the old or the new file. */
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
