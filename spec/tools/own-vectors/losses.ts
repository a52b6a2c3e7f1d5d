import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors } from '../../../src/checkpoints/safetensors.js';
import type { NamedTensor } from '../../../src/checkpoints/safetensors-writer.js';
import type { TensorEntry, VectorFile } from '../../harness/vector.js';
import type { OwnVector } from './write.js';

const OF = 'fm_mod7_gelu';
const FILE = `../${OF}/data.safetensors`;
const IMAGE = 'tok_rgb@224';
/** The first modality of the decoder. */
const SEQUENCE = 'caption';

/** Losses of a decoder with one modality, and with one target. @param vectors the folder of the official vectors */
export function losses(vectors: string): Record<string, OwnVector> {
  const read = (file: string) => new Uint8Array(readFileSync(join(vectors, OF, file)));
  const of = JSON.parse(new TextDecoder().decode(read('vector.json'))) as VectorFile;
  const data = readSafetensors(read('data.safetensors'), OF);
  return {
    loss_alone: modalityAlone(of),
    loss_one_target: oneTarget(of, (name) => data.read(name) as Float32Array | Int32Array | Uint8Array),
  };
}

/** One modality in the decoder. Its targets see no others (TRN-22), so its loss is that of the official vector, and the whole loss. */
function modalityAlone(of: VectorFile): OwnVector {
  const loss = { file: FILE, tensor: `out.loss_mod.${IMAGE}` };
  return {
    ...about(of, ['LOS-1'], ['LOS-4']),
    description: 'the loss of the only modality in the decoder, which is the whole loss',
    options: { ...of.options, decoder_modality_order: [IMAGE] },
    expected: {
      tensors: Object.fromEntries(
        ['mod', 'token'].flatMap((type) => [
          [`out.loss_${type}.${IMAGE}`, { ...SCALAR, ...loss }],
          [`out.loss_${type}`, { ...SCALAR, ...loss }],
        ]),
      ),
    },
  };
}

/** Only the first target of a sequence. It sees itself alone (TRN-20), so its logits are those of the official vector. */
function oneTarget(of: VectorFile, read: (name: string) => Float32Array | Int32Array | Uint8Array): OwnVector {
  const order = of.options.decoder_modality_order as string[];
  const first = read(`in.${SEQUENCE}.target_mask`).indexOf(0);
  const masks = order.map((name): NamedTensor => {
    const { shape } = of.inputs[`in.${name}.target_mask`]!;
    const masked = new Uint8Array(shape.reduce((a, b) => a * b)).fill(1);
    // EMB-11: a target of a sequence is a pair of tokens.
    if (name === SEQUENCE) masked.fill(0, first, first + 2);
    return { name: `in.${name}.target_mask`, dtype: 'U8', shape, data: masked };
  });
  const vocabulary = of.expected.tensors[`out.logits.${SEQUENCE}`]!.shape.at(-1)!;
  const logits = Array.from(read(`out.logits.${SEQUENCE}`).subarray(0, vocabulary));
  const loss = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0)) - logits[read('out.target_ids')[0]!]!;
  // LOS-3 counts the modalities without targets, LOS-4 does not.
  const totals = { mod: loss / order.length, token: loss };
  const results = Object.entries(totals).flatMap(([type, total]): [string, number][] => [
    ...order.map((name): [string, number] => [`out.loss_${type}.${name}`, name === SEQUENCE ? loss : 0]),
    [`out.loss_${type}`, total],
  ]);
  return {
    ...about(of, ['LOS-1', 'LOS-2'], ['LOS-4']),
    description: 'one target in the whole batch: three modalities of the decoder have none',
    inputs: inputsOf(of, (name) => !masks.some((mask) => mask.name === name)),
    tensors: [
      ...masks,
      ...results.map(([name, value]) => ({ name, dtype: 'F32' as const, shape: [], data: Float32Array.of(value) })),
    ],
    expected: { tensors: Object.fromEntries(results.map(([name]) => [name, SCALAR])) },
  };
}

const SCALAR = { dtype: 'F32', shape: [], tolerance: 'default' } as const;

function about(of: VectorFile, mod: string[], token: string[]) {
  return {
    kind: of.kind,
    tier: of.tier,
    options: of.options,
    files: { checkpoint: `../${OF}/model.safetensors` },
    inputs: inputsOf(of),
    tolerances: of.tolerances,
    checks: [
      { results: ['out.loss_mod.*'], requirements: mod, flags: ['loss-average' as const] },
      { results: ['out.loss_mod'], requirements: ['LOS-3'], flags: ['loss-average' as const] },
      { results: ['out.loss_token*'], requirements: token, flags: ['loss-average' as const] },
    ],
  };
}

function inputsOf(of: VectorFile, isShared = (_name: string) => true): Record<string, TensorEntry> {
  const shared = Object.entries(of.inputs).filter(([name]) => isShared(name));
  return Object.fromEntries(shared.map(([name, entry]) => [name, { ...entry, file: FILE }]));
}
