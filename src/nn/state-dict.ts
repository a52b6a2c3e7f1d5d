import { CheckpointError } from '../errors.js';
import type { Parameter, ParameterList } from './parameters.js';

/** The part of a checkpoint that loading needs: shapes by name, and values on demand. */
export interface TensorReader {
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>;
  /** The values of one tensor, row by row. */
  read(name: string): ArrayLike<number> | ArrayLike<bigint> | Promise<ArrayLike<number> | ArrayLike<bigint>>;
}

/**
 * Fills parameters from a checkpoint, by their published names.
 *
 * @param parameters those to fill; the others stay as they are
 * @throws CheckpointError naming the first tensor that is missing or has another shape; nothing is loaded then
 */
export async function loadParameters(parameters: readonly Parameter[], reader: TensorReader): Promise<void> {
  const stored = parameters.map((parameter) => [parameter, storedName(parameter, reader)] as const);
  for (const [parameter, name] of stored) parameter.load(toFloats(await reader.read(name)));
}

/** Checks a model against a checkpoint without reading values. @throws CheckpointError as {@link loadParameters} does */
export function checkParameters(parameters: readonly Parameter[], reader: Pick<TensorReader, 'tensors'>): void {
  for (const parameter of parameters) storedName(parameter, reader);
}

function storedName(parameter: Parameter, { tensors }: Pick<TensorReader, 'tensors'>): string {
  const name = parameter.names.find((n) => tensors.has(n));
  if (name === undefined) throw new CheckpointError(`the checkpoint has no tensor "${parameter.names[0]}"`);
  const shape = tensors.get(name)!.shape;
  if (shape.length !== parameter.shape.length || shape.some((n, i) => n !== parameter.shape[i])) {
    throw new CheckpointError(`the tensor "${name}" has shape [${shape}], but the model's is [${parameter.shape}]`);
  }
  return name;
}

/** What {@link stateDict} gives for each name. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: number[];
  readonly data: Float32Array;
}

/** All tensors of a model under all their published names, ready to be written. */
export async function stateDict(list: ParameterList): Promise<StoredTensor[]> {
  const stored: StoredTensor[] = [];
  for (const parameter of list.all) {
    const data = await parameter.read();
    for (const name of parameter.names) stored.push({ name, shape: [...parameter.shape], data });
  }
  return stored;
}

function toFloats(values: ArrayLike<number> | ArrayLike<bigint>): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>, Number);
}
