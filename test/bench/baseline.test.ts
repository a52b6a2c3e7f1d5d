import { expect, test } from 'vitest';
import { describeBaseline, ratio, readBaseline } from '../../bench/baseline.js';
import type { Measurement } from '../../bench/measure.js';
import { ROWS } from '../../bench/rows/index.js';

const MEASURED: Measurement = {
  name: 'a',
  about: 'b',
  backend: 'wasm',
  description: 'WebAssembly with SIMD, 1 thread',
  node: 'v20.0.0',
  processor: 'P',
  wallSeconds: 1,
  cpuSeconds: 1,
  tensorBytes: 0,
  residentBytes: 0,
};

test('rows are compared by cycles, so that the clock does not count', () => {
  const before = { ...MEASURED, cycles: 4e9 };
  expect(ratio({ ...MEASURED, cycles: 3e9, cpuSeconds: 2 }, [before])).toBe(0.75);
});

test('rows that memory limits are compared by their share of its bandwidth', () => {
  const before = { ...MEASURED, cycles: 4e9, ofBandwidth: 0.5 };
  expect(ratio({ ...MEASURED, cycles: 9e9, ofBandwidth: 0.8 }, [before])).toBe(0.625);
});

test('rows on a GPU are compared by the clock', () => {
  const before: Measurement = { ...MEASURED, backend: 'webgpu', wallSeconds: 2 };
  expect(ratio({ ...before, wallSeconds: 3 }, [MEASURED, before])).toBe(1.5);
});

test('a row that the baseline does not have is not compared', () => {
  expect(ratio(MEASURED, [{ ...MEASURED, name: 'c' }])).toBeUndefined();
  expect(ratio(MEASURED, [{ ...MEASURED, backend: 'webgpu' }])).toBeUndefined();
});

test('rows of the committed baseline exist, and name the machine they were measured on', () => {
  const baseline = readBaseline();
  const names = new Set(ROWS.map(({ name }) => name));
  expect(baseline.filter(({ name }) => !names.has(name))).toEqual([]);
  expect(describeBaseline(baseline)).toMatch(
    /^baseline: WebAssembly with relaxed SIMD, 1 thread, Node v\d+\.\d+\.\d+, ./,
  );
});
