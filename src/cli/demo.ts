import { dirname } from 'node:path';
import type { BackendName } from '../../backends/index.js';
import { loadModel } from '../api/loading/load-model.js';
import type { ImageResult, Results } from '../api/types/results.js';
import { pauseOrCancel } from '../errors.js';
import { checkWritable, writeFileAtomic } from '../io/write-file.js';
import { drawBoxes } from '../media/colormap.js';
import { scaleNearest } from '../media/draw.js';
import { encodePng } from '../media/encode.js';
import { contactSheet, type SheetRow } from '../media/sheet.js';
import { predictApart } from '../toybox/evaluation/predict-apart.js';
import { knowsPeople } from '../toybox/evaluation/scenes.js';
import { type ToyboxSample, toyboxDetections, toyboxSample } from '../toybox/sample.js';
import { toyboxSeed } from '../toybox/splits.js';
import { withBackend } from './compute.js';
import { withOutputFolder } from './output-folder.js';
import { stageText, withProgress } from './progress.js';
import { note, print, type Terminal } from './terminal.js';
import { samplePictures } from './toybox.js';

/** Options of `fourm demo`. */
export interface DemoOptions {
  readonly scenes: number;
  readonly out: string;
  readonly model: string;
  readonly seed: number;
  readonly backend: BackendName | 'auto';
}

/** Captions for text-to-image generation. */
const TEXTS = ['a big red ball', 'a green cone', 'a blue box'];

const TARGETS = ['depth', 'normal', 'semseg', 'caption', 'det'] as const;

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
    const people = knowsPeople(model);
    const samples: ToyboxSample[] = [];
    for (let i = 0; i < scenes; i++) {
      await pauseOrCancel(signal, 'drawing the scenes');
      samples.push(toyboxSample(toyboxSeed('test', i), { people }));
    }
    const results = await withProgress(terminal, 'picture to everything', (progress) =>
      predictApart(
        model,
        samples.map(({ rgb }) => ({ rgb })),
        TARGETS,
        { seed, signal, onProgress: (share, at) => progress.update(Math.round(100 * share), 100, stageText(at)) },
      ),
    );
    const tokenized = await model.reconstruct(
      'rgb',
      samples.map(({ rgb }) => rgb),
    );
    const painted = await withProgress(terminal, 'text to picture', (progress) =>
      model.generateMany(
        TEXTS.map((caption) => ({ caption })),
        {
          to: ['semseg', 'rgb', 'depth'],
          seed,
          signal,
          onProgress: (at) => progress.generation(at),
        },
      ),
    );
    const rows = samples.flatMap((sample, i) => sceneRows(`Test scene ${i}`, sample, results[i]!, tokenized[i]!));
    rows.push({
      heading: 'A text alone: first what is where, then the picture, then its depth',
      tiles: painted.flatMap(({ rgb, depth }, i) => [
        { title: `"${TEXTS[i]}"`, content: rgb.toImage() },
        { title: 'its depth', content: depth.toImage() },
      ]),
    });
    const title = `fourm: model ${model.name}, seed ${seed}, ${name} (${description})`;
    await writeFileAtomic(out, encodePng(contactSheet(title, rows)));
  });
  note(terminal, `done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/** A scene in two rows, each prediction with the ground truth to its right. */
function sceneRows(
  heading: string,
  sample: ToyboxSample,
  results: Results<(typeof TARGETS)[number]>,
  tokenized: ImageResult,
): SheetRow[] {
  const truth = samplePictures(sample);
  const pair = (name: 'depth' | 'normal' | 'semseg') => [
    { title: `${name}, predicted`, content: results[name].toImage() },
    { title: `${name}, true`, content: truth[name] },
  ];
  return [
    {
      heading: `${heading}: everything from the picture alone`,
      tiles: [
        { title: 'input: rgb', content: sample.rgb },
        { title: 'rgb through tokens', content: tokenized.toImage() },
        ...pair('depth'),
        ...pair('normal'),
      ],
    },
    {
      tiles: [
        { title: 'caption, predicted', content: results.caption.text },
        { title: 'caption, true', content: sample.caption },
        ...pair('semseg'),
        { title: 'det, predicted', content: results.det.drawOn(sample.rgb) },
        { title: 'det, true', content: drawBoxes(scaleNearest(sample.rgb, 4), toyboxDetections(sample)) },
      ],
    },
  ];
}
