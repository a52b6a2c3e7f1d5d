import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { VectorFile } from '../spec/harness/vector.js';
import { readSafetensors, type SafetensorsFile } from '../src/checkpoints/safetensors.js';

/** A vector (`spec/vectors/<name>`): what was run, and the numbers that came out. */
export interface VectorCase {
  /** The options, and the tolerance of its numbers. */
  readonly about: Record<string, never> & {
    config: Record<string, unknown>;
    tolerance: { rtol: number; atol: number };
  };
  /** Expected values that are written in `vector.json`. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly data: SafetensorsFile;
  /** The weights, where the case has some of its own. */
  readonly model: SafetensorsFile;
}

export function vectorCase(name: string): VectorCase {
  const read = (file: string) => readFileSync(new URL(`../spec/vectors/${name}/${file}`, import.meta.url));
  const { options, tolerances, expected } = JSON.parse(read('vector.json').toString()) as VectorFile;
  // Where results differ in tolerance, the cases here want that of floats.
  const close = tolerances.default ?? Object.values(tolerances).find(({ form }) => form === 'close') ?? {};
  const { rtol, atol } = close as { rtol: number; atol: number };
  return {
    about: {
      ...(options as Record<string, never>),
      config: options.config as Record<string, unknown>,
      tolerance: { rtol, atol },
    } as VectorCase['about'],
    values: Object.fromEntries(expected.values.map(({ results, value }) => [results, value])),
    get data() {
      return readSafetensors(read('data.safetensors'), `${name}/data.safetensors`);
    },
    get model() {
      return readSafetensors(read('model.safetensors'), `${name}/model.safetensors`);
    },
  };
}

/** Holds every value within atol + rtol · |expected|, as the cases' tolerances mean it. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { rtol, atol }: { rtol: number; atol: number },
  what = 'values',
): void {
  expect(actual.length, `length of ${what}`).toBe(expected.length);
  let worst = 0;
  let at = -1;
  for (let i = 0; i < expected.length && !Number.isNaN(worst); i++) {
    if (actual[i] === expected[i]) continue;
    const excess = Math.abs(actual[i]! - expected[i]!) / (atol + rtol * Math.abs(expected[i]!));
    if (!(excess <= worst)) {
      worst = excess;
      at = i;
    }
  }
  expect(worst, `${what}: ${actual[at]} instead of ${expected[at]} at ${at}`).toBeLessThanOrEqual(1);
}
