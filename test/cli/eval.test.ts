import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fourm, temporaryFolder } from './running.js';

/** Lines that are written when work has begun. */
const WORK = /computing with|trivial predictors|evaluating/;

test.each(['table.md', 'table.json'])(
  'a folder in the place of %s is found before anything else, an unknown model included',
  async (name) => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, name));
    const outcome = await fourm(['eval', '--out', join(folder, 'table.md'), '--model', './none']);
    expect(outcome).toMatchObject({ exitCode: 1, out: '', err: expect.stringContaining(`${name}: it is a folder`) });
    expect(outcome.err).not.toMatch(WORK);
  },
);

test('an unknown model is found before scenes are drawn, and no folder is left', async () => {
  const folder = await temporaryFolder();
  const args = ['eval', '--json', '--out', join(folder, 'a/b/table.md'), '--model', './none', '--backend', 'cpu'];
  const outcome = await fourm(args);
  expect(outcome).toMatchObject({
    exitCode: 2,
    out: '',
    err: expect.stringContaining("cannot load the model './none'"),
  });
  expect(outcome.err).not.toMatch(/trivial predictors|evaluating/);
  expect(await readdir(folder)).toEqual([]);
});

test('an unknown task is found before the model is loaded', async () => {
  const outcome = await fourm(['eval', '--json', '--tasks', 'dpeth', '--model', './none']);
  expect(outcome).toMatchObject({ exitCode: 2, out: '', err: expect.stringContaining("unknown task 'dpeth'") });
  expect(outcome.err).not.toMatch(WORK);
});
