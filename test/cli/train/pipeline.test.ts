import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { f16round } from '@petamoriken/float16';
import { expect, test } from 'vitest';
import { readSafetensors } from '../../../src/checkpoints/safetensors.js';
import type { SceneStage, ToyboxRecipe } from '../../../src/cli/train/recipe.js';
import { trainToybox } from '../../../src/cli/train/toybox.js';
import { encodePng } from '../../../src/media/encode.js';
import { FEATURE_NETWORKS, TOYBOX_TOKENIZERS } from '../../../src/toybox/names.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { fourm, type Outcome, outcomeOf, temporaryFolder } from '../running.js';

/** Every stage as short as can be. */
const SHORT: ToyboxRecipe = (() => {
  const stage = { steps: 1, batch: 2, learningRate: 1e-3, warmup: 1, scenes: 4 };
  const all = <K extends string>(names: readonly K[], batch = stage.batch) =>
    Object.fromEntries(names.map((name) => [name, { ...stage, batch }])) as Record<K, SceneStage>;
  return {
    captions: 50,
    features: all(FEATURE_NETWORKS),
    tokenizers: all(TOYBOX_TOKENIZERS, 1),
    decoder: { ...stage, batch: 1 },
    scenes: 3,
    model: { ...stage, width: 8, heads: 2, encoderDepth: 1, decoderDepth: 1, inputTokens: 64, targetTokens: 128 },
  };
})();

test('from nothing to a model that generates every modality', { timeout: 600_000 }, async () => {
  const folder = await temporaryFolder();
  const [runs, out, exported] = ['runs', 'model', 'exported'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const wasm = ['--backend', 'wasm'];
  const works = ({ exitCode, err }: Outcome) => {
    expect(err).not.toContain('fourm: ');
    expect(exitCode).toBe(0);
    return err;
  };
  const trainAll = () =>
    outcomeOf(async (_, terminal) => {
      await trainToybox({ runs, out, seed: 0, checkpointMinutes: 3, backend: 'wasm' }, SHORT, terminal);
      return 0;
    }, []);

  const stages = [...FEATURE_NETWORKS, ...TOYBOX_TOKENIZERS.map((name) => `tok-${name}`), 'dec-rgb', 'model'];
  const notes = works(await trainAll());
  expect([...notes.matchAll(/^== (.*)$/gm)].map(([, name]) => name)).toEqual(stages);
  expect((await readFile(join(runs, 'model', 'losses.csv'), 'utf8')).split('\n')[0]).toContain('tok_depth@64');
  expect((await readdir(out)).sort()).toEqual(
    [
      'fourm.json',
      'model.safetensors',
      'text.json',
      ...FEATURE_NETWORKS.map((name) => `${name}.safetensors`),
      ...TOYBOX_TOKENIZERS.map((name) => `tok_${name}.safetensors`),
    ].sort(),
  );
  const checkpoint = readSafetensors(await readFile(join(out, 'model.safetensors')));
  expect(checkpoint.metadata.dim).toBe('8');
  expect([...checkpoint.tensors.values()].every(({ dtype }) => dtype === 'F16')).toBe(true);

  // Complete runs are not repeated, and training of one decoder can be continued.
  expect(works(await trainAll())).not.toContain('== ');
  const [tokenizer, decoder] = [join(runs, 'tok-semseg'), join(runs, 'dec-semseg')];
  const short = ['--steps', '1', '--batch', '1', '--warmup', '1', '--scenes', '1', ...wasm];
  works(await fourm(['train', 'decoder', 'semseg', '--tokenizer', tokenizer, '--run', decoder, ...short]));
  const parts = ['--tokenizers', runs, '--text', join(runs, 'text.json')];
  works(await fourm(['train', 'export', '--model', join(runs, 'model'), ...parts, '--out', exported]));
  // The parts of a model serve another one too.
  const second = ['--text', join(out, 'text.json'), '--out', join(folder, 'second')];
  works(await fourm(['train', 'export', '--model', join(runs, 'model'), '--tokenizers', out, ...second]));
  for (const file of await readdir(out)) {
    // `toEqual` compares megabytes element by element, for minutes.
    expect((await readFile(join(folder, 'second', file))).equals(await readFile(join(out, file))), file).toBe(true);
  }
  const tensor = async (file: string, name: string) => readSafetensors(await readFile(file)).read(name);
  const [before, after] = [tokenizer, decoder].map((run) => join(run, 'checkpoint.safetensors')) as [string, string];
  expect(await tensor(after, 'encoder.proj.weight')).toEqual(await tensor(before, 'encoder.proj.weight'));
  expect(await tensor(after, 'decoder.out_proj.weight')).not.toEqual(await tensor(before, 'decoder.out_proj.weight'));
  expect(await tensor(join(exported, 'tok_semseg.safetensors'), 'decoder.out_proj.bias')).toEqual(
    Float32Array.from((await tensor(after, 'decoder.out_proj.bias')) as Float32Array, f16round),
  );
  // A run may start from a model of other modalities, or of another size where nothing is in common.
  const next = join(runs, 'next');
  const files = ['--data', join(runs, 'data-0-3.safetensors'), '--text', join(runs, 'text.json'), '--run', next];
  const size = ['--width', '8', '--heads', '2', '--encoder-depth', '1', '--decoder-depth', '1'];
  const model = ['train', 'model', ...files, '--steps', '1', '--batch', '1', '--warmup', '1', ...wasm];
  const { err: nothing, exitCode: refused } = await fourm([
    ...[...model, ...size],
    ...['--init', join(out, 'tok_depth.safetensors')],
  ]);
  expect(nothing).toContain('no tensor has the name and shape of a parameter of this model');
  expect(refused).toBe(1);
  const started = works(await fourm([...model, ...size, '--init', join(out, 'model.safetensors')]));
  expect(started).toMatch(/model\.safetensors: (\d+) of \1 parameters/);
  // A model has everything that its training data are made with.
  const data = ['--count', '2', '--text', join(out, 'text.json'), '--out', join(folder, 'again.safetensors')];
  works(await fourm(['train', 'data', '--tokenizers', out, ...data, ...wasm]));

  const picture = join(folder, 'scene.png');
  await writeFile(picture, encodePng(toyboxSample(0).rgb));
  const to = 'semseg,caption,canny_edge,dinov2_global,human_poses';
  const results = join(folder, 'out');
  works(await fourm(['generate', picture, '--to', to, '--model', exported, '--out', results, ...wasm]));
  for (const name of to.split(',')) {
    expect(await readdir(results), name).toContainEqual(expect.stringMatching(`^${name}\\.`));
  }
});

test('a tokenizer that has not been trained is missed by name', async () => {
  const folder = await temporaryFolder();
  await fourm(['train', 'text', '--scenes', '10', '--out', join(folder, 'text.json')]);
  const args = ['train', 'data', '--tokenizers', folder, '--text', join(folder, 'text.json'), '--backend', 'wasm'];
  const { exitCode, err } = await fourm([...args, '--out', join(folder, 'data')]);
  expect(exitCode).toBe(2);
  expect(err).toContain(`\nfourm: no such file: ${join(folder, 'tok-rgb', 'config.json')}\n`);
  expect(await readdir(folder)).toEqual(['text.json']);
});
