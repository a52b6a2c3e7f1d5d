import type { RgbImage } from '../../../media/raster.js';
import { contactSheet, type SheetRow, type Tile } from '../../../media/sheet.js';
import { meanPairDistance } from '../pair-distance.js';
import { largestBlob } from '../round-blob.js';
import { embeddingsOf, listScenes } from '../scenes.js';
import { embeddingWithNetwork, GLOBAL_EMBEDDINGS, type Study } from '../study.js';

/** The caption, the hue expected in the pictures, and the number of seeds, at most. */
const TEXT = 'a red ball';
const HUE = 0;
const SEEDS = 20;
/** Least share of the picture and least roundness of a ball; a square has a roundness of at most 0.83. */
const MIN_AREA = 0.01;
const MIN_ROUNDNESS = 0.8;
/** Pictures in a batch, and tiles a row of the sheet. */
const COLUMNS = 5;

/** Draws "a red ball" with twenty seeds: whether each picture shows something red and round, and how different they are. */
export const textToPictureStudy: Study = {
  name: 'text-to-picture',
  modalities: ['caption', 'rgb'],
  hasPicture: true,
  async run(model, { scenes, signal, onProgress }) {
    const count = Math.min(scenes, SEEDS);
    let shown = 0;
    const pictures: RgbImage[] = [];
    const tiles: Tile[] = [];
    for (let start = 0; start < count; start += COLUMNS) {
      const seeds = Array.from({ length: Math.min(COLUMNS, count - start) }, (_, i) => start + i);
      const results = await model.generateMany(
        seeds.map(() => ({ caption: TEXT })),
        {
          to: ['rgb'],
          seed: seeds,
          signal,
          onProgress: ({ share }) => onProgress?.(start + share * seeds.length, count + 1),
        },
      );
      results.forEach(({ rgb }, i) => {
        const picture = rgb.toImage();
        const found = showsRedBall(picture);
        if (found) shown++;
        pictures.push(picture);
        tiles.push({ title: `seed ${seeds[i]}: ${found ? 'red and round' : 'no'}`, content: picture });
      });
    }
    const embedding = await embeddingWithNetwork(model, GLOBAL_EMBEDDINGS);
    let diversity: number | null = null;
    if (embedding !== undefined) {
      const hasRedBall = (sample: Awaited<ReturnType<typeof listScenes>>[number]) =>
        sample.objects.some(({ colour, shape }) => colour === 'red' && shape === 'ball');
      const truths = await listScenes(model, 'test', count, signal, hasRedBall);
      const drawn = meanPairDistance(await embeddingsOf(model, embedding, pictures, signal));
      const real = meanPairDistance(
        await embeddingsOf(
          model,
          embedding,
          truths.map(({ rgb }) => rgb),
          signal,
        ),
      );
      diversity = real > 0 ? drawn / real : null;
    }
    onProgress?.(count + 1, count + 1);
    const rows: SheetRow[] = [];
    for (let start = 0; start < count; start += COLUMNS) rows.push({ tiles: tiles.slice(start, start + COLUMNS) });
    const row = { task: 'text-to-picture', better: 'higher', trivial: null, ceiling: null } as const;
    return {
      study: 'text-to-picture',
      rows: [
        { ...row, metric: 'red and round', model: shown / count },
        ...(diversity === null
          ? []
          : [{ ...row, metric: `distance of pairs, relative to true pictures (${embedding})`, model: diversity }]),
      ],
      notes: [`"${TEXT}": red and round in ${shown} of ${count} seeds.`],
      figures: { text: TEXT, seeds: count, shown, diversity, embedding },
      picture: contactSheet(`Text to picture: "${TEXT}"`, rows),
    };
  },
};

/** Whether a picture shows something red and round. */
export function showsRedBall(picture: RgbImage): boolean {
  const blob = largestBlob(picture, HUE);
  return blob !== undefined && blob.area >= MIN_AREA && blob.roundness >= MIN_ROUNDNESS;
}
