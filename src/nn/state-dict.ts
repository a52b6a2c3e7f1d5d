import { CheckpointError, pauseOrCancel } from '../errors.js';
import type { Parameter, ParameterList } from './parameters.js';

/** Values as a checkpoint gives them. */
export type Values = ArrayLike<number> | ArrayLike<bigint>;

/** The part of a checkpoint needed for loading: shapes by name, and values on demand. */
export interface TensorReader {
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>;
  /** The values of one tensor, row by row. */
  read(name: string, signal?: AbortSignal): Values | Promise<Values>;
  /** The values of several tensors, in the order in which they are fastest to read. Absent, they are read one by one. */
  readEach?(names: Iterable<string>, signal?: AbortSignal): AsyncIterable<readonly [name: string, values: Values]>;
  /** Downloads tensors, so that reading them does not wait for a server. Absent where reading never does. */
  fetch?(names: Iterable<string>, signal?: AbortSignal): Promise<void>;
  /** Frees what `fetch` holds in memory. */
  forget?(): void;
}

/**
 * Loads parameters from a checkpoint, by their published names.
 *
 * @param onLoad     called before the first tensor and after each, with the number of values loaded so far; not called if there
 *                   is nothing to load
 * @throws CheckpointError naming the first tensor that is missing or has another shape; nothing is loaded then
 * @throws CancelledError when the signal fires, between two tensors
 */
export async function loadParameters(
  parameters: readonly Parameter[],
  reader: TensorReader,
  signal?: AbortSignal,
  onLoad?: (done: number, total: number) => void,
): Promise<void> {
  const stored = new Map(parameters.map((parameter) => [storedName(parameter, reader), parameter]));
  const total = parameters.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  if (total > 0) onLoad?.(done, total);
  for await (const [name, values] of valuesOf(reader, stored.keys(), signal)) {
    await pauseOrCancel(signal, 'loading weights');
    stored.get(name)!.load(toFloats(values));
    done += values.length;
    onLoad?.(done, total);
  }
}

function valuesOf(
  reader: TensorReader,
  names: Iterable<string>,
  signal: AbortSignal | undefined,
): AsyncIterable<readonly [string, Values]> {
  return reader.readEach?.(names, signal) ?? oneByOne(reader, names, signal);
}

async function* oneByOne(reader: TensorReader, names: Iterable<string>, signal: AbortSignal | undefined) {
  for (const name of names) yield [name, await reader.read(name, signal)] as const;
}

/** Downloads the values of parameters, so that loading them does not wait for a server. @throws CancelledError */
export async function fetchParameters(
  parameters: readonly Parameter[],
  reader: TensorReader,
  signal?: AbortSignal,
): Promise<void> {
  if (!reader.fetch || parameters.length === 0) return;
  await reader.fetch(
    parameters.map((parameter) => storedName(parameter, reader)),
    signal,
  );
}

/** Checks a model against a checkpoint without reading values. @throws CheckpointError as {@link loadParameters} does */
export function checkParameters(parameters: readonly Parameter[], reader: Pick<TensorReader, 'tensors'>): void {
  for (const parameter of parameters) storedName(parameter, reader);
}

/** The parameters that the checkpoint stores in the same shape: those that two models have in common. */
export function sharedParameters(
  parameters: readonly Parameter[],
  reader: Pick<TensorReader, 'tensors'>,
): readonly Parameter[] {
  return parameters.filter((parameter) => {
    const stored = lastStored(parameter, reader);
    return stored !== undefined && hasShape(parameter, reader.tensors.get(stored)!.shape);
  });
}

function storedName(parameter: Parameter, reader: Pick<TensorReader, 'tensors'>): string {
  const name = lastStored(parameter, reader);
  if (name === undefined) throw new CheckpointError(`the checkpoint has no tensor "${parameter.names[0]}"`);
  const { shape } = reader.tensors.get(name)!;
  if (!hasShape(parameter, shape)) {
    throw new CheckpointError(`the tensor "${name}" has shape [${shape}], but the model's is [${parameter.shape}]`);
  }
  return name;
}

/** If a shared parameter is stored under several names, the last one is loaded, as officially. */
function lastStored({ names }: Parameter, { tensors }: Pick<TensorReader, 'tensors'>): string | undefined {
  return names.findLast((name) => tensors.has(name));
}

function hasShape(parameter: Parameter, shape: readonly number[]): boolean {
  return shape.length === parameter.shape.length && shape.every((n, i) => n === parameter.shape[i]);
}

/** A named tensor of {@link stateDict}. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: number[];
  readonly data: Float32Array;
}

/** All tensors of a model under all their published names, for writing. */
export async function stateDict(list: ParameterList): Promise<StoredTensor[]> {
  const stored: StoredTensor[] = [];
  for (const parameter of list.all) {
    const data = await parameter.read();
    for (const name of parameter.names) stored.push({ name, shape: [...parameter.shape], data });
  }
  return stored;
}

function toFloats(values: Values): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>, Number);
}
