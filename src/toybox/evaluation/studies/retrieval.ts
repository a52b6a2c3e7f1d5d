import type { Input, Model } from '../../../api/model.js';
import { recallAt, retrieve } from '../../../evaluation/retrieval.js';
import type { ToyboxSample } from '../../sample.js';
import { reasonWithoutNetwork, toyboxScene } from '../data.js';
import { drawMatrix } from '../draw-matrix.js';
import { predictApart } from '../predict-apart.js';
import { joinEmbeddings, listScenes } from '../scenes.js';
import { embeddingWithNetwork, GLOBAL_EMBEDDINGS, type Study } from '../study.js';
import { TASKS } from '../tasks/index.js';

/** Number of scenes in the gallery. */
const SCENES = 100;
/** Scenes that go through the model at once. */
const BATCH = 25;

/**
 * Retrieval of any modality by any other (4M-21, section 4.2): the model predicts a global embedding from each, and these are
 * compared. In a row are the queries of one modality, in a column the gallery of another.
 */
export const retrievalStudy: Study = {
  name: 'retrieval',
  modalities: [],
  embeddings: [...GLOBAL_EMBEDDINGS].reverse(),
  hasPicture: true,
  async run(model, { scenes, seed = 0, signal, onProgress }) {
    const embedding = (await embeddingWithNetwork(model, [...GLOBAL_EMBEDDINGS].reverse()))!;
    const samples = await listScenes(model, 'test', Math.min(scenes, SCENES), signal);
    const givers = await giversOf(model, samples);
    const queries: { name: string; vectors: Float32Array[] }[] = [];
    for (const [done, { name, inputs }] of givers.entries()) {
      const vectors: Float32Array[] = [];
      for (let start = 0; start < samples.length; start += BATCH) {
        const given = inputs.slice(start, start + BATCH);
        vectors.push(...(await embed(model, embedding, name, given, seed + start, signal)));
        onProgress?.(done + Math.min(1, (start + BATCH) / samples.length), givers.length);
      }
      queries.push({ name, vectors });
    }
    const names = queries.map(({ name }) => name);
    const matrices = { at1: [] as number[][], at5: [] as number[][] };
    for (const { vectors } of queries) {
      const ranks = queries.map((other) =>
        retrieve(joinEmbeddings(vectors), joinEmbeddings(other.vectors), 'pessimistic'),
      );
      matrices.at1.push(ranks.map((rank) => recallAt(1, rank)));
      matrices.at5.push(ranks.map((rank) => recallAt(5, rank)));
    }
    const count = samples.length;
    const rows = [1, 5].flatMap((k) => {
      const matrix = k === 1 ? matrices.at1 : matrices.at5;
      const trivial = Math.min(1, k / count);
      const row = (metric: string, model: number) =>
        ({ task: 'retrieval', metric, better: 'higher', trivial, model, ceiling: null }) as const;
      const [from, to] = [names.indexOf('rgb'), names.indexOf('caption')];
      const pairs = matrix.flatMap((line, i) => line.filter((_, j) => i !== j));
      return [
        ...(from >= 0 && to >= 0 ? [row(`rgb → caption, recall@${k} of ${count}`, matrix[from]![to]!)] : []),
        ...(pairs.length > 0
          ? [row(`mean of all pairs, recall@${k} of ${count}`, pairs.reduce((a, b) => a + b) / pairs.length)]
          : []),
      ];
    });
    return {
      study: 'retrieval',
      rows,
      notes: [`Retrieval: by ${embedding}, among ${count} scenes; a row is the query, a column the gallery.`],
      figures: { scenes: count, embedding, modalities: names, recallAt1: matrices.at1, recallAt5: matrices.at5 },
      picture: drawMatrix(`Retrieval: recall@1 of ${count} scenes, by ${embedding}`, names, matrices.at1),
    };
  },
};

/** The input modalities of a model with their true values. */
async function giversOf(
  model: Model,
  samples: readonly ToyboxSample[],
): Promise<{ name: string; inputs: readonly Input[] }[]> {
  const givers: { name: string; inputs: readonly Input[] }[] = [];
  if (model.modalities.includes('rgb')) givers.push({ name: 'rgb', inputs: samples.map(({ rgb }) => rgb) });
  for (const task of TASKS) {
    const { target, needsNetwork } = task;
    if (!model.modalities.includes(target)) continue;
    if (needsNetwork && (await reasonWithoutNetwork(model, target)) !== undefined) continue;
    const inputs: Input[] = [];
    for (const sample of samples) inputs.push((await task.truthAsInput(toyboxScene(model, sample, target)))!);
    givers.push({ name: target, inputs });
  }
  if (model.modalities.includes('t5_caption')) {
    givers.push({ name: 't5_caption', inputs: samples.map(({ caption }) => caption) });
  }
  return givers;
}

/** The embedding that the model predicts; from the embedding itself, its reconstruction. */
async function embed(
  model: Model,
  embedding: string,
  from: string,
  inputs: readonly Input[],
  seed: number,
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  const name = embedding as 'imagebind_global';
  if (from === embedding) return (await model.reconstruct(name, inputs, { signal })).map(({ values }) => values);
  const given = inputs.map((input) => ({ [from]: input }));
  const results = await predictApart(model, given, [name], { seed: inputs.map((_, i) => seed + i), signal });
  return results.map((result) => result[name].values);
}
