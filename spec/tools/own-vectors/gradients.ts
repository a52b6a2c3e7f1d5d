import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors } from '../../../src/checkpoints/safetensors.js';
import type { VectorFile } from '../../harness/vector.js';
import type { OwnVector } from './write.js';

/** Gradients that there must not be. @param vectors the folder of the official vectors */
export function gradients(vectors: string): Record<string, OwnVector> {
  const read = (file: string) => readFileSync(join(vectors, 'fm_grad_swiglu', file));
  const of = JSON.parse(read('vector.json').toString()) as VectorFile;
  const checkpoint = of.files!.checkpoint!;
  const tensors = [...readSafetensors(new Uint8Array(read(checkpoint)), checkpoint).tensors.keys()];
  const fixed = tensors.filter((name) => /pos_emb$|norm\d?\.bias$/.test(name));
  return {
    gradient_fixed: {
      kind: 'fm.gradient',
      description: 'sine-cosine tables, and biases of norms without bias, have no gradient',
      tier: 'training',
      options: of.options,
      files: of.files!,
      inputs: of.inputs,
      expected: { values: fixed.map((name) => ({ results: `has_gradient.${name}`, value: false })) },
      requirements: ['LOS-5'],
      flag: 'gradient-where-none',
    },
  };
}
