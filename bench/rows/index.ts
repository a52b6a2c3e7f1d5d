import type { Row } from '../row.js';
import { generationRows } from './generation.js';
import { kernelRows } from './kernels.js';
import { tokenizerRows } from './tokenizers.js';
import { toyboxRows } from './toybox.js';

/** All rows, the shortest first. */
export const ROWS: readonly Row[] = [...kernelRows, ...toyboxRows, ...tokenizerRows, ...generationRows];
