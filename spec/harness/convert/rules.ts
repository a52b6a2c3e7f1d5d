import type { Draft } from './draft.js';

/** How a case of each kind is taken over: what is an input, what a result, and how exact it must be. */
export type Rules = Readonly<Record<string, (draft: Draft) => void>>;
