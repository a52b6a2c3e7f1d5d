/** Results on their way to another thread. Functions cannot be sent: what an image looks like is drawn before. */

import {
  detectionsMethods,
  embeddingMethods,
  featuresMethods,
  instancesMethods,
  metadataMethods,
  paletteMethods,
  posesMethods,
} from '../api/request/drawing.js';
import { isTokens } from '../api/request/given-tokens.js';
import { withSaving } from '../api/request/saving.js';
import type { Input } from '../api/types/inputs.js';
import type {
  DetectionsResult,
  EmbeddingResult,
  FeaturesResult,
  ImageResult,
  InstancesResult,
  MetadataResult,
  PaletteResult,
  PosesResult,
  Result,
  TextResult,
  UnsavedResult,
} from '../api/types/results.js';
import { encodePng } from '../media/encode.js';
import type { Raster, RgbImage } from '../media/raster.js';

/** A result without its methods. */
type DataOf<R> = { [Key in keyof R as R[Key] extends (...args: never[]) => unknown ? never : Key]: R[Key] };

/** A result as it is sent: its data, and of an image also its drawing. */
export type SentResult =
  | (DataOf<ImageResult> & { readonly image: RgbImage })
  | DataOf<DetectionsResult>
  | DataOf<MetadataResult>
  | DataOf<PaletteResult>
  | DataOf<PosesResult>
  | DataOf<InstancesResult>
  | DataOf<FeaturesResult>
  | DataOf<EmbeddingResult>
  | DataOf<TextResult>;

export function sentResult(result: Result): SentResult {
  const data = Object.fromEntries(Object.entries(result).filter(([, value]) => typeof value !== 'function'));
  return (result.kind === 'image' ? { ...data, image: result.toImage() } : data) as SentResult;
}

export function receivedResult(sent: SentResult): Result {
  return withSaving(withDrawing(sent));
}

function withDrawing(sent: SentResult): UnsavedResult {
  switch (sent.kind) {
    case 'image': {
      const { image, ...data } = sent;
      return { ...data, toImage: () => image, toPng: () => encodePng(image) };
    }
    case 'detections':
      return { ...sent, ...detectionsMethods(sent.objects) };
    case 'metadata':
      return { ...sent, ...metadataMethods(sent.values) };
    case 'palette':
      return { ...sent, ...paletteMethods(sent.values) };
    case 'poses':
      return { ...sent, ...posesMethods(sent.values) };
    case 'instances':
      return { ...sent, ...instancesMethods(sent.values, sent.size) };
    case 'features':
      return { ...sent, ...featuresMethods(sent.values) };
    case 'embedding':
      return { ...sent, ...embeddingMethods(sent.values) };
    case 'text':
      return sent;
  }
}

/** An input as it is sent: of a result, whose methods cannot be, the tokens. */
export function sentInput(input: Input): Input {
  if (!isTokens(input)) return input;
  const { tokens, modality } = input;
  return { tokens, ...(modality !== undefined && { modality }) };
}

/** The memory of results, which moves with them instead of being copied. */
export function memoryOf(results: readonly SentResult[]): ArrayBuffer[] {
  const buffers = results.flatMap((result) => {
    const pixels = 'image' in result ? [result.image.data] : [];
    return [result.tokens, ...valuesOf(result), ...pixels].map(({ buffer }) => buffer);
  });
  return [...new Set(buffers as ArrayBuffer[])];
}

function valuesOf(result: SentResult): Raster['data'][] {
  if (result.kind === 'embedding') return [result.values];
  return result.kind === 'image' || result.kind === 'features' ? [result.values.data] : [];
}

/** The same names, with other values. */
export function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
