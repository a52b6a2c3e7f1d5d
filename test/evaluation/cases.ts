import { readFileSync } from 'node:fs';
import { readSafetensors, type SafetensorsFile } from '../../src/checkpoints/safetensors.js';

/** A case of the evaluation vectors (`spec/vectors/evaluation/<name>`), its `data.json` in the type of the test. */
export function evaluationCase<T>(name: string): { json: T; read: (tensor: string) => number[] } {
  const file = (path: string) =>
    readFileSync(new URL(`../../spec/vectors/evaluation/${name}/${path}`, import.meta.url));
  let tensors: SafetensorsFile | undefined;
  return {
    json: JSON.parse(file('data.json').toString()),
    read(tensor) {
      tensors ??= readSafetensors(file('data.safetensors'), name);
      return Array.from(tensors.read(tensor), Number);
    },
  };
}
