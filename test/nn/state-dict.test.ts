import { expect, test } from 'vitest';
import { CheckpointError } from '../../src/errors.js';
import { constant } from '../../src/nn/initializers.js';
import { buildLinear } from '../../src/nn/linear.js';
import { ParameterList } from '../../src/nn/parameters.js';
import {
  checkParameters,
  loadParameters,
  sharedParameters,
  stateDict,
  type TensorReader,
} from '../../src/nn/state-dict.js';
import { onOneBackend } from '../on-backends.js';
import { fill, release } from './plain.js';

onOneBackend();

function model(): ParameterList {
  const list = new ParameterList();
  const { weight } = buildLinear(list.scope('a'), [2, 2, 1], 3);
  buildLinear(list.scope('b'), 3, 2);
  list.share('tied.weight', weight);
  return list;
}

type Stored = Record<string, { shape: number[]; values: ArrayLike<number> | ArrayLike<bigint> }>;

function reader(stored: Stored): TensorReader & { reads: string[] } {
  const reads: string[] = [];
  return {
    reads,
    tensors: new Map(Object.entries(stored)),
    read(name) {
      reads.push(name);
      return stored[name]!.values;
    },
  };
}

async function stored(list: ParameterList): Promise<Stored> {
  const tensors = await stateDict(list);
  return Object.fromEntries(tensors.map(({ name, shape, data }) => [name, { shape, values: data.slice() }]));
}

test('a state dict holds the values of the model, under every name', async () => {
  const [written, read] = [model(), model()];
  fill(written);
  const tensors = await stored(written);
  expect(Object.keys(tensors)).toEqual(['a.weight', 'tied.weight', 'a.bias', 'b.weight', 'b.bias']);
  expect(tensors['tied.weight']).toEqual(tensors['a.weight']);
  expect(tensors['a.weight']!.shape).toEqual([3, 2, 2, 1]);
  await loadParameters(read.all, reader(tensors));
  expect(await stored(read)).toEqual(tensors);
  release(written);
  release(read);
});

test('a shared tensor is found under any of its names', async () => {
  const [written, read] = [model(), model()];
  fill(written);
  const { 'a.weight': _, ...tensors } = await stored(written);
  await loadParameters(read.all, reader(tensors));
  expect((await stored(read))['a.weight']).toEqual(tensors['tied.weight']);
  release(written);
  release(read);
});

test('of a shared parameter stored under several names, the last one is loaded', async () => {
  const [written, read] = [model(), model()];
  fill(written);
  const tensors = await stored(written);
  const other = { shape: [3, 2, 2, 1], values: new Float32Array(12).fill(7) };
  await loadParameters(read.all, reader({ ...tensors, 'tied.weight': other }));
  expect((await stored(read))['a.weight']).toEqual(other);
  release(written);
  release(read);
});

test.each([
  ['missing', { 'b.bias': undefined }, 'the checkpoint has no tensor "b.bias"'],
  [
    'of another shape',
    { 'b.weight': { shape: [3, 2], values: new Float32Array(6) } },
    `the tensor "b.weight" has shape [3,2], but the model's is [2,3]`,
  ],
  [
    'of a lower rank',
    { 'b.weight': { shape: [2], values: new Float32Array(2) } },
    `the tensor "b.weight" has shape [2], but the model's is [2,3]`,
  ],
  [
    'of a higher rank',
    { 'b.weight': { shape: [2, 3, 1], values: new Float32Array(6) } },
    `the tensor "b.weight" has shape [2,3,1], but the model's is [2,3]`,
  ],
])('a tensor that is %s is named, and nothing is loaded', async (_, change, message) => {
  const [written, read] = [model(), model()];
  fill(written);
  const tensors = Object.fromEntries(Object.entries({ ...(await stored(written)), ...change }).filter(([, t]) => t));
  const source = reader(tensors as Stored);
  const refused = new CheckpointError(message);
  expect(() => checkParameters(read.all, source)).toThrow(refused);
  await expect(loadParameters(read.all, source)).rejects.toThrow(refused);
  expect(source.reads).toEqual([]);
  expect(read.all.some((p) => p.loaded)).toBe(false);
  release(written);
});

test('only the given parameters are loaded, and integers of any width are converted', async () => {
  const list = new ParameterList();
  const [small, large] = ['small', 'large'].map((name) => list.add(name, [2], { init: constant(0) }));
  const untouched = list.add('untouched', [2], { init: constant(0) });
  const tensors = {
    small: { shape: [2], values: Uint8Array.of(3, 255) },
    large: { shape: [2], values: BigInt64Array.of(-4n, 5n) },
  };
  await loadParameters([small!, large!], reader(tensors));
  expect([...(await small!.read()), ...(await large!.read())]).toEqual([3, 255, -4, 5]);
  expect(untouched.loaded).toBe(false);
  release(list);
});

test('two models share the parameters of the same name and shape', async () => {
  const written = model();
  fill(written);
  const { 'b.bias': _, ...tensors } = await stored(written);
  const other = { ...tensors, 'b.weight': { shape: [2, 4], values: new Float32Array(8) } };
  const names = (from: Stored) => sharedParameters(written.all, reader(from)).map((p) => p.names[0]);
  expect(names(tensors)).toEqual(['a.weight', 'a.bias', 'b.weight']);
  expect(names(other)).toEqual(['a.weight', 'a.bias']);
  expect(names({})).toEqual([]);
  release(written);
});
