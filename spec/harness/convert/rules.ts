import type { Draft } from './draft.js';

/** The conversion of each kind of case: its inputs, its results, and their tolerances. */
export type Rules = Readonly<Record<string, (draft: Draft) => void>>;
