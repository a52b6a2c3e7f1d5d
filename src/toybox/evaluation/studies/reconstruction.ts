import { pauseOrCancel } from '../../../errors.js';
import type { Embeddings } from '../../../evaluation/embeddings.js';
import { fitGaussian, frechetDistance } from '../../../evaluation/frechet.js';
import { ImageMetric } from '../../../evaluation/images.js';
import type { ScoreRow } from '../../../evaluation/report.js';
import { MeanPredictor } from '../../../evaluation/trivial.js';
import type { RgbImage } from '../../../media/raster.js';
import { contactSheet } from '../../../media/sheet.js';
import { TOYBOX_PATCH } from '../../modalities.js';
import { PatchBorders } from '../patch-borders.js';
import { embeddingsOf, scenesOf } from '../scenes.js';
import { embeddingWithNetwork, GLOBAL_EMBEDDINGS, type Study } from '../study.js';

/** Training pictures whose mean is the trivial reconstruction. */
const TRAINING_SCENES = 200;
/** Scenes that go through the tokenizer at once. */
const BATCH = 25;
/** Scenes that the sheet shows. */
const SHOWN = 6;

/**
 * Pictures through their tokens: similarity to the picture, blocks, and the Fréchet distance of the embeddings of a stand-in
 * network (in place of Inception's: FID). That of true pictures to others of the same kind is its lower bound.
 */
export const reconstructionStudy: Study = {
  name: 'reconstruction',
  modalities: ['rgb'],
  hasPicture: true,
  async run(model, { scenes, seed = 0, signal, onProgress }) {
    const embedding = await embeddingWithNetwork(model, GLOBAL_EMBEDDINGS);
    const mean = new MeanPredictor();
    let shape: RgbImage | undefined;
    for await (const { rgb } of scenesOf(model, 'train', TRAINING_SCENES, signal)) {
      shape ??= rgb;
      mean.add(rgb.data);
    }
    const usual: RgbImage = { ...shape!, data: Uint8Array.from(mean.result(), Math.round) };

    const [metric, trivial] = [new ImageMetric(), new ImageMetric()];
    const [borders, trueBorders] = [new PatchBorders(TOYBOX_PATCH), new PatchBorders(TOYBOX_PATCH)];
    const all: { truth: RgbImage; image: RgbImage }[] = [];
    let batch: RgbImage[] = [];
    for await (const { rgb } of scenesOf(model, 'test', scenes, signal)) {
      batch.push(rgb);
      if (batch.length < BATCH && all.length + batch.length < scenes) continue;
      const results = await model.reconstruct('rgb', batch, {
        seed: batch.map((_, i) => seed + all.length + i),
        signal,
      });
      for (const [i, truth] of batch.entries()) {
        await pauseOrCancel(signal, 'the evaluation');
        const image = results[i]!.toImage();
        metric.add(image, truth);
        trivial.add(usual, truth);
        borders.add(image);
        trueBorders.add(truth);
        all.push({ truth, image });
      }
      onProgress?.(all.length, embedding ? 2 * scenes : scenes);
      batch = [];
    }

    const [model_, usual_] = [metric.result(), trivial.result()];
    const [blocks, trueBlocks] = [borders.result(), trueBorders.result()];
    const row = (name: string, better: 'lower' | 'higher', trivial: number | null, model: number | null): ScoreRow => ({
      task: 'reconstruction',
      metric: name,
      better,
      trivial,
      model,
      ceiling: null,
    });
    const rows = [
      row('PSNR (dB)', 'higher', usual_.psnr, model_.psnr),
      row('SSIM', 'higher', usual_.ssim, model_.ssim),
      row(
        'steps across patch borders, relative to the true pictures',
        'lower',
        null,
        blocks !== null && trueBlocks ? blocks / trueBlocks : null,
      ),
    ];
    const notes: string[] = [];
    let frechet: number | null = null;
    if (embedding !== undefined && scenes > 1) {
      const embed = (images: readonly RgbImage[]) => embeddingsOf(model, embedding, images, signal);
      const truth = fitGaussian(await embed(all.map((pair) => pair.truth)));
      const made = fitGaussian(await embed(all.map((pair) => pair.image)));
      const constant: Embeddings = await embed([usual, usual]);
      frechet = frechetDistance(made, truth).distance;
      rows.push(
        row(
          `Fréchet distance (${embedding})`,
          'lower',
          frechetDistance(fitGaussian(constant), truth).distance,
          frechet,
        ),
      );
      onProgress?.(2 * scenes, 2 * scenes);
    } else notes.push('No Fréchet distance: it needs two scenes, and an embedding with a frozen network.');
    return {
      study: 'reconstruction',
      rows,
      notes,
      figures: { scenes, ...model_, patchBorders: blocks, patchBordersOfTruth: trueBlocks, frechet, embedding },
      picture: contactSheet('Pictures through their tokens', [
        { tiles: all.slice(0, SHOWN).map(({ truth }) => ({ title: 'true', content: truth })) },
        { tiles: all.slice(0, SHOWN).map(({ image }) => ({ title: 'through tokens', content: image })) },
      ]),
    };
  },
};
