import type { Tolerance } from '../tolerance.js';
import type { Draft } from './draft.js';

/** The conversion of each kind of case: its inputs, its results, and their tolerances. */
export type Rules = Readonly<Record<string, (draft: Draft) => void>>;

/** The name of no tolerance: results must be equal. */
export const EXACT = undefined;

/** `data.json` of a case with several sets. */
export type Sets<T> = { readonly sets: readonly T[] };

/** An object of metrics. Additional metrics are allowed. @returns the name of the tolerance */
export function figures(draft: Draft, fields: Tolerance): string {
  return draft.tolerance({ form: 'fields', fields });
}

export function within(atol: number, rtol = 0): Tolerance {
  return { form: 'close', rtol, atol };
}

/** Escapes the special characters of regular expressions. */
export function literal(text: string): string {
  return text.replaceAll(/[.+*?^$()|[\]\\{}]/g, '\\$&');
}
