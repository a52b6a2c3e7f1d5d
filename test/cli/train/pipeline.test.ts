import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { f16round } from '@petamoriken/float16';
import { expect, test } from 'vitest';
import { readSafetensors } from '../../../src/checkpoints/safetensors.js';
import { encodePng } from '../../../src/media/encode.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { fourm, temporaryFolder } from '../running.js';

test('from nothing to a model that generates: text, tokenizers, data, model, export', async () => {
  const folder = await temporaryFolder();
  const [text, data, model, exported] = ['text.json', 'data.safetensors', 'model', 'exported'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  const works = async (...args: string[]) => {
    const { exitCode, err } = await fourm(args);
    expect(err).not.toContain('fourm: ');
    expect(exitCode).toBe(0);
  };
  const wasm = ['--backend', 'wasm'];
  const short = ['--steps', '1', '--batch', '1', '--warmup', '1', ...wasm];

  await works('train', 'text', '--scenes', '50', '--out', text);
  for (const name of ['rgb', 'depth', 'normal', 'semseg']) {
    await works('train', 'tokenizer', name, '--run', join(folder, `tok-${name}`), '--scenes', '1', ...short);
  }
  await works('train', 'data', '--count', '3', '--tokenizers', folder, '--text', text, '--out', data, ...wasm);
  const size = ['--width', '8', '--heads', '2', '--encoder-depth', '1', '--decoder-depth', '1'];
  await works('train', 'model', '--run', model, '--data', data, data, '--text', text, ...size, ...short);
  expect((await readFile(join(model, 'losses.csv'), 'utf8')).split('\n')[0]).toContain('tok_depth@64');
  const [tokenizer, decoder] = [join(folder, 'tok-semseg'), join(folder, 'dec-semseg')];
  await works('train', 'decoder', 'semseg', '--tokenizer', tokenizer, '--run', decoder, '--scenes', '1', ...short);
  await works('train', 'export', '--model', model, '--tokenizers', folder, '--text', text, '--out', exported);

  expect((await readdir(exported)).sort()).toEqual([
    'fourm.json',
    'model.safetensors',
    'text.json',
    'tok_depth.safetensors',
    'tok_normal.safetensors',
    'tok_rgb.safetensors',
    'tok_semseg.safetensors',
  ]);
  const checkpoint = readSafetensors(await readFile(join(exported, 'model.safetensors')));
  expect(checkpoint.metadata.dim).toBe('8');
  expect([...checkpoint.tensors.values()].every(({ dtype }) => dtype === 'F16')).toBe(true);

  const tensor = async (file: string, name: string) => readSafetensors(await readFile(file)).read(name);
  const [before, after] = [tokenizer, decoder].map((run) => join(run, 'checkpoint.safetensors')) as [string, string];
  expect(await tensor(after, 'encoder.proj.weight')).toEqual(await tensor(before, 'encoder.proj.weight'));
  expect(await tensor(after, 'decoder.out_proj.weight')).not.toEqual(await tensor(before, 'decoder.out_proj.weight'));
  expect(await tensor(join(exported, 'tok_semseg.safetensors'), 'decoder.out_proj.bias')).toEqual(
    Float32Array.from((await tensor(after, 'decoder.out_proj.bias')) as Float32Array, f16round),
  );

  const picture = join(folder, 'scene.png');
  await writeFile(picture, encodePng(toyboxSample(0).rgb));
  await works(
    'generate',
    picture,
    '--to',
    'semseg,caption',
    '--model',
    exported,
    '--out',
    join(folder, 'out'),
    ...wasm,
  );
  expect((await readdir(join(folder, 'out'))).sort()).toEqual(['caption.txt', 'semseg.png']);
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
