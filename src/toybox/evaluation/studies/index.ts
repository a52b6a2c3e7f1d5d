/** All evaluations besides the tasks, in the order of the report. */
import type { Study } from '../study.js';
import { reconstructionStudy } from './reconstruction.js';
import { retrievalStudy } from './retrieval.js';
import { solidsStudy } from './solids.js';
import { textToPictureStudy } from './text-to-picture.js';
import { transferStudy } from './transfer.js';
import { twoSolidsStudy } from './two-solids.js';

/** All studies. */
export const STUDIES: readonly Study[] = [
  reconstructionStudy,
  solidsStudy,
  retrievalStudy,
  textToPictureStudy,
  twoSolidsStudy,
  transferStudy,
];
