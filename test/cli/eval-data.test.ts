import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { encodePng } from '../../src/media/encode.js';
import { encodeNpy } from '../../src/media/npy.js';
import type { Raster } from '../../src/media/raster.js';
import { cannyEdges } from '../../src/toybox/annotations/edges.js';
import { toyboxMetadata } from '../../src/toybox/annotations/metadata.js';
import { detectionTask } from '../../src/toybox/evaluation/tasks/detections.js';
import { instanceTask } from '../../src/toybox/evaluation/tasks/instances.js';
import { toyboxDetections, toyboxSample } from '../../src/toybox/sample.js';
import { toyboxSeed } from '../../src/toybox/splits.js';
import { fourm } from './running.js';
import { writeTinyModel } from './tiny-model.js';

const SCENES = 3;
const samples = Array.from({ length: SCENES }, (_, i) => toyboxSample(toyboxSeed('test', i)));

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-data-'));
  model = join(folder, 'model');
  await useBackend('wasm');
  await writeTinyModel(model);
});
afterAll(() => rm(folder, { recursive: true }));

interface Row {
  readonly task: string;
  readonly metric: string;
  readonly trivial: number | null;
  readonly model: number | null;
  readonly ceiling: number | null;
}

async function rowsOf(tasks: string, ...options: string[]): Promise<Row[]> {
  const args = ['eval', '--scenes', `${SCENES}`, '--model', model, '--backend', 'wasm', '--tasks', tasks, '--json'];
  const outcome = await fourm([...args, ...options]);
  expect(outcome).toMatchObject({ exitCode: 0 });
  return JSON.parse(outcome.out).rows;
}

async function put(root: string, file: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), content);
}

const npy = ({ height, width, channels, data }: Raster<Float32Array>) =>
  encodeNpy({ shape: [height, width, channels], data });

/** The scenes in the layout of ml-4m, in two classes. */
async function writeFolder(root: string): Promise<void> {
  for (const [i, sample] of samples.entries()) {
    const name = `${i < 2 ? 'few' : 'many'}/scene${i}`;
    await put(root, `rgb/${name}.png`, encodePng(sample.rgb));
    await put(root, `depth/${name}.npy`, npy(sample.depth));
    await put(root, `normal/${name}.npy`, npy(sample.normal));
    await put(root, `semseg/${name}.npy`, npy({ ...sample.semseg, data: Float32Array.from(sample.semseg.data) }));
    await put(root, `canny_edge/${name}.png`, encodePng(cannyEdges(sample)));
    await put(root, `caption/${name}.txt`, `${sample.caption}\n`);
    await put(root, `det/${name}.json`, JSON.stringify(toyboxDetections(sample)));
    await put(root, `metadata/${name}.json`, JSON.stringify(toyboxMetadata(sample)));
    const people = sample.people.map(({ box, bodyPose, globalOrientation, camera, shape }) => {
      const [pose, global] = [[...bodyPose], [...globalOrientation]];
      return { box, bodyPose: pose, globalOrientation: global, camera: [...camera], shape: [...shape] };
    });
    await put(root, `human_poses/${name}.json`, JSON.stringify(people));
  }
}

/** Of the figures those that do not depend on the training scenes. */
const measured = (rows: readonly Row[]) =>
  rows.map(({ task, metric, model, ceiling }) => ({ task, metric, model, ceiling }));

