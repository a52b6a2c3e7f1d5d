import type { NamedTensor } from '../../../src/checkpoints/safetensors-writer.js';

export const f32 = (name: string, shape: number[], data: Iterable<number>): NamedTensor => ({
  name,
  dtype: 'F32',
  shape,
  data: Float32Array.from(data),
});

/** Tensors, tolerances, and what is expected of them. */
export function results(tensors: readonly NamedTensor[]) {
  const out = tensors.filter(({ name }) => name.startsWith('out.'));
  return {
    tensors,
    tolerances: { default: { form: 'close', rtol: 1e-5, atol: 1e-6 } },
    expected: {
      tensors: Object.fromEntries(
        out.map(({ name, dtype, shape }) => [
          name,
          { dtype, shape: [...shape], ...(dtype === 'F32' && { tolerance: 'default' }) },
        ]),
      ),
    },
  } as const;
}
