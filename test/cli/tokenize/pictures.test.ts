import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../../../backends/index.js';
import { readTar } from '../../../src/io/tar.js';
import { encodePng } from '../../../src/media/encode.js';
import { encodeNpy } from '../../../src/media/npy.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { toyboxSeed } from '../../../src/toybox/splits.js';
import { fourm } from '../running.js';
import { tinyModel } from '../tiny-model.js';
import { contentsOf, tokenize } from './tokenizing.js';

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-tokenize-'));
  await useBackend('wasm');
  model = await tinyModel();
});
afterAll(() => rm(folder, { recursive: true }));

describe('pictures of a user', () => {
  const scene = toyboxSample(toyboxSeed('test', 0));
  const put = async (root: string, file: string, content: Uint8Array | string) => {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), content);
  };
  const png = encodePng(scene.rgb);
  const depth = encodeNpy({ shape: [64, 64], data: scene.depth.data });
  const pictures = async (root: string) => {
    for (const name of ['park/a', 'park/b', 'street/c.d']) {
      await put(root, `rgb/${name}.png`, png);
      await put(root, `caption/${name}.txt`, scene.caption);
      await put(root, `depth/${name}.npy`, depth);
    }
  };

  test('are tokenized with the modalities that they have', async () => {
    const [root, out] = [join(folder, 'photos'), join(folder, 'photos-out')];
    await pictures(root);
    const outcome = await fourm(tokenize(model, root, out, '--layout', 'folders'));
    expect(outcome, outcome.err).toMatchObject({ exitCode: 0 });
    expect((await readdir(join(out, 'tok_depth@64'))).sort()).toEqual(['park', 'street']);
    expect(await readdir(join(out, 'caption', 'street'))).toEqual(['c-d.txt']);
    expect(await readFile(join(out, 'caption', 'park', 'a.txt'), 'utf8')).toBe(scene.caption);
    expect(await readdir(out)).not.toContain('det');
  });

  test.each([
    ['a broken picture', 'rgb/park/b.png', png.subarray(0, 300)],
    ['a missing modality', 'depth/park/b.npy', undefined],
    [
      'a map of other proportions',
      'depth/park/b.npy',
      encodeNpy({ shape: [32, 64], data: new Float32Array(2048).fill(1) }),
    ],
  ])('with %s are refused by name, or skipped and counted', async (what, file, content) => {
    const root = join(folder, what);
    await pictures(root);
    if (content) await put(root, file, content);
    else await rm(join(root, file));
    const out = `${root} out`;
    const named = content ? join(root, file) : join(root, 'rgb/park/b.png');
    const stopped = await fourm(tokenize(model, root, out));
    expect(stopped.exitCode).not.toBe(0);
    expect(stopped.err).toContain(named);
    expect(Object.keys(await contentsOf(out))).toEqual(['/dataset.json']);
    await rm(out, { recursive: true });
    const skipped = await fourm(tokenize(model, root, out, '--skip-bad'));
    expect(skipped).toMatchObject({ exitCode: 0 });
    expect(skipped.err).toContain(`skipped: ${named}`);
    expect(skipped.err).toContain('1 of 3 samples skipped');
    const keys = readTar(await readFile(join(out, 'caption', 'shard-00000.tar'))).map(({ name }) => name);
    expect(keys).toEqual(['park/a.txt', 'street/c-d.txt']);
  });
});