describe('a folder in the layout of ml-4m', () => {
  test('gives the figures of the toybox for scenes of the toybox', async () => {
    const root = join(folder, 'own');
    await writeFolder(root);
    const tasks = 'depth,normal,semseg,canny_edge,dinov2_global,caption,det,metadata,human_poses';
    const own = measured(await rowsOf(tasks, '--data', root));
    const toybox = measured(await rowsOf(tasks));
    expect(own.map(({ task, metric }) => `${task} ${metric}`)).toEqual(
      toybox.map(({ task, metric }) => `${task} ${metric}`),
    );
    for (const [i, row] of own.entries()) {
      // A caption in a file names the objects; those of the toybox's truth are the visible ones, which are the same here.
      expect(row.model, `${row.task} ${row.metric}`).toBeCloseTo(toybox[i]!.model!, 5);
      expect(row.ceiling, `${row.task} ${row.metric}`).toBeCloseTo(toybox[i]!.ceiling!, 5);
    }
  });

  test('lists missing modalities, and notes that baselines saw the pictures', async () => {
    const root = join(folder, 'pictures');
    await put(root, 'rgb/a/one.png', encodePng(samples[0]!.rgb));
    await put(root, 'depth/a/one.npy', npy(samples[0]!.depth));
    const args = ['eval', '--model', model, '--backend', 'wasm', '--tasks', 'depth,semseg', '--data', root];
    const outcome = await fourm(args);
    expect(outcome).toMatchObject({ exitCode: 0 });
    expect(outcome.out).toContain("- `semseg`: the data has no 'semseg'");
    expect(outcome.out).toContain('The trivial predictors have learned from the evaluated pictures.');
  });

  test.each<[string, (root: string) => Promise<void>, RegExp]>([
    ['no folder', async () => {}, /no such file: .*\/no-folder$/m],
    ['no pictures', (root) => put(root, 'depth/a/one.npy', npy(samples[0]!.depth)), /has no folder 'rgb'/],
    [
      'names that do not align',
      async (root) => {
        await put(root, 'rgb/a/one.png', encodePng(samples[0]!.rgb));
        await put(root, 'depth/a/two.npy', npy(samples[0]!.depth));
      },
      /depth\/a\/two\.npy has no picture/,
    ],
    [
      'a broken PNG',
      (root) => put(root, 'rgb/a/one.png', encodePng(samples[0]!.rgb).subarray(0, 500)),
      /rgb\/a\/one\.png/,
    ],
    [
      'a class that is none',
      async (root) => {
        await put(root, 'rgb/a/one.png', encodePng(samples[0]!.rgb));
        await put(
          root,
          'semseg/a/one.npy',
          npy({ width: 64, height: 64, channels: 1, data: new Float32Array(4096).fill(9) }),
        );
      },
      /semseg\/a\/one\.npy: 9 is no class id; they run from 0 to 7/,
    ],
  ])('refuses %s by the name of the file', async (name, write, message) => {
    const root = join(folder, name.replaceAll(' ', '-'));
    await write(root);
    const args = ['eval', '--model', model, '--backend', 'wasm', '--tasks', 'semseg,dinov2_global', '--data', root];
    const outcome = await fourm(args);
    expect(outcome).toMatchObject({ out: '' });
    expect(outcome.exitCode).toBeGreaterThan(0);
    expect(outcome.err).toMatch(message);
  });
});

test('--skip-bad leaves out pictures with a bad file, names the file, and counts them', async () => {
  const [good, bad] = [join(folder, 'good'), join(folder, 'bad')];
  for (const root of [good, bad]) {
    for (const i of [0, 2]) await put(root, `rgb/a/${i}.png`, encodePng(samples[i]!.rgb));
    for (const i of [0, 2]) await put(root, `depth/a/${i}.npy`, npy(samples[i]!.depth));
  }
  await put(bad, 'rgb/a/1.png', encodePng(samples[1]!.rgb).subarray(0, 300));
  await put(bad, 'rgb/a/3.png', encodePng(samples[1]!.rgb));
  await put(bad, 'depth/a/3.npy', npy(samples[1]!.depth).subarray(0, 500));
  const args = [
    'eval',
    '--model',
    model,
    '--backend',
    'wasm',
    '--tasks',
    'depth,dinov2_global',
    '--json',
    '--skip-bad',
  ];
  const outcome = await fourm([...args, '--data', bad]);
  expect(outcome).toMatchObject({ exitCode: 0 });
  expect(outcome.err).toMatch(/skipped: .*rgb\/a\/1\.png/);
  expect(outcome.err).toMatch(/skipped: .*depth\/a\/3\.npy/);
  expect(outcome.err).toContain('2 of 4 pictures skipped');
  const report = JSON.parse(outcome.out);
  expect(report).toMatchObject({ scenes: 2, skipped: 2 });
  expect(report.rows).toEqual(JSON.parse((await fourm([...args, '--data', good])).out).rows);

  await put(join(folder, 'worst'), 'rgb/a/1.png', 'no picture');
  const nothing = await fourm([...args, '--data', join(folder, 'worst')]);
  expect(nothing).toMatchObject({ exitCode: 2, out: '' });
  expect(nothing.err).toMatch(/worst: all 1 pictures were skipped/);
  expect(await fourm(args)).toMatchObject({ exitCode: 2, err: expect.stringContaining('--data') });
});

