/** Rows of the demo's contact sheet: predictions of a scene beside the ground truth. */
import type { Model } from '../api/model.js';
import type { ImageResult, Result } from '../api/types/results.js';
import { InvalidInputError } from '../errors.js';
import { blank, blit } from '../media/draw.js';
import { drawEmbedding, drawFeatures } from '../media/draw-vectors.js';
import type { Raster, RgbImage } from '../media/raster.js';
import type { SheetRow, Tile } from '../media/sheet.js';
import type { ToyboxSample } from '../toybox/sample.js';
import { scenePictures } from './toybox.js';

/** Modalities predicted from a picture, in the order of the sheet. */
const SHOWN = [
  'depth',
  'normal',
  'semseg',
  'canny_edge',
  'sam_edge',
  'sam_instance',
  'det',
  'human_poses',
  'caption',
  'color_palette',
  'metadata',
  'clip',
  'dinov2',
  'imagebind',
  'dinov2_global',
  'imagebind_global',
] as const;

/** Modalities whose values a network computes from the picture. */
const FEATURES = /^(clip|dinov2|imagebind)/;

/** Pairs of a prediction and the truth in a row. */
const PAIRS = 4;

/** The modalities that the demo predicts with a model. */
export function demoTargets({ modalities }: Pick<Model, 'modalities'>): string[] {
  return SHOWN.filter((name) => modalities.includes(name));
}

/** True features of pictures, by modality; the package's networks compute them. */
export type TrueFeatures = Readonly<Record<string, Raster<Float32Array> | Float32Array>>;

/** The features of each sample that a model's networks compute; none of models without networks. */
export async function trueFeatures(
  model: Model,
  samples: readonly ToyboxSample[],
  signal: AbortSignal,
): Promise<TrueFeatures[]> {
  const features: Record<string, Raster<Float32Array> | Float32Array>[] = samples.map(() => ({}));
  const pictures = samples.map(({ rgb }) => rgb);
  for (const name of demoTargets(model).filter((name) => FEATURES.test(name))) {
    const computed = await model.features(name, pictures, { signal }).catch((error: unknown) => {
      if (error instanceof InvalidInputError) return [];
      throw error;
    });
    computed.forEach((values, i) => {
      features[i]![name] = values;
    });
  }
  return features;
}

/** The rows of a scene: the picture and itself through its tokens, then each prediction with the truth to its right. */
export function sceneRows(
  heading: string,
  sample: ToyboxSample,
  results: Readonly<Record<string, Result>>,
  features: TrueFeatures,
  tokenized: ImageResult | undefined,
): SheetRow[] {
  const pictures = scenePictures(sample);
  const through = tokenized && { title: 'through its tokens', content: tokenized.toImage() };
  const pairs: (readonly [Tile, Tile | undefined])[] = [[{ title: 'input: rgb', content: sample.rgb }, through]];
  const embeddings = Object.keys(results).filter((name) => results[name]!.kind === 'embedding');
  for (const [name, result] of Object.entries(results)) {
    if (embeddings.includes(name)) continue;
    const [predicted, truth] = contents(name, result, sample, pictures, features[name]);
    pairs.push([
      { title: name, content: predicted },
      truth === undefined ? undefined : { title: 'truth', content: truth },
    ]);
  }
  if (embeddings.length > 0) pairs.push(embeddingPair(embeddings, results, features));
  const rows: SheetRow[] = [];
  for (let i = 0; i < pairs.length; i += PAIRS) {
    rows.push({ ...(i === 0 && { heading }), tiles: pairs.slice(i, i + PAIRS).flat() });
  }
  return rows;
}

type Content = Tile['content'];

/** A prediction and the truth, drawn alike. */
function contents(
  name: string,
  result: Result,
  sample: ToyboxSample,
  pictures: ReturnType<typeof scenePictures>,
  features: TrueFeatures[string] | undefined,
): [predicted: Content, truth: Content | undefined] {
  switch (result.kind) {
    case 'text':
      return [result.text, sample.caption];
    case 'features': {
      const truth = features !== undefined && 'data' in features ? [features] : [];
      const [predicted, drawnTruth] = drawFeatures(result.values, ...truth);
      return [predicted!, drawnTruth];
    }
    case 'palette':
      return [result.values.length > 0 ? result.toImage() : '(no colour)', pictures[name]];
    case 'detections':
    case 'poses':
    case 'instances':
      return [result.drawOn(sample.rgb), pictures[name]];
    default:
      return [result.toImage(), pictures[name]];
  }
}

/** Pixels between two strips. */
const GAP = 16;

/** All embeddings of the whole picture as strips one below the other. */
function embeddingPair(
  names: readonly string[],
  results: Readonly<Record<string, Result>>,
  features: TrueFeatures,
): [Tile, Tile | undefined] {
  const strips = (all: readonly (RgbImage | undefined)[]) => {
    const drawn = all.filter((strip) => strip !== undefined);
    const { width, height } = drawn[0]!;
    const image = blank(width, drawn.length * (height + GAP) - GAP, [255, 255, 255]);
    drawn.forEach((strip, i) => {
      blit(image, strip, 0, i * (height + GAP));
    });
    return image;
  };
  const predicted = names.map((name) => {
    const result = results[name]!;
    return result.kind === 'embedding' ? result.toImage() : undefined;
  });
  const truth = names.flatMap((name) => {
    const own = features[name];
    return own instanceof Float32Array ? [drawEmbedding(own)] : [];
  });
  const caption = names.join(', ');
  return [
    { title: 'global embeddings', content: strips(predicted), caption },
    truth.length > 0 ? { title: 'truth', content: strips(truth), caption } : undefined,
  ];
}
