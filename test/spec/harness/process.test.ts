import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { useBackend } from '../../../backends/index.js';
import { fourm } from '../../../spec/adapters/typescript/implementation.js';
import { conformance } from '../../../spec/conformance.js';
import { findVectors } from '../../../spec/harness/find-vectors.js';
import type { Outcome } from '../../../spec/harness/judge.js';
import { processImplementation } from '../../../spec/harness/process.js';
import { runVectors } from '../../../spec/harness/run-vectors.js';
import type { ProcessOptions } from '../../../spec/harness/session.js';
import { outcomeOf } from '../../cli/running.js';

const vectors = findVectors(fileURLToPath(new URL('../../../spec/vectors', import.meta.url)));
const port = fileURLToPath(new URL('ports/broken.mjs', import.meta.url));

/** What becomes of vectors with a port that is broken in some way. */
async function outcomes(
  how: string,
  names = ['gen_cfg_formula', 'trans_hash'],
  options: ProcessOptions = {},
): Promise<Outcome[]> {
  const implementation = processImplementation(`exec node ${port} ${how}`, { timeout: 20_000, ...options });
  onTestFinished(() => implementation.close());
  const selected = names.map((name) => vectors.find((vector) => vector.name === name)!);
  const all: Outcome[] = [];
  for await (const outcome of runVectors(selected, implementation)) all.push(outcome);
  return all;
}

test('a working port passes the kinds it declares; other kinds are skipped', async () => {
  const [hash, filter] = await outcomes('not', ['trans_hash', 'gen_filter']);
  expect(hash).toMatchObject({ status: 'pass', compared: 36 });
  expect(filter).toMatchObject({ status: 'skip', reason: 'the kind "gen.filter" is not among its capabilities' });
});

test.each([
  [
    'crashes',
    /exited with code 101 without a response to run; it wrote to stderr: thread main panicked at index out of bounds/,
  ],
  ['garbage', /no JSON object: "Loading model\.\.\. done"/],
  ['out-of-order', /responded to seq "?1"? where seq 3 \(run\) was asked/],
  ['twice', /responded (to seq 3 )?twice/],
  ['two-answers', /2 of result, skipped and errored/],
  ['bad-tensor', /its tensor x cannot be read/],
  ['half-a-line', /exited with code 0 without a response to run/],
  ['closes-stdout', /closed its stdout without a response to run/],
  ['unknown-seq', /responded to seq "?777"? where seq 3 \(run\) was asked/],
])('a port that %s is named, and the run goes on', async (how, reason) => {
  const all = await outcomes(how);
  expect(all).toHaveLength(2);
  for (const outcome of all) {
    expect(outcome.status).toBe('errored');
    expect(outcome.reason).toMatch(reason);
  }
});

test('a port that hangs is ended after the time', async () => {
  const [first] = await outcomes('hangs', ['trans_hash'], { timeout: 3000 });
  expect(first).toMatchObject({
    status: 'errored',
    reason: expect.stringContaining('it did not respond to run within 3 s'),
  });
});

test('a port whose response has 1 GB is terminated early', async () => {
  const [first] = await outcomes('huge', ['trans_hash'], { longestLine: 2 ** 22 });
  expect(first).toMatchObject({
    status: 'errored',
    reason: expect.stringContaining('a line of more than 4194304 bytes'),
  });
});

test('what a port writes to stderr does not matter, however much it is', async () => {
  expect(await outcomes('noisy', ['trans_hash'])).toMatchObject([{ status: 'pass' }]);
});

test.each(['never-stops', 'ignores-sigterm'])('a port that %s is ended', async (how) => {
  const implementation = processImplementation(`node ${port} ${how}`, { timeout: 1000 });
  const selected = vectors.filter(({ name }) => name === 'trans_hash');
  for await (const { status } of runVectors(selected, implementation)) expect(status).toBe('pass');
  await implementation.close();
});

test('the folder with the vocabulary is passed on to a port', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fourm-vocabulary-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { out } = await outcomeOf(conformance, [
    ...['--impl', `node ${port} tells-reference-data`, '--filter', 'trans_hash', '--reference-data', folder],
  ]);
  expect(out).toContain(`skip trans_hash (trans.hash): vocabulary in ${folder}`);
});

test('wrong shapes, NaN and unexpected results fail', async () => {
  expect(await outcomes('wrong-shape')).toMatchObject([
    { status: 'fail', reason: expect.stringContaining('has shape [7] instead of [') },
    { status: 'pass' },
  ]);
  expect(await outcomes('nan')).toMatchObject([
    { status: 'fail', reason: expect.stringContaining('is NaN instead of') },
    { status: 'pass' },
  ]);
  expect(await outcomes('unasked', ['trans_hash'])).toMatchObject([
    { status: 'fail', reason: 'more was not asked for' },
  ]);
});

test('after a crash, the port is started again for the next vector', async () => {
  const [first, second] = await outcomes('once', ['trans_hash', 'gen_cfg_formula']);
  expect(first!.status).toBe('errored');
  expect(second!.status).toBe('fail');
});

test('a port that does not start, or speaks another version, is tried twice', async () => {
  const names = ['trans_hash', 'gen_cfg_formula', 'trans_hash'];
  expect(await outcomes('never-starts', names)).toMatchObject([
    { status: 'errored', reason: expect.stringContaining('exited with code 3 without a response to start') },
    { status: 'errored', reason: expect.stringContaining('exited with code 3') },
    { status: 'errored', reason: expect.stringContaining('is not started again') },
  ]);
  expect(await outcomes('other-version', ['trans_hash'])).toMatchObject([
    { status: 'errored', reason: expect.stringContaining('not version 1 of the protocol') },
  ]);
});

test('our adapter gives the same results over the protocol as in process', async () => {
  await useBackend('wasm');
  const names = [
    'ckpt_metadata',
    'gen_cfg_formula',
    'mask_image',
    'own_checkpoint_files',
    'sched_timesteps',
    'vq_euclidean',
  ];
  const selected = vectors.filter(({ name }) => names.includes(name));
  const main = fileURLToPath(new URL('../../../spec/adapters/typescript/main.ts', import.meta.url));
  const outside = processImplementation(`node --import tsx ${main}`);
  onTestFinished(() => outside.close());
  const results: Outcome[][] = [];
  for (const implementation of [fourm(), outside]) {
    const all: Outcome[] = [];
    for await (const outcome of runVectors(selected, implementation)) all.push({ ...outcome, milliseconds: 0 });
    results.push(all);
  }
  expect(results[1]).toEqual(results[0]);
  expect(results[0]!.map(({ status }) => status)).toEqual(names.map(() => 'pass'));
});

const hasPython = spawnSync('python3', ['--version']).status === 0;

test.skipIf(!hasPython)('the adapter in the docs works', async () => {
  const page = readFileSync(fileURLToPath(new URL('../../../docs/test-your-port.md', import.meta.url)), 'utf8');
  const [, code] = /```python\n(.*?)```/s.exec(page)!;
  const folder = mkdtempSync(join(tmpdir(), 'fourm-docs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'adapter.py'), code!);
  const implementation = processImplementation(`python3 ${join(folder, 'adapter.py')}`);
  onTestFinished(() => implementation.close());
  const selected = vectors.filter(({ name }) => name === 'trans_hash' || name === 'mask_span');
  const all: string[] = [];
  for await (const { name, status } of runVectors(selected, implementation)) all.push(`${status} ${name}`);
  expect(all).toEqual(['skip mask_span', 'pass trans_hash']);
});
