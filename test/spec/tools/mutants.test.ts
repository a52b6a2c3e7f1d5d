import { expect, test } from 'vitest';
import { mutantsOf } from '../../../spec/tools/mutation/mutants.js';

test('operators, numbers, conditions and arithmetic change, types and messages do not', () => {
  const text = [
    "import { x } from './x-1.js';",
    'export function f(a: 1 | 2, list: number[]): number {',
    "  if (a < 2) throw new Error('less than ' + (2 + 1));",
    '  return Math.min(a * 3, -list[0]!);',
    '}',
  ].join('\n');
  const mutants = mutantsOf(text);
  expect(mutants.map(({ line, from, to }) => `${line}: ${from} → ${to}`)).toEqual([
    '3: < → <=',
    '3: 2 → (2 * 1.5)',
    '4: min → max',
    '4: * → /',
    '4: 3 → (3 * 1.5)',
    '4: -list[0]! → list[0]!',
    '4: 0 → 1',
  ]);
  for (const { start, end, from } of mutants) expect(text.slice(start, end)).toBe(from);
});
