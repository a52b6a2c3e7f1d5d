/** Results on their way to another thread. Functions cannot be sent: what an image looks like is drawn before. */
import { type DetectionsResult, detectionsMethods, type ImageResult, type Result } from '../api/results.js';
import { encodePng } from '../media/encode.js';
import type { Raster, RgbImage } from '../media/raster.js';

/** A result as it is sent: its data. */
export type SentResult =
  | (Omit<ImageResult, 'toImage' | 'toPng'> & { readonly image: RgbImage })
  | Omit<DetectionsResult, 'drawOn'>
  | Exclude<Result, ImageResult | DetectionsResult>;

export function sentResult(result: Result): SentResult {
  switch (result.kind) {
    case 'image': {
      const { toImage, toPng: _, ...data } = result;
      return { ...data, image: toImage() };
    }
    case 'detections': {
      const { drawOn: _, ...data } = result;
      return data;
    }
    default:
      return result;
  }
}

export function receivedResult(sent: SentResult): Result {
  switch (sent.kind) {
    case 'image': {
      const { image, ...data } = sent;
      return { ...data, toImage: () => image, toPng: () => encodePng(image) };
    }
    case 'detections':
      return { ...sent, ...detectionsMethods(sent.objects) };
    default:
      return sent;
  }
}

/** The memory of results, which moves with them instead of being copied. */
export function memoryOf(results: readonly SentResult[]): ArrayBuffer[] {
  const buffers = results.flatMap((result) => {
    const values = 'values' in result ? [arrayOf(result.values)] : [];
    return [result.tokens, ...values, ...('image' in result ? [result.image.data] : [])].map(({ buffer }) => buffer);
  });
  return [...new Set(buffers as ArrayBuffer[])];
}

function arrayOf(values: Raster | Float32Array): Raster['data'] {
  return 'data' in values ? values.data : values;
}

/** The same names, with other values. */
export function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
