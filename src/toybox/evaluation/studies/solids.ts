import type { Results } from '../../../api/types/results.js';
import { classifyByNeighbours, topAccuracy } from '../../../evaluation/nearest-neighbours.js';
import type { ScoreRow } from '../../../evaluation/report.js';
import { COLOURS, SHAPES } from '../../constants.js';
import type { ToyboxSample } from '../../sample.js';
import { predictApart } from '../predict-apart.js';
import { joinEmbeddings, listScenes } from '../scenes.js';
import { embeddingWithNetwork, GLOBAL_EMBEDDINGS, type Study } from '../study.js';

/** Largest number of labelled training scenes, and their number for each test scene. */
const DATABASE = 1000;
const DATABASE_PER_TEST = 10;
/** Largest number of test scenes, which contain a single solid each. */
const MAX_SCENES = 200;
/** Scenes that go through the model at once. */
const BATCH = 25;

/** The classes of a scene with a single solid: shape, colour, and both. */
const LABELS: readonly { name: string; classes: number; of: (sample: ToyboxSample) => number }[] = [
  { name: 'shape', classes: SHAPES.length, of: (sample) => SHAPES.indexOf(only(sample).shape) },
  { name: 'colour', classes: COLOURS.length, of: (sample) => COLOURS.indexOf(only(sample).colour) },
  {
    name: 'shape and colour',
    classes: SHAPES.length * COLOURS.length,
    of: (sample) => SHAPES.indexOf(only(sample).shape) * COLOURS.length + COLOURS.indexOf(only(sample).colour),
  },
];

/**
 * Classification by nearest neighbours, as DINO and 4M-21 do (k = 20, T = 0.07): the solid of a scene, from the embedding that
 * the model predicts from its picture, and the true embeddings of training scenes. All scenes contain a single solid, so that
 * the class is unique.
 */
export const solidsStudy: Study = {
  name: 'knn',
  modalities: ['rgb'],
  embeddings: GLOBAL_EMBEDDINGS,
  hasPicture: false,
  async run(model, { scenes, seed = 0, signal, onProgress }) {
    const tests = await listScenes(model, 'test', Math.min(scenes, MAX_SCENES), signal, isOneSolid);
    const count = Math.min(DATABASE, DATABASE_PER_TEST * tests.length);
    const database = await listScenes(model, 'train', count, signal, isOneSolid);
    const names: string[] = [];
    for (const name of GLOBAL_EMBEDDINGS) if (await embeddingWithNetwork(model, [name])) names.push(name);
    const total = names.length * (database.length + tests.length);
    let done = 0;
    const tell = (count: number) => {
      done += count;
      onProgress?.(done, total);
    };
    const rows: ScoreRow[] = [];
    for (const name of names) {
      const vectors: Float32Array[] = [];
      for (let start = 0; start < database.length; start += BATCH) {
        const pictures = database.slice(start, start + BATCH).map(({ rgb }) => rgb);
        vectors.push(...((await model.features(name, pictures, { signal })) as Float32Array[]));
        tell(pictures.length);
      }
      const train = joinEmbeddings(vectors);
      const predicted: Float32Array[] = [];
      const reconstructed: Float32Array[] = [];
      for (let start = 0; start < tests.length; start += BATCH) {
        const samples = tests.slice(start, start + BATCH);
        const pictures = samples.map(({ rgb }) => ({ rgb }));
        const results = await predictApart(model, pictures, [name as 'dinov2_global'], {
          seed: samples.map((_, i) => seed + start + i),
          signal,
        });
        predicted.push(...results.map((result) => result[name as 'dinov2_global'].values));
        const truth = await model.features(
          name,
          samples.map(({ rgb }) => rgb),
          { signal },
        );
        const through = await model.reconstruct(name as 'dinov2_global', truth as Float32Array[], { signal });
        reconstructed.push(...through.map(({ values }: Results<'dinov2_global'>['dinov2_global']) => values));
        tell(samples.length);
      }
      for (const { name: label, classes, of } of LABELS) {
        const [trainLabels, labels] = [database.map(of), tests.map(of)];
        const accuracy = (vectors: readonly Float32Array[]) =>
          topAccuracy(classifyByNeighbours(train, trainLabels, classes, joinEmbeddings(vectors)), labels, 1);
        rows.push({
          task: `knn ${name}`,
          metric: `${label}, top-1`,
          better: 'higher',
          trivial: shareOfMostFrequent(trainLabels, labels),
          model: accuracy(predicted),
          ceiling: accuracy(reconstructed),
        });
      }
    }
    return {
      study: 'knn',
      rows,
      notes: [`k-NN: ${tests.length} test scenes of one solid each, ${database.length} training scenes.`],
      figures: { scenes: tests.length, database: database.length },
    };
  },
};

function isOneSolid({ objects }: ToyboxSample): boolean {
  return objects.length === 1 && objects[0]!.shape !== 'person';
}

function only({ objects }: ToyboxSample) {
  return objects[0] as Extract<ToyboxSample['objects'][number], { size: unknown }>;
}

/** How often the most frequent training label is right. */
function shareOfMostFrequent(train: readonly number[], labels: readonly number[]): number {
  const count = (of: readonly number[], label: number) => of.filter((other) => other === label).length;
  const best = [...new Set(train)].reduce((a, b) => (count(train, b) > count(train, a) ? b : a));
  return count(labels, best) / labels.length;
}
