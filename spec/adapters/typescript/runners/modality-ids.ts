import { modalityId } from '../../../../src/modalities/modality.js';
import { escapeStep } from '../../../harness/json-pointer.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';

/** `trans.hash`: the id of every name. */
export function modalityIds(task: Inputs, out: Outputs): void {
  for (const name of task.options.names as string[]) out.value(`/${escapeStep(name)}`, modalityId(name));
}
