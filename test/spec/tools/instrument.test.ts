import { transformSync } from 'esbuild';
import { expect, test } from 'vitest';
import { instrumented, mutated, REACHED } from '../../../spec/tools/mutation/instrument.js';
import { mutantsOf } from '../../../spec/tools/mutation/mutants.js';

const TEXT = `
  const limits: Record<number, number> = { 3: 7 };
  function f(x: number, list: number[] = []): number {
    if (x > 2 && list.some((y) => y === x)) return -x * limits[3]!;
    return Math.min(x + 1, 2 ** -x);
  }
  globalThis.__result = [f(1), f(5, [5]), f(5)];
`;
const mutants = mutantsOf(TEXT);

/** The result of a module, and the changes that it evaluates. */
function run(text: string): { result: unknown; reached: Set<number> } {
  const reached = new Set<number>();
  const { code } = transformSync(text, { loader: 'ts' });
  const scope: { __result?: unknown } = {};
  new Function('globalThis', REACHED, code)(scope, (i: number) => reached.add(i));
  return { result: scope.__result, reached };
}

test('instrumented code computes the same, and reports the evaluated mutants', () => {
  const plain = run(TEXT);
  const { result, reached } = run(instrumented(TEXT, mutants, (i) => i));
  expect(result).toEqual(plain.result);
  expect(result).toEqual([0.5, -35, 0.03125]);
  expect([...reached].sort((a, b) => a - b)).toEqual(mutants.map((_, i) => i));
  const shorter = TEXT.replace('f(5, [5]), f(5)', '');
  const others = mutantsOf(shorter);
  const { reached: fewer } = run(instrumented(shorter, others, (i) => i));
  const unreached = others.filter((_, i) => !fewer.has(i)).map(({ from }) => from);
  expect(unreached).toEqual(expect.arrayContaining(['===', '-x', '*', 'some']));
});

test('a mutant is compiled', () => {
  const at = mutants.findIndex(({ from }) => from === 'min');
  expect(run(mutated(TEXT, mutants[at]!)).result).toEqual([2, -35, 6]);
});
