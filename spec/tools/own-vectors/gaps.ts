import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors } from '../../../src/checkpoints/safetensors.js';
import type { VectorFile } from '../../harness/vector.js';
import type { OwnVector } from './write.js';

const OF = 'fm_mod7_gelu';
/** More than any sample has. */
const TOKENS = 60;

/** Inputs of sequences with masked tokens between them, whose positions are counted without gaps. @param vectors of the official ones */
export function gaps(vectors: string): Record<string, OwnVector> {
  const read = (file: string) => new Uint8Array(readFileSync(join(vectors, OF, file)));
  const of = JSON.parse(new TextDecoder().decode(read('vector.json'))) as VectorFile;
  const [model, data] = ['model.safetensors', 'data.safetensors'].map((file) => readSafetensors(read(file), file));
  const order = (of.options.modality_order as { in: string[] }).in;
  const maskOf = (name: string) => `in.${name}.input_mask`;
  const lengthOf = (name: string) => of.inputs[maskOf(name)]!.shape[1]!;
  const size = of.inputs[maskOf(order[0]!)]!.shape[0]!;
  const isSequence = (name: string) => !name.includes('@');
  const masks = new Map(
    order.map((name) => {
      const all = { length: size * lengthOf(name) };
      return [name, isSequence(name) ? Uint8Array.from(all, (_, i) => Number(i % 3 !== 1)) : data!.read(maskOf(name))];
    }),
  );
  const { dim: width } = of.options.config as { dim: number };
  const embeddings = new Float32Array(size * TOKENS * width);
  const padding = new Uint8Array(size * TOKENS).fill(1);
  for (let b = 0; b < size; b++) {
    let slot = b * TOKENS;
    for (const name of order) {
      const [table, modality] = ['pos_emb', 'mod_emb'].map(
        (part) => model!.read(`encoder_embeddings.${name}.${part}`) as Float32Array,
      );
      let count = 0;
      for (let l = 0; l < lengthOf(name); l++) {
        if (masks.get(name)![b * lengthOf(name) + l] !== 0) continue;
        const position = isSequence(name) ? count++ : l;
        for (let j = 0; j < width; j++) embeddings[slot * width + j] = table![position * width + j]! + modality![j]!;
        padding[slot++] = 0;
      }
    }
  }
  const sequences = order.filter(isSequence);
  const shared = Object.entries(of.inputs)
    .filter(([input]) => !sequences.some((name) => maskOf(name) === input))
    .map(([input, entry]) => [input, { ...entry, file: `../${OF}/data.safetensors` }]);
  const shape = [size, TOKENS, width];
  return {
    position_gaps: {
      kind: of.kind,
      description: 'inputs of sequences with masked tokens between them',
      tier: of.tier,
      options: { ...of.options, num_encoder_tokens: TOKENS },
      files: { checkpoint: `../${OF}/model.safetensors` },
      inputs: Object.fromEntries(shared),
      tensors: [
        ...sequences.map((name) => ({
          ...{ name: maskOf(name), dtype: 'U8' as const, shape: [size, lengthOf(name)] },
          data: masks.get(name) as Uint8Array,
        })),
        { name: 'out.encoder_emb', dtype: 'F32', shape, data: embeddings },
        { name: 'out.encoder_mask', dtype: 'U8', shape: shape.slice(0, 2), data: padding },
      ],
      tolerances: { default: { form: 'close', rtol: 1e-5, atol: 1e-5 } },
      expected: {
        tensors: {
          'out.encoder_emb': { dtype: 'F32', shape, tolerance: 'default' },
          'out.encoder_mask': { dtype: 'U8', shape: shape.slice(0, 2) },
        },
      },
      checks: [
        { results: ['out.encoder_emb'], requirements: ['EMB-9'], flags: ['sequence-positions'] },
        { results: ['out.encoder_mask'], requirements: ['TRN-10', 'TRN-11'], flags: ['token-order'] },
      ],
    },
  };
}
