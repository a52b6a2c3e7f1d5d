/** The small examples, as they stand, on the built package. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { loadModel } from '../../src/api/loading/load-model.js';
import { decodeImage } from '../../src/media/decode.js';
import { toyboxSample } from '../../src/toybox/index.js';
import { ROOT } from '../browser/site.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-examples-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, 'examples', name), ...args], {
    cwd: ROOT,
  });
  return stdout;
}

const picture = async (name: string) => decodeImage(await readFile(join(folder, name)));

test('a depth map is encoded and decoded', async () => {
  const out = await run('encode-decode.js', folder);
  expect(/^tokens: (.*)$/m.exec(out)![1]!.split(' ')).toHaveLength(64);
  expect(Number(/mean error: ([\d.]+) m/.exec(out)![1])).toBeLessThan(0.3);
  expect((await picture('decoded.png')).width).toBe(64);
});

test('a masked sample shows inputs and targets, and differs between seeds', async () => {
  const [first, again, other] = await Promise.all(['3', '3', '4'].map((seed) => run('masked-sample.js', seed)));
  expect(first).toBe(again);
  expect(first).not.toBe(other);
  const count = (mark: string) => first!.split('\n\ni:')[0]!.split(new RegExp(` ${mark}(?= |$)`, 'm')).length - 1;
  expect(count('i')).toBeGreaterThan(0);
  expect(count('i')).toBeLessThanOrEqual(48);
  expect(count('T')).toBeLessThanOrEqual(48);
  expect(first).toMatch(/target: {1,2}\S/);
});

test('a region of a picture is generated anew, and the rest stays', async () => {
  await run('edit-region.js', folder);
  const edited = await picture('edited.png');
  expect([edited.width, edited.height]).toEqual([64, 64]);
  const { rgb } = toyboxSample(7, { size: 64, people: false });
  const meanDifference = (isInside: boolean) => {
    const differences = Array.from(rgb.data, (value, i) => Math.abs(value - edited.data[i]!)).filter((_, i) => {
      const [x, y] = [Math.floor(i / 3) % 64, Math.floor(i / 192)];
      return (x >= 16 && x < 48 && y >= 16 && y < 48) === isInside;
    });
    return differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
  };
  expect(meanDifference(false)).toBeLessThan(15);
  expect(meanDifference(true)).toBeGreaterThan(2 * meanDifference(false));
});

test('four steps of ROAR by hand fill a depth map, mostly with the tokens of one step of MaskGIT', async () => {
  const out = await run('decoding-step.js', '0');
  const grids = out.split(/\nafter step \d:\n/).slice(1);
  const tokens = grids.map((grid) => grid.trim().split(/\s+/));
  expect(tokens.map((grid) => grid.filter((token) => token !== '·').length)).toEqual([16, 32, 48, 64]);
  for (const [i, token] of tokens[0]!.entries()) if (token !== '·') expect(tokens[3]![i]).toBe(token);

  await useBackend('wasm');
  const model = await loadModel(join(ROOT, 'models/toybox'));
  const { rgb } = toyboxSample(7, { size: 64, people: false });
  const { depth } = await model.generate({ rgb }, { to: ['depth'], seed: 0 });
  const equal = Array.from(depth!.tokens, (id, i) => String(id) === tokens[3]![i]).filter(Boolean).length;
  await model.dispose();
  expect(equal).toBeGreaterThan(32);
}, 300_000);

test('a tokenizer learns depth maps in a few steps, and shows them', async () => {
  const out = await run('tokenizer.js', folder, '10');
  const error = (when: string) => Number(new RegExp(`^${when}: mean error ([\\d.]+) m$`, 'm').exec(out)![1]);
  expect(error('after 10 steps')).toBeLessThan(0.8 * error('before training'));
  expect(out).toMatch(/^step 10: squared error 0\.\d+, \d+ codes in use$/m);
  expect((await picture('tokenizer.png')).height).toBeGreaterThan(3 * 256);
}, 300_000);

test.each([
  ['a red ball', 6, 'there is a red ball'],
  ['a matte cyan cylinder with a blue box to the left of it', 13, 'a matte cyan cylinder with a blue box'],
])(
  'the picture of "%s" is found first',
  async (query, scene, caption) => {
    const [quoted, best, ...others] = (await run('retrieve-by-text.js', query)).trim().split('\n');
    expect(quoted).toBe(`"${query}"`);
    expect(best).toMatch(new RegExp(`^-\\d\\.\\d\\d  test scene ${scene}: ${caption}`));
    const scores = [best!, ...others].map((line) => Number.parseFloat(line));
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  },
  60_000,
);

test('a kernel in JavaScript replaces the one of the backend, and the tokens stay', async () => {
  const out = await run('backend-kernel.js');
  const [, calls, ...tokens] = /^(\d+) calls; (\d+) and (\d+) of (\d+) tokens are the same$/m.exec(out)!.map(Number);
  expect(calls).toBeGreaterThan(10);
  // Rounding may turn a tie.
  for (const equal of tokens) expect(equal).toBeGreaterThanOrEqual(62);
}, 300_000);

test('the encoder alone is trained to count solids, from two kinds of weights, the same each time', async () => {
  const [out, again] = [await run('transfer.js', folder, '2'), await run('transfer.js', folder, '2')];
  expect(out).toBe(again);
  expect(Number(/shipped weights, step 2: loss ([\d.]+)/.exec(out)![1])).toBeLessThan(2);
  for (const start of ['always \\d', 'from random weights', 'from the shipped weights'])
    expect(Number(new RegExp(`^${start}: right in (\\d+) of 200`, 'm').exec(out)![1])).toBeGreaterThan(0);
  expect((await picture('transfer.png')).height).toBeGreaterThan(2 * 256);
}, 300_000);

test('adapters add a modality to the shipped model, compared with a threshold', async () => {
  const out = await run('lora.js', folder, '4');
  expect(out).toMatch(/^0\.\d+ M of \d\.\d+ M parameters are trained$/m);
  expect(Number(/darker than \d+ of 765: ([\d.]+) %/.exec(out)![1])).toBeGreaterThan(10);
  expect(out).toMatch(/the adapted model: [\d.]+ %\n {2}the truth through the tokenizer: [\d.]+ %/);
  expect((await picture('lora.png')).height).toBeGreaterThan(3 * 256);
  await useBackend('wasm');
  const model = await loadModel(join(folder, 'shadow-model'));
  const { rgb } = toyboxSample(7, { size: 64, people: false });
  const { shadow, depth } = await model.generate({ rgb }, { to: ['shadow', 'depth'], seed: 0 });
  await model.dispose();
  expect(shadow).toMatchObject({ kind: 'image', values: { width: 64 } });
  expect(depth!.tokens).toHaveLength(64);
}, 600_000);

test('a picture of 64 tokens becomes one of 256', async () => {
  const out = await run('super-resolution.js', folder, '2');
  const score = (name: string) => Number(new RegExp(`^${name}: PSNR ([\\d.]+) dB`, 'm').exec(out)![1]);
  expect(score('truth through 256 tokens')).toBeGreaterThan(score('bicubic'));
  expect(score('super-resolution')).toBeGreaterThan(10);
  expect((await picture('super-resolution.png')).height).toBeGreaterThan(3 * 256);
}, 600_000);

test('a small network enlarges pictures, soon better than bicubic enlargement', async () => {
  const out = await run('enlarge.js', folder, '40');
  const score = (name: string) => Number(new RegExp(`^${name}: PSNR ([\\d.]+) dB`, 'm').exec(out)![1]);
  expect(score('bicubic')).toBeGreaterThan(30);
  expect(score('small network')).toBeGreaterThan(score('bicubic') + 0.1);
  expect((await picture('enlarge.png')).height).toBeGreaterThan(3 * 256);
}, 300_000);
