import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { decodeImage } from '../../src/media/decode.js';
import { fourm, temporaryFolder } from './running.js';
import { writeTinyModel } from './tiny-model.js';

let folder: string;
let six: string;
let all: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-eval-'));
  [six, all] = [join(folder, 'six'), join(folder, 'all')];
  await useBackend('wasm');
  await writeTinyModel(all);
  await cp(all, six, { recursive: true });
  const about = JSON.parse(await readFile(join(six, 'fourm.json'), 'utf8'));
  const names = ['rgb', 'depth', 'normal', 'semseg', 'caption', 'det'];
  about.modalities = Object.fromEntries(names.map((name) => [name, about.modalities[name]]));
  await writeFile(join(six, 'fourm.json'), JSON.stringify(about));
});
afterAll(() => rm(folder, { recursive: true }));

interface Row {
  readonly task: string;
  readonly metric: string;
  readonly better: string;
  readonly trivial: number | null;
  readonly model: number | null;
  readonly ensemble?: number | null;
  readonly ceiling: number | null;
}

const evaluation = (model: string, ...options: string[]) =>
  fourm(['eval', '--scenes', '2', '--model', model, '--backend', 'wasm', ...options]);

test('the table is printed and written, with the figures, a page, and a reason for all that is left out', async () => {
  const out = join(folder, 'figures', 'eval.md');
  const tasks = 'depth,det,canny_edge,knn,reconstruction';
  const outcome = await evaluation(six, '--tasks', tasks, '--ensemble', '2', '--out', out);
  expect(outcome).toMatchObject({ exitCode: 0 });
  expect(await readFile(out, 'utf8')).toBe(outcome.out);
  expect(outcome.out).toContain("- `canny_edge`: the model has no modality 'canny_edge'");
  expect(outcome.out).toContain('- `knn`: the model has no frozen network of dinov2_global or imagebind_global');
  expect((await readdir(join(folder, 'figures'))).sort()).toEqual([
    'eval-det-coco-results.json',
    'eval-det-coco-truth.json',
    'eval-reconstruction.png',
    'eval.html',
    'eval.json',
    'eval.md',
  ]);

  const { scenes, rows, leftOut } = JSON.parse(await readFile(join(folder, 'figures', 'eval.json'), 'utf8'));
  expect(scenes).toBe(2);
  expect(leftOut).toHaveLength(2);
  expect([...new Set(rows.map(({ task }: Row) => task))]).toEqual(['depth', 'det', 'reconstruction']);
  // A model that has learned nothing is no better than always saying the mean, nor are its tokenizers.
  const rmse: Row = rows.find(({ metric }: Row) => metric === 'RMSE (m)');
  expect(rmse.model).toBeGreaterThan(rmse.trivial!);
  expect(rmse.ceiling).toBeGreaterThan(rmse.trivial!);
  expect(rmse.ensemble).toBeGreaterThan(0);
  expect(rmse.trivial).toBeGreaterThan(0.2);
  expect(decodeImage(await readFile(join(folder, 'figures', 'eval-reconstruction.png'))).height).toBeGreaterThan(500);
  const page = await readFile(join(folder, 'figures', 'eval.html'), 'utf8');
  expect(page.match(/<img /g)!.length).toBeGreaterThanOrEqual(2 * 3);
});

test('every modality of a model that has them all is measured beside its baseline and the bound of its tokens', async () => {
  const tasks = [
    ...['depth', 'normal', 'semseg', 'canny_edge', 'sam_edge', 'clip', 'dinov2', 'imagebind', 'dinov2_global'],
    ...['imagebind_global', 'caption', 'det', 'sam_instance', 'color_palette', 'metadata', 'human_poses'],
  ];
  const outcome = await evaluation(all, '--tasks', tasks.join(','), '--json');
  expect(outcome).toMatchObject({ exitCode: 0 });
  const { rows, leftOut } = JSON.parse(outcome.out);
  expect(leftOut).toEqual([]);
  expect([...new Set(rows.map(({ task }: Row) => task))]).toEqual(tasks);
  // Text through the vocabulary comes back as it was; boxes and numbers come back in bins.
  const ceiling = (task: string) => rows.find((row: Row) => row.task === task).ceiling;
  expect(ceiling('caption')).toBe(1);
  expect(ceiling('metadata')).toBeLessThan(0.1);
  expect(ceiling('color_palette')).toBeLessThan(3);
});

test('unknown tasks and a file that cannot be written are errors before the work', async () => {
  const wrong = await evaluation(six, '--tasks', 'deepth');
  expect(wrong).toMatchObject({ exitCode: 2, out: '' });
  expect(wrong.err).toMatch(/unknown task 'deepth'.*did you mean 'depth'.*known are depth, normal/);
  const unwritable = await evaluation(six, '--out', join(six, 'fourm.json', 'eval.md'));
  expect(unwritable.exitCode).not.toBe(0);
  expect(unwritable.err).not.toMatch(/computing with/);
});

test('a signal ends the evaluation', async () => {
  const controller = new AbortController();
  const outcome = fourm(
    ['eval', '--scenes', '50', '--model', six, '--backend', 'wasm', '--tasks', 'depth'],
    controller.signal,
  );
  setTimeout(() => controller.abort(), 300);
  expect((await outcome).exitCode).toBe(130);
});

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
