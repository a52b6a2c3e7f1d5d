/** The program of a page, as in docs/browser.md. */
import {
  encodePng,
  FourMError,
  type GenerationProgress,
  loadModel,
  type Model,
  media,
  type Results,
  training,
  transformer,
  useBackend,
} from 'fourm';
import { loadModelInWorker, type RemoteModel } from 'fourm/client';
import { InvalidInputError } from 'fourm/errors';
import { CaptionMetric } from 'fourm/evaluation';
import { maskImage } from 'fourm/masking';
import { decodeImage } from 'fourm/media';
import { publishedModalities } from 'fourm/modalities';
import { loadWordPiece, tokenize } from 'fourm/tokenizers';
import { toyboxSample } from 'fourm/toybox';

export async function inWorker(file: Uint8Array, signal: AbortSignal): Promise<Blob> {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  const model: RemoteModel = await loadModelInWorker(worker, '/models/toybox/', { wasmPath: '/wasm/' });
  const onProgress = ({ share }: GenerationProgress) => console.log(share);
  const { depth } = await model.generate({ rgb: file }, { to: ['depth'], signal, onProgress });
  if (depth.tokens === undefined) throw new InvalidInputError('no tokens');
  return new Blob([depth.toPng()]);
}

export async function inPage(file: Uint8Array): Promise<Blob[]> {
  await useBackend('auto', { wasmPath: new URL('/wasm/', location.href) });
  const model: Model = await loadModel('toybox');
  const results: Results<'depth' | 'caption' | 'rgb'> = await model.generate(
    { rgb: file },
    { to: ['depth', 'caption', 'rgb'], seed: 0 },
  );
  const text: string = results.caption.text;
  if (text === '') throw new FourMError(text);
  return [new Blob([results.depth.toPng()]), new Blob([encodePng(results.rgb.toImage())])];
}

export const parts = [
  CaptionMetric,
  maskImage,
  decodeImage,
  publishedModalities,
  loadWordPiece,
  tokenize,
  toyboxSample,
  media,
  training,
  transformer,
];
