import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CheckpointError, InvalidInputError } from '../../src/errors.js';
import { buildLinear, linear } from '../../src/nn/linear.js';
import { addLora, mergeLora } from '../../src/nn/lora.js';
import { ParameterList } from '../../src/nn/parameters.js';
import { Random } from '../../src/random.js';
import { onOneBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { fill, normals, release } from './plain.js';

onOneBackend();

const names = (list: ParameterList) => list.all.flatMap((p) => p.names);

test('a new adapter has no effect, is trained alone, and merges into the matrix', async () => {
  const list = new ParameterList();
  const layer = buildLinear(list.scope('attn.proj'), 6, 4);
  fill(list);
  const x = tf.tensor3d(normals(2 * 3 * 6, 1), [2, 3, 6]);
  const run = () => tf.tidy(() => linear(layer, x).dataSync());
  const plain = run();

  const [down, up] = addLora(list, [layer], { rank: 2, scale: 0.5 });
  expect(names(list)).toEqual([
    'attn.proj.linear.weight',
    'attn.proj.linear.bias',
    'attn.proj.lora_down.weight',
    'attn.proj.lora_up.weight',
  ]);
  for (const parameter of [down!, up!]) parameter.initialize(new Random(1));
  expect(run()).toEqual(plain);
  const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(linear(layer, x))), [down!.value, up!.value]);
  expect(Object.keys(grads)).toHaveLength(2);
  tf.dispose([value, grads]);

  up!.load(normals(4 * 2, 2));
  const adapted = run();
  expect(Math.max(...adapted.map((y, i) => Math.abs(y - plain[i]!)))).toBeGreaterThan(0.1);
  mergeLora(list, [layer]);
  expectClose(run(), adapted, { rtol: 1e-5, atol: 1e-5 });
  expect(names(list)).toEqual(['attn.proj.weight', 'attn.proj.bias']);
  mergeLora(list, [layer]);
  expectClose(run(), adapted, { rtol: 1e-5, atol: 1e-5 });
  x.dispose();
  release(list);
});

test('an adapter gives the same output before and after merging, for any sizes', () => {
  const size = fc.integer({ min: 1, max: 9 });
  const scale = fc.double({ min: -2, max: 2, noNaN: true });
  fc.assert(
    fc.property(size, size, size, scale, fc.boolean(), fc.nat(), (input, output, rank, scale, bias, seed) => {
      fc.pre(rank <= Math.min(input, output));
      const list = new ParameterList();
      const layer = buildLinear(list.scope('fc1'), input, output, bias);
      addLora(list, [layer], { rank, scale });
      fill(list, seed);
      const x = tf.tensor2d(normals(2 * input, seed + 1), [2, input]);
      const run = () => tf.tidy(() => linear(layer, x).dataSync());
      const beside = run();
      mergeLora(list, [layer]);
      expectClose(run(), beside, { rtol: 1e-4, atol: 1e-4 });
      x.dispose();
      release(list);
    }),
    { numRuns: 40 },
  );
});

test.each([
  ['qkv', 3],
  ['kv', 2],
  ['vk', 2],
  ['qk', 2],
  ['vq', 2],
  ['q', 1],
  ['proj', 1],
  ['qkvs', 1],
])('the adapter of "%s" has %i times the rank, by the letters of its name', (name, times) => {
  const list = new ParameterList();
  const layer = buildLinear(list.scope('decoder.0').scope(name), 12, 36, false);
  expect(addLora(list, [layer], { rank: 4, scale: 1 }).map((p) => p.shape)).toEqual([
    [4 * times, 12],
    [36, 4 * times],
  ]);
});

test('too large a rank, and a second adapter, are rejected by name without effect', () => {
  const list = new ParameterList();
  const layers = [buildLinear(list.scope('proj'), 12, 12), buildLinear(list.scope('qkv'), 8, 24)];
  const before = names(list);
  const add = (rank: number) => addLora(list, layers, { rank, scale: 1 });
  expect(() => add(3)).toThrow(InvalidInputError);
  expect(() => add(3)).toThrow('of rank 3 to "qkv", whose rank is at most 2');
  expect(() => add(0)).toThrow(/rank 0/);
  expect(() => add(1.5)).toThrow(/rank 1.5/);
  expect(names(list)).toEqual(before);
  add(2);
  expect(() => add(2)).toThrow(/"proj.linear", which has an adapter already/);
});

test('adapters without values cannot be merged', () => {
  const list = new ParameterList();
  const layer = buildLinear(list.scope('proj'), 4, 4);
  addLora(list, [layer], { rank: 1, scale: 1 });
  expect(() => mergeLora(list, [layer])).toThrow(CheckpointError);
  expect(layer.lora).toBeDefined();
});
