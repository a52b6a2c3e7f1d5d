import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NamedTensor, writeSafetensors } from '../../../src/checkpoints/safetensors-writer.js';
import { FLAGS, type FlagName } from '../../harness/convert/flags.js';
import { formatVector } from '../../harness/format-vector.js';
import { type Check, type ExpectedValues, FORMAT, type TensorEntry, type VectorFile } from '../../harness/vector.js';

/** A vector of ours. */
export interface OwnVector extends Pick<VectorFile, 'kind' | 'description' | 'tier' | 'options'> {
  readonly needs?: VectorFile['needs'];
  readonly files?: Readonly<Record<string, string>>;
  readonly inputs?: Readonly<Record<string, TensorEntry>>;
  readonly expected: Partial<VectorFile['expected']>;
  /** Requirements and a flag for every result. */
  readonly requirements?: readonly string[];
  readonly flag?: FlagName;
  /** Or what each result checks. */
  readonly checks?: readonly (Check & { readonly flags: readonly FlagName[] })[];
  readonly tolerances?: VectorFile['tolerances'];
  readonly tensors?: readonly NamedTensor[];
  readonly data?: unknown;
  readonly contents?: Readonly<Record<string, Uint8Array>>;
}

/** A result that must be a rejection. */
export const rejected = (results: string): ExpectedValues => ({ results, value: null, rejection: 'required' });

/** Writes a vector into the folder `own_<name>` of a folder. */
export function writeVector(folder: string, name: string, vector: OwnVector): void {
  const { requirements, flag, tensors, data, contents = {}, inputs = {}, expected, files, needs, ...rest } = vector;
  const {
    tolerances = {},
    checks = [{ results: ['*'], requirements: requirements!, flags: [flag!] }],
    ...about
  } = rest;
  const own = (tensors ?? []).filter((tensor) => !expected.tensors?.[tensor.name]);
  const ownInputs = Object.fromEntries(own.map(({ name, dtype, shape }) => [name, { dtype, shape }]));
  const file: VectorFile = {
    format: FORMAT,
    ...about,
    ...(needs && { needs }),
    ...(files && { files }),
    inputs: { ...inputs, ...ownInputs },
    ...(data !== undefined && { document: 'data.json' }),
    tolerances,
    expected: { tensors: expected.tensors ?? {}, values: expected.values ?? [] },
    checks,
    flags: Object.fromEntries(checks.flatMap(({ flags }) => flags).map((name) => [name, FLAGS[name as FlagName]])),
  };
  const path = join(folder, `own_${name}`);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'vector.json'), formatVector(file));
  if (tensors) writeFileSync(join(path, 'data.safetensors'), writeSafetensors(tensors));
  if (data !== undefined) writeFileSync(join(path, 'data.json'), `${JSON.stringify(data)}\n`);
  for (const [file, bytes] of Object.entries(contents)) writeFileSync(join(path, file), bytes);
}

/** A tensor from its values. */
export function tensor(
  name: string,
  dtype: 'F32' | 'F64' | 'I32' | 'U8',
  shape: readonly number[],
  values: readonly number[],
): NamedTensor {
  const data = { F32: Float32Array, F64: Float64Array, I32: Int32Array, U8: Uint8Array }[dtype].from(values);
  return { name, dtype, shape, data };
}

/** Of tensors, those that are results. @param tolerance of floats */
export function expectedOf(tensors: readonly NamedTensor[], tolerance?: string): VectorFile['expected']['tensors'] {
  return Object.fromEntries(
    tensors
      .filter(({ name }) => name.startsWith('out.'))
      .map(({ name, dtype, shape }) => [
        name,
        { dtype, shape: [...shape], ...(tolerance && dtype.startsWith('F') && { tolerance }) },
      ]),
  );
}
