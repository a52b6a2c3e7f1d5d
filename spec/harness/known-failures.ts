import { readFileSync } from 'node:fs';
import { InvalidInputError } from '../../src/errors.js';
import { globPattern } from './json-pointer.js';
import type { Outcome } from './judge.js';

/** Vectors that are known to fail. */
export class KnownFailures {
  readonly #patterns: readonly { readonly glob: string; readonly pattern: RegExp }[];

  /** @param text a name or glob of vectors on each line; comments start with `#` */
  constructor(text: string) {
    const globs = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
    this.#patterns = globs.filter(Boolean).map((glob) => ({ glob, pattern: globPattern(glob) }));
  }

  /** @throws InvalidInputError if the file cannot be read */
  static read(file: string): KnownFailures {
    try {
      return new KnownFailures(readFileSync(file, 'utf8'));
    } catch (cause) {
      throw new InvalidInputError(`cannot read the known failures of ${file}: ${(cause as Error).message}`, { cause });
    }
  }

  has({ name }: Outcome): boolean {
    return this.#patterns.some(({ pattern }) => pattern.test(name));
  }

  /** Lines that match only vectors that passed, or none that ran. */
  outdated(outcomes: readonly Outcome[]): string[] {
    const ran = outcomes.filter(({ status }) => status !== 'skip');
    return this.#patterns
      .filter(({ pattern }) => !ran.some(({ name, status }) => status !== 'pass' && pattern.test(name)))
      .map(({ glob }) => glob);
  }
}
