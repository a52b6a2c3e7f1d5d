import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesSource } from '../../src/checkpoints/byte-source.js';
import { countedSource } from '../../src/checkpoints/counted-source.js';
import { openSafetensors, readSafetensors } from '../../src/checkpoints/safetensors.js';
import type { NamedTensor } from '../../src/checkpoints/safetensors-writer.js';
import { CancelledError, CheckpointError } from '../../src/errors.js';
import { constant } from '../../src/nn/initializers.js';
import { LazyWeights } from '../../src/nn/lazy-weights.js';
import { type Parameter, ParameterList } from '../../src/nn/parameters.js';
import { loadParameters } from '../../src/nn/state-dict.js';
import { checkpointInOrder } from '../checkpoints/files.js';
import { onOneBackend } from '../on-backends.js';
import { normals, release } from './plain.js';

onOneBackend();

/** Parameters of any shapes, each as a tensor of a file, which has the tensors in any order. */
const files = fc
  .array(
    fc.record({
      rows: fc.integer({ min: 1, max: 30 }),
      columns: fc.integer({ min: 1, max: 30 }),
      transposed: fc.boolean(),
      dtype: fc.constantFrom('F32', 'F16', 'BF16'),
      needed: fc.boolean(),
      place: fc.nat(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((layers) => {
    const build = () => {
      const list = new ParameterList();
      layers.forEach(({ rows, columns, transposed }, i) => {
        list.add(`w${i}`, [rows, columns], { init: constant(0), transposed });
      });
      return list;
    };
    const tensors = layers.map(
      ({ rows, columns, dtype }, i): NamedTensor => ({
        name: `w${i}`,
        dtype,
        shape: [rows, columns],
        data: normals(rows * columns, i),
      }),
    );
    const order = layers.map(({ place }, i) => ({ place, i })).sort((a, b) => a.place - b.place);
    return { build, layers, bytes: checkpointInOrder(order.map(({ i }) => tensors[i]!)) };
  });

const sameBytes = (a: Float32Array, b: Float32Array) => Buffer.from(a.buffer).equals(Buffer.from(b.buffer));

test('any tensors of any file layout have the values of a full read, and no others are read', async () => {
  await fc.assert(
    fc.asyncProperty(files, async ({ build, layers, bytes }) => {
      const [eager, lazy] = [build(), build()];
      await loadParameters(eager.all, readSafetensors(bytes));
      const weights = new LazyWeights(lazy.all, await openSafetensors(bytesSource(bytes)));
      await weights.load(lazy.all.filter((_, i) => layers[i]!.needed));
      expect(lazy.all.map((p) => p.loaded)).toEqual(layers.map(({ needed }) => needed));
      for (const [i, parameter] of lazy.all.entries()) {
        if (parameter.loaded) expect(sameBytes(await parameter.read(), await eager.all[i]!.read())).toBe(true);
      }
      release(eager);
      release(lazy);
    }),
    { numRuns: 25 },
  );
});

/** Three tensors of 40 kB with one of 400 kB before the last. */
async function model(): Promise<{
  list: ParameterList;
  source: ReturnType<typeof countedSource>;
  weights: LazyWeights;
}> {
  const list = new ParameterList();
  for (const [name, size] of Object.entries({ a: 1e4, b: 1e4, large: 1e5, c: 1e4 })) {
    list.add(name, [size], { init: constant(0) });
  }
  const bytes = checkpointInOrder(
    list.all.map(({ names, shape, size }, i) => ({ name: names[0]!, dtype: 'F32', shape, data: normals(size, i) })),
  );
  const source = countedSource(bytesSource(bytes));
  return { list, source, weights: new LazyWeights(list.all, await openSafetensors(source)) };
}

test('neighbours are read together, distant tensors alone, loaded ones not again', async () => {
  const { list, source, weights } = await model();
  const [a, b, , c] = list.all as [Parameter, Parameter, Parameter, Parameter];
  const opened = { bytes: source.bytesRead, reads: source.reads };
  await weights.load([a, b, c]);
  expect([source.bytesRead - opened.bytes, source.reads - opened.reads]).toEqual([120_000, 2]);
  await weights.load([c, a]);
  expect(source.reads - opened.reads).toBe(2);
  release(list);
});

test('concurrent loads of a tensor read it once', async () => {
  const { list, source, weights } = await model();
  const before = source.bytesRead;
  await Promise.all([weights.load(list.all), weights.load(list.all.slice(1))]);
  expect(source.bytesRead - before).toBe(520_000);
  release(list);
});

test('released weights are read again; parameters that are not in the checkpoint are unchanged', async () => {
  const { list, weights } = await model();
  const [a, b] = list.all as [Parameter, Parameter];
  const own = new ParameterList().add('own', [1], { init: constant(0) });
  own.load(Float32Array.of(7));
  await weights.load([a, b, own]);
  const values = await a.read();
  weights.release([a, own]);
  expect([a.loaded, b.loaded, own.loaded]).toEqual([false, true, true]);
  await weights.load([a, b]);
  expect(sameBytes(await a.read(), values)).toBe(true);
  own.dispose();
  release(list);
});

test('a signal stops between two tensors, and the next call continues there', async () => {
  const { list, weights } = await model();
  await expect(weights.load(list.all, AbortSignal.abort())).rejects.toThrow(CancelledError);
  expect(list.all.some((p) => p.loaded)).toBe(false);
  await weights.load(list.all);
  expect(list.all.every((p) => p.loaded)).toBe(true);
  release(list);
});

test('a tensor missing in the checkpoint is named before anything is read', async () => {
  const { list, source } = await model();
  list.add('missing', [1], { init: constant(0) });
  const opened = await openSafetensors(source);
  const { bytesRead } = source;
  expect(() => new LazyWeights(list.all, opened)).toThrow(
    new CheckpointError('the checkpoint has no tensor "missing"'),
  );
  expect(source.bytesRead).toBe(bytesRead);
});
