import { modalityId } from '../../../../src/modalities/modality.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';

/** `trans.hash`: the id of every name. */
export function modalityIds(reference: ConformanceCase, compare: Comparison): void {
  const ids = reference.json() as Record<string, number>;
  for (const [name, id] of Object.entries(ids)) compare.value(name, modalityId(name), id);
}
