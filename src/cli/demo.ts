import { dirname } from 'node:path';
import type { BackendName } from '../../backends/index.js';
import { loadModel } from '../api/loading/load-model.js';
import type { Model } from '../api/model.js';
import type { Result } from '../api/types/results.js';
import { checkWritable, writeFileAtomic } from '../io/write-file.js';
import { encodePng } from '../media/encode.js';
import { contactSheet, type SheetRow, type Tile } from '../media/sheet.js';
import { predictApart } from '../toybox/evaluation/predict-apart.js';
import { knowsPeople, listScenes } from '../toybox/evaluation/scenes.js';
import type { ToyboxSample } from '../toybox/sample.js';
import { withBackend } from './compute.js';
import { demoTargets, sceneRows, trueFeatures } from './demo-rows.js';
import { withOutputFolder } from './output-folder.js';
import { stageText, withProgress } from './progress.js';
import { note, print, type Terminal } from './terminal.js';

/** Options of `fourm demo`. */
export interface DemoOptions {
  readonly scenes: number;
  readonly out: string;
  readonly model: string;
  readonly seed: number;
  readonly backend: BackendName | 'auto';
}

/** Captions for text-to-image generation. */
const TEXTS = ['a big red ball', 'a green cone', 'a blue box', 'a yellow cylinder'];

/** Networks behind the features of the toybox's models. */
const STAND_INS = '. clip, dinov2 and imagebind are small networks that stand in for those';

/**
 * `fourm demo`: predictions for pictures of unseen scenes beside the ground truth, and pictures generated from captions, on one
 * sheet.
 */
export async function demo(options: DemoOptions, terminal: Terminal): Promise<void> {
  const { out } = options;
  await withOutputFolder(dirname(out), async () => {
    await checkWritable(out);
    await drawDemo(options, terminal);
  });
  print(terminal, out);
}

async function drawDemo({ out, scenes, seed, ...options }: DemoOptions, terminal: Terminal): Promise<void> {
  const { signal } = terminal;
  const started = performance.now();
  await withBackend(options.backend, terminal, async ({ name, description }) => {
    const model = await loadModel(options.model, { signal });
    const rows = await demoRows(model, { scenes, seed }, terminal);
    const title = `fourm: model ${model.name}, seed ${seed}, ${name} (${description})`;
    const note = model.modalities.includes('clip') ? STAND_INS : '';
    await writeFileAtomic(out, encodePng(contactSheet(title + note, rows)));
  });
  note(terminal, `done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/** The rows of the sheet: test scenes that show much, unless `isShown` chooses others, and texts if the model has captions. */
export async function demoRows(
  model: Model,
  {
    scenes,
    seed,
    isShown = showsMuch(knowsPeople(model)),
  }: Pick<DemoOptions, 'scenes' | 'seed'> & { readonly isShown?: (sample: ToyboxSample) => boolean },
  terminal: Terminal,
): Promise<SheetRow[]> {
  const { signal } = terminal;
  const samples = await listScenes(model, 'test', scenes, signal, isShown);
  const pictures = samples.map(({ rgb }) => rgb);
  const results: readonly Readonly<Record<string, Result>>[] = await withProgress(
    terminal,
    'picture to everything',
    (progress) =>
      predictApart(
        model,
        pictures.map((rgb) => ({ rgb })),
        demoTargets(model),
        { seed, signal, onProgress: (share, at) => progress.update(Math.round(100 * share), 100, stageText(at)) },
      ),
  );
  const tokenized = await model.reconstruct('rgb', pictures, { signal });
  const features = await trueFeatures(model, samples, signal);
  const rows = samples.flatMap((sample, i) => {
    const heading = `Unseen scene ${i + 1}: everything from the picture alone, with the truth to the right`;
    return sceneRows(heading, sample, results[i]!, features[i]!, tokenized[i]);
  });
  const targets = TEXT_TARGETS.filter((name) => model.modalities.includes(name));
  if (model.modalities.includes('caption') && targets.includes('rgb')) {
    const order = targets.map((name) => TEXT_STEPS[name]).join(', then ');
    rows.push({
      heading: `A text alone: first ${order}`,
      tiles: await picturesOfTexts(model, targets, seed, terminal),
    });
  }
  return rows;
}

/** Whether a scene has something of everything: two objects at least, and a person if the model knows people. */
const showsMuch =
  (people: boolean) =>
  ({ objects, people: persons }: ToyboxSample) =>
    objects.length >= 2 && (!people || persons.length > 0);

/** Targets generated from a text, in this order, with their words in the heading. */
const TEXT_STEPS = { semseg: 'what is where', rgb: 'the picture', depth: 'its depth' } as const;
const TEXT_TARGETS = Object.keys(TEXT_STEPS) as (keyof typeof TEXT_STEPS)[];

/** Pictures generated from texts, and the last of the other targets beside each. */
async function picturesOfTexts(
  model: Model,
  to: readonly (keyof typeof TEXT_STEPS)[],
  seed: number,
  terminal: Terminal,
): Promise<Tile[]> {
  const beside = to.filter((name) => name !== 'rgb').at(-1);
  const generated = await withProgress(terminal, 'caption to picture', (progress) =>
    model.generateMany(
      TEXTS.map((caption) => ({ caption })),
      { to, seed, signal: terminal.signal, onProgress: (at) => progress.generation(at) },
    ),
  );
  return generated.flatMap((results, i) => [
    { title: `"${TEXTS[i]}"`, content: results.rgb.toImage() },
    ...(beside ? [{ title: `its ${beside}`, content: results[beside].toImage() }] : []),
  ]);
}
