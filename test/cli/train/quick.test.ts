import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { trainQuick } from '../../../src/cli/train/quick.js';
import { QUICK_RECIPE, type ToyboxRecipe } from '../../../src/cli/train/recipe.js';
import { trainToybox } from '../../../src/cli/train/toybox.js';
import { decodeImage } from '../../../src/media/decode.js';
import { fourm, outcomeOf, temporaryFolder } from '../running.js';

const STAGE = { steps: 2, batch: 1, learningRate: 1e-3, warmup: 1, scenes: 4 };
const SHORT: ToyboxRecipe = {
  ...QUICK_RECIPE,
  captions: 20,
  tokenizers: { rgb: { ...STAGE, codebook: 16 }, semseg: STAGE },
  scenes: 3,
  model: {
    ...STAGE,
    width: 8,
    heads: 2,
    encoderDepth: 1,
    decoderDepth: 1,
    inputTokens: 64,
    targetTokens: 64,
    lossWeights: { caption: 2 },
  },
};

test('a small model from nothing has its sheet, its loss curves and its modalities, and is not trained twice', {
  timeout: 300_000,
}, async () => {
  const out = join(await temporaryFolder(), 'quick');
  const trained = () =>
    outcomeOf(async (_, terminal) => {
      await trainQuick({ out, seed: 0, backend: 'wasm' }, SHORT, terminal);
      return 0;
    }, []);
  const first = await trained();
  expect(first.exitCode, first.err).toBe(0);
  expect(first.err.match(/sheet\.png: .*/g)).toEqual(
    ['tok-rgb', 'tok-semseg', 'model'].map((run) => `sheet.png: ${run} after 2 steps`),
  );
  const { modalities, infos } = JSON.parse(await readFile(join(out, 'fourm.json'), 'utf8'));
  const codes = infos.map(({ name, vocabSize }: { name: string; vocabSize?: number }) => [name, vocabSize]);
  expect(Object.fromEntries(codes)).toMatchObject({ 'tok_rgb@64': 16, 'tok_semseg@64': 512 });
  expect(Object.keys(modalities)).toEqual(['rgb', 'semseg', 'caption']);
  expect((await readdir(out)).filter((name) => name.endsWith('.safetensors')).sort()).toEqual(
    ['model', 'tok_rgb', 'tok_semseg'].map((name) => `${name}.safetensors`),
  );
  expect(decodeImage(await readFile(join(out, 'sheet.png'))).height).toBeGreaterThan(4 * 256);
  expect(existsSync(join(out, 'runs', 'model', 'losses.png'))).toBe(true);
  const settings = JSON.parse(await readFile(join(out, 'runs', 'model', 'config.json'), 'utf8'));
  expect(settings.lossWeights).toEqual({ caption: 2 });

  expect((await trained()).err).not.toContain('== ');
  // The suggested commands name files that are there.
  const suggested = [...first.err.matchAll(/--(?:data|text|tokenizers|model) ([^\s"]+)/g)].map(([, path]) => path!);
  expect(suggested.length).toBeGreaterThan(4);
  for (const path of suggested.filter((path) => !path.endsWith('longer'))) expect(existsSync(path), path).toBe(true);

  const generated = join(out, 'generated');
  const wanted = ['--text', 'a red ball', '--to', 'semseg,rgb', '--out', generated, '--backend', 'wasm'];
  const { exitCode, err } = await fourm(['generate', '--model', out, '--from', 'caption', ...wanted]);
  expect(exitCode, err).toBe(0);
  expect(await readdir(generated)).toEqual(expect.arrayContaining(['rgb.png', 'semseg.png']));
  const demo = await fourm([
    'demo',
    '--model',
    out,
    '--scenes',
    '1',
    '--out',
    join(out, 'demo.png'),
    '--backend',
    'wasm',
  ]);
  expect(demo.exitCode, demo.err).toBe(0);
});

test.each([
  ['a modality that the toybox has not', { modalities: ['rgb', 'dept'] }, "no modality 'dept' (did you mean 'depth'?)"],
  [
    'a modality whose tokenizer has no settings',
    { modalities: ['rgb', 'depth'], tokenizers: {} },
    'the recipe has no settings for the training of rgb',
  ],
])('a recipe with %s is not begun', async (_, change, message) => {
  const folder = await temporaryFolder();
  const options = { runs: join(folder, 'runs'), out: join(folder, 'out'), seed: 0, checkpointMinutes: 3 };
  const { err } = await outcomeOf(async (_, terminal) => {
    const recipe = { ...SHORT, ...change };
    await expect(trainToybox({ ...options, backend: 'wasm' }, recipe, terminal)).rejects.toThrow(message);
    return 0;
  }, []);
  expect(err).not.toContain('training');
});
