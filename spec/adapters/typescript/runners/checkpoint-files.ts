import { readSafetensors } from '../../../../src/checkpoints/safetensors.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';

/** `ckpt.files`: element type and shape of every tensor of files, or that they are damaged. */
export function checkpointFiles(task: Inputs, out: Outputs): void {
  for (const name of task.options.files as string[]) {
    out.attempt(name, () => {
      const { tensors } = readSafetensors(task.file(name), name);
      return Object.fromEntries([...tensors].map(([tensor, { dtype, shape }]) => [tensor, [dtype, shape]]));
    });
  }
}
