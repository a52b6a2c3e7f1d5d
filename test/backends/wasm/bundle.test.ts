/** Programs for Node that have the package, and all that it needs, in one file that lies anywhere. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BuildOptions, build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../../../backends/index.js';
import { layOutPackage, layOutWasm, ROOT } from '../../browser/site.js';
import { writeTinyModel } from '../../cli/tiny-model.js';

/** Prints what it computes with, and what it generates. Arguments: options of `useBackend`, and the model. */
const PROGRAM = `
  import { loadModel, toybox, useBackend } from 'fourm';
  async function main([options, model]) {
    console.log((await useBackend('wasm', JSON.parse(options))).description);
    const { depth } = await (await loadModel(model)).generate({ rgb: toybox.toyboxSample(3).rgb }, { to: ['depth'] });
    console.log(depth.tokens.join());
  }
  main(process.argv.slice(2)).catch((error) => {
    console.log(error.name + ': ' + error.message);
    process.exitCode = 1;
  });`;

/** As docs/node.md tells users of esbuild to. */
const FORMATS: Readonly<Record<string, BuildOptions>> = {
  cjs: { format: 'cjs' },
  mjs: {
    format: 'esm',
    banner: {
      js:
        "import { createRequire as requireFrom } from 'node:module';" +
        'const require = requireFrom(import.meta.url), __dirname = import.meta.dirname;',
    },
  },
};

let folder: string;
let elsewhere: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-project-'));
  elsewhere = await mkdtemp(join(tmpdir(), 'fourm-elsewhere-'));
  await layOutPackage(join(folder, 'node_modules/fourm'));
  for (const [extension, how] of Object.entries(FORMATS)) {
    await build({
      stdin: { contents: PROGRAM, resolveDir: folder },
      nodePaths: [join(ROOT, 'node_modules')],
      outfile: join(elsewhere, `program.${extension}`),
      bundle: true,
      minify: true,
      platform: 'node',
      logLevel: 'error',
      ...how,
    });
  }
  await layOutWasm(join(elsewhere, 'wasm'));
  await useBackend('cpu');
  await writeTinyModel(join(elsewhere, 'model'));
  await rm(folder, { recursive: true });
});
afterAll(() => rm(elsewhere, { recursive: true, force: true }));

/** Runs a bundle. @returns the lines that it prints, those of errors too */
async function run(bundle: string, options: object, model = join(elsewhere, 'model')): Promise<string[]> {
  const args = [bundle, JSON.stringify(options), model];
  const env = { ...process.env, FOURM_THREADS: '' };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env, cwd: tmpdir() }).catch((e) => e);
  return `${stdout}${stderr}`.trim().split('\n');
}

describe.each(Object.keys(FORMATS))('a bundle (%s)', (extension) => {
  const bundle = () => join(elsewhere, `program.${extension}`);
  const wasmPath = () => join(elsewhere, 'wasm');

  test('computes with threads, with the result of one thread', async () => {
    const [two, tokens] = await run(bundle(), { wasmPath: wasmPath(), threads: 2 });
    expect(two).toMatch(/^WebAssembly with (relaxed )?SIMD, 2 threads$/);
    expect(tokens).toMatch(/^\d+(,\d+)+$/);
    const [one, ...same] = await run(bundle(), { wasmPath: wasmPath(), threads: 1 });
    expect([one, ...same]).toEqual([expect.stringMatching(/^WebAssembly with (relaxed )?SIMD, 1 thread$/), tokens]);
  });

  test('finds the modules in its folder', async () => {
    const together = await mkdtemp(join(tmpdir(), 'fourm-together-'));
    await layOutWasm(together);
    await cp(bundle(), join(together, `program.${extension}`));
    const [description] = await run(join(together, `program.${extension}`), { threads: 3 });
    expect(description).toMatch(/^WebAssembly with (relaxed )?SIMD, 3 threads$/);
    await rm(together, { recursive: true });
  });

  test('the error names the folder without the modules', async () => {
    const [error, ...more] = await run(bundle(), {});
    expect(more).toEqual([]);
    expect(error).toMatch(/^BackendUnavailableError: backend 'wasm' needs/);
    expect(error).toContain(
      `tfjs-backend-wasm-simd.wasm is not in ${elsewhere}; set the option wasmPath to its folder`,
    );
  });

  test('the error names a shipped model that is missing', async () => {
    const lines = await run(bundle(), { wasmPath: wasmPath() }, 'toybox');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^InvalidInputError: .*'toybox'/);
  });
});
