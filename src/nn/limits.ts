/** Limits of a configuration, far above any model: larger values are mistakes, or attacks that exhaust the memory. */

/** Upper limit of widths, image sides, vocabularies and other sizes in a configuration. */
export const MAX_SIZE = 2 ** 20;

/** Upper limit of the number of blocks. */
export const MAX_LAYERS = 1000;
