import { readSafetensors } from '../../../../src/checkpoints/safetensors.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';

/** `ckpt.files`: element type, shape and values of every tensor of files, or that they are damaged. */
export function checkpointFiles(task: Inputs, out: Outputs): void {
  for (const name of task.options.files as string[]) {
    out.attempt(name, () => {
      const file = readSafetensors(task.file(name), name);
      const { tensors } = file;
      for (const [tensor, { shape }] of tensors) {
        const result = `out.${name}.${tensor}`;
        if (out.wants(result)) out.tensor(result, file.read(tensor) as ArrayLike<number>, shape);
      }
      return Object.fromEntries([...tensors].map(([tensor, { dtype, shape }]) => [tensor, [dtype, shape]]));
    });
  }
}