test('a COCO file of the true boxes and masks gives the figures of the toybox', async () => {
  for (const task of [detectionTask, instanceTask] as const) {
    const root = join(folder, `coco-${task.name}`);
    const exporter = task.exporter!();
    for (const [i, sample] of samples.entries()) {
      const [truth] = await task.truths([sample], undefined as never);
      exporter.add(i, `scene${i}.png`, [], truth as never);
      await put(root, `pictures/scene${i}.png`, encodePng(sample.rgb));
    }
    await put(root, 'truth.json', JSON.stringify(exporter.files()['coco-truth.json']));
    const coco = ['--data', join(root, 'truth.json'), '--images', join(root, 'pictures')];
    const own = measured(await rowsOf(task.name, ...coco));
    expect(own).toEqual(measured(await rowsOf(task.name)));
    expect(own).toHaveLength(2);
  }
});

test('crowds of a COCO file are crowds in the files for pycocotools, too', async () => {
  const root = join(folder, 'crowds');
  const annotation = { image_id: 7, category_id: 3, bbox: [8, 8, 40, 32] };
  const segmentation = { size: [64, 64], counts: [64 * 8 + 8, 32, 64 * 55 + 24] };
  const truth = {
    images: [{ id: 7, file_name: 'a.png', width: 64, height: 64 }],
    categories: [{ id: 3, name: 'ball' }],
    annotations: [
      { ...annotation, iscrowd: 0, segmentation },
      { ...annotation, iscrowd: 1, segmentation },
    ],
  };
  await put(root, 'truth.json', JSON.stringify(truth));
  await put(root, 'a.png', encodePng(samples[0]!.rgb));
  const args = ['eval', '--model', model, '--backend', 'wasm', '--tasks', 'det,sam_instance', '--data'];
  const outcome = await fourm([...args, join(root, 'truth.json'), '--out', join(root, 'report/eval.md')]);
  expect(outcome, outcome.err).toMatchObject({ exitCode: 0 });
  for (const task of ['det', 'sam_instance']) {
    const written = JSON.parse(await readFile(join(root, `report/eval-${task}-coco-truth.json`), 'utf8'));
    expect(written.annotations.map(({ iscrowd }: { iscrowd: number }) => iscrowd)).toEqual([0, 1]);
  }
});

test('a COCO file that contradicts itself is refused by the name of the annotation', async () => {
  const root = join(folder, 'wrong-coco');
  const truth = {
    images: [{ id: 1, file_name: 'a.png', width: 64, height: 64 }],
    categories: [{ id: 1, name: 'ball' }],
    annotations: [{ image_id: 2, category_id: 1, bbox: [0, 0, 1, 1] }],
  };
  await put(root, 'truth.json', JSON.stringify(truth));
  const args = ['eval', '--model', model, '--backend', 'wasm', '--tasks', 'det', '--data', join(root, 'truth.json')];
  const outcome = await fourm(args);
  expect(outcome.exitCode).toBe(2);
  expect(outcome.err).toMatch(/truth\.json, annotations\.0: there is no image of the id 2/);
  await put(root, 'truth.json', JSON.stringify({ ...truth, images: [truth.images[0], truth.images[0]] }));
  expect((await fourm(args)).err).toMatch(/truth\.json: two images have the id 1/);
});
