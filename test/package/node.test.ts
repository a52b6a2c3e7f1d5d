import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../browser/site.js';

type Exports = Record<string, { readonly node?: string; readonly default: string }>;
const { exports } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { exports: Exports };
/** Without `fourm/worker`, which loads in a worker only. */
const SUBPATHS = Object.keys(exports).filter((name) => exports[name]!.node !== undefined && name !== './worker');

/** Runs a program in a new process, in which `fourm` is the built package, and parses what it prints. */
function inNode(program: string): unknown {
  const args = ['--input-type=module', '--eval', program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

test('the bundle for Node exports the same names as the modules, in every subpath', () => {
  const named = inNode(`
    const names = async (file) => Object.keys(await import(file)).sort();
    const found = {};
    for (const [subpath, file] of ${JSON.stringify(SUBPATHS.map((name) => [name, exports[name]!.default]))}) {
      found[subpath] = [await names(subpath.replace('.', 'fourm')), await names(new URL(file, 'file://${ROOT}/').href)];
    }
    console.log(JSON.stringify(found));`) as Record<string, [string[], string[]]>;
  expect(Object.keys(named)).toEqual(SUBPATHS);
  for (const [subpath, [bundled, modules]] of Object.entries(named)) expect(bundled, subpath).toEqual(modules);
});

test('its subpaths share their classes, and it finds the shipped model and the threads', () => {
  const found = inNode(`
    import { InvalidInputError, loadModel, toybox, useBackend } from 'fourm';
    import * as errors from 'fourm/errors';
    const { description } = await useBackend('wasm', { threads: 2 });
    const model = await loadModel('toybox');
    const { depth } = await model.generate({ rgb: toybox.toyboxSample(1).rgb }, { to: ['depth'] });
    console.log(JSON.stringify({ same: InvalidInputError === errors.InvalidInputError, description, tokens: depth.tokens.length }));
    process.exit();`);
  expect(found).toEqual({ same: true, description: expect.stringContaining('2 threads'), tokens: 64 });
});
