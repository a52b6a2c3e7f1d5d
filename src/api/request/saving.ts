/** Results as files, downloads and canvases. */
import { InvalidInputError } from '../../errors.js';
import type { RgbImage } from '../../media/raster.js';
import { diskModule } from '../loading/disk-module.js';
import type { Result, ResultCanvas, UnsavedResult } from '../types/results.js';
import { type ResultFile, valueFiles } from './result-files.js';

const TYPES: Readonly<Record<ResultFile['extension'], string>> = {
  png: 'image/png',
  npy: 'application/octet-stream',
  txt: 'text/plain',
  json: 'application/json',
};

/** Adds the methods that all results, or all drawings, share. */
export function withSaving(result: UnsavedResult): Result {
  const drawing = 'toPng' in result && {
    toBlob: () => new Blob([result.toPng()], { type: TYPES.png }),
    toCanvas: () => canvasOf(result.toImage()),
  };
  return { ...result, ...drawing, save: (path: string) => save(result, path) } as Result;
}

async function save(result: UnsavedResult, path: string): Promise<string> {
  if (typeof path !== 'string' || /(^|[\\/])$/.test(path)) {
    throw new InvalidInputError(`save takes the path of a file, such as 'out.png', not ${JSON.stringify(path)}`);
  }
  const { file, full } = fileFor(result, path);
  const disk = await diskModule();
  if (disk) await disk.writeFileAtomic(full, file.content);
  else download(full, new Blob([file.content], { type: TYPES[file.extension] }));
  return full;
}

/** The file that a path's extension chooses, and the path with it. */
function fileFor(result: UnsavedResult, path: string): { file: ResultFile; full: string } {
  const extension = /\.([A-Za-z]\w*)$/.exec(path)?.[1]?.toLowerCase();
  const values = valueFiles(result);
  if (extension === undefined) return { file: values[0]!, full: `${path}.${values[0]!.extension}` };
  const own = values.find((file) => file.extension === extension);
  if (own) return { file: own, full: path };
  if (extension === 'png' && 'toPng' in result) return { file: { extension, content: result.toPng() }, full: path };
  const known = new Set([...values.map((file) => file.extension), ...('toPng' in result ? ['png'] : [])]);
  throw new InvalidInputError(
    `a result of the kind '${result.kind}' is saved as ${[...known].map((name) => `.${name}`).join(' or ')}, not .${extension}`,
  );
}

function download(path: string, content: Blob): void {
  if (typeof document === 'undefined') {
    throw new InvalidInputError('only a page or Node can save files: send toBlob() or the values to the page');
  }
  const href = URL.createObjectURL(content);
  const link = Object.assign(document.createElement('a'), { href, download: path.replace(/^.*[\\/]/, '') });
  link.click();
  // The browser reads it after this turn.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

function canvasOf({ width, height, data }: RgbImage): ResultCanvas {
  const canvas = emptyCanvas(width, height);
  const context = canvas?.getContext('2d') as CanvasRenderingContext2D | null | undefined;
  if (!context) throw new InvalidInputError('there is no canvas here: toImage() has the pixels, and toPng() a file');
  const pixels = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    pixels.data.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
    pixels.data[4 * i + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
  return canvas as ResultCanvas;
}

function emptyCanvas(width: number, height: number): HTMLCanvasElement | OffscreenCanvas | undefined {
  if (typeof document !== 'undefined') return Object.assign(document.createElement('canvas'), { width, height });
  return typeof OffscreenCanvas === 'undefined' ? undefined : new OffscreenCanvas(width, height);
}
