import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { mutantsOf } from '../../../spec/tools/mutation/mutants.js';
import { FateRecord, placedMutants } from '../../../spec/tools/mutation/record.js';

const folder = mkdtempSync(join(tmpdir(), 'fourm-record-'));
afterAll(() => rmSync(folder, { recursive: true }));
const placed = (text: string) => placedMutants('f.ts', text, mutantsOf(text));

test('equal changes in lines of equal text are distinct mutants', () => {
  const twice = placed('x = 1 + 1;\nx = 1 + 1;');
  expect(twice.map(({ from, nth, of }) => `${nth} of ${of}: ${from}`)).toEqual([
    ...['0 of 6: +', '1 of 6: 1', '2 of 6: 1'],
    ...['3 of 6: +', '4 of 6: 1', '5 of 6: 1'],
  ]);
});

test('a record applies to the mutants of a line wherever it moves, and not to changed lines', () => {
  const path = join(folder, 'fates.json');
  const before = placed('y = a * 2;\nx = b + 1;');
  const record = new FateRecord(path);
  record.set(before[0]!, 'noticed');
  record.set(before[1]!, 'survives');
  record.set(before[2]!, 'unreached');
  record.write(before);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ 'f.ts': { 'y = a * 2;': '+s', 'x = b + 1;': 'u?' } });
  const read = new FateRecord(path);
  const after = placed('  x = b + 1;\n\ny = a * 3;');
  expect(after.map((mutant) => read.fateOf(mutant))).toEqual(['unreached', undefined, undefined, undefined]);
  // The same text with more mutants.
  expect(read.fateOf({ ...before[0]!, of: 3 })).toBeUndefined();
  read.write(after);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ 'f.ts': { 'x = b + 1;': 'u?', 'y = a * 3;': '??' } });
});
