/** Far more than any model has: what a configuration says beyond is a mistake, or meant to exhaust the memory. */

/** The largest width, side in pixels, vocabulary or any other size that a configuration may name. */
export const MAX_SIZE = 2 ** 20;

/** The most blocks on top of each other. */
export const MAX_LAYERS = 1000;
