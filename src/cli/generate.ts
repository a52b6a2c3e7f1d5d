import { join } from 'node:path';
import type { BackendName } from '../../backends/index.js';
import { loadModel } from '../api/loading/load-model.js';
import type { Input } from '../api/model.js';
import { fitToSquare } from '../api/request/images.js';
import type { Result } from '../api/types/results.js';
import { InvalidInputError } from '../errors.js';
import { ensureFolder } from '../io/folders.js';
import { readFile, readJson } from '../io/read-file.js';
import { writeFileAtomic } from '../io/write-file.js';
import type { RgbImage } from '../media/raster.js';
import type { WeightDtype } from '../nn/packed/packing.js';
import { withBackend } from './compute.js';
import { downloadNotes, withProgress } from './progress.js';
import { readImage } from './read-image.js';
import { DRAWN_SIZE, filesOf } from './result-files.js';
import { print, type Terminal } from './terminal.js';

/** What `fourm generate` takes. */
export interface GenerateCommandOptions {
  readonly to: readonly string[];
  readonly out: string;
  /** `modality` or `modality=value`. */
  readonly from?: readonly string[];
  readonly text?: string;
  readonly model: string;
  readonly dtype: WeightDtype;
  readonly offline?: boolean;
  readonly endpoint?: string;
  readonly cache?: string;
  readonly seed: number;
  readonly backend: BackendName | 'auto';
}

/** `fourm generate`: some modalities in, others out, each into a file. */
export async function generate(
  image: string | undefined,
  options: GenerateCommandOptions,
  terminal: Terminal,
): Promise<void> {
  const { to, out, seed } = options;
  const { signal } = terminal;
  const inputs = await readInputs(image, options);
  await ensureFolder(out);
  await withBackend(options.backend, terminal, async () => {
    const { dtype, offline, endpoint, cache } = options;
    const onDownload = downloadNotes(terminal);
    const model = await loadModel(options.model, { signal, dtype, offline, endpoint, cache, onDownload });
    const results: Record<string, Result> = await withProgress(terminal, 'generating', (progress) =>
      model.generate(inputs, {
        to,
        seed,
        signal,
        onProgress: (at) => progress.generation(at),
      }),
    );
    const picture = pictureOf(inputs, results);
    const masks: typeof model.masks = (objects) => model.masks(objects);
    for (const [modality, result] of Object.entries(results)) {
      for (const [name, data] of Object.entries(await filesOf(modality, result, picture, masks))) {
        await writeFileAtomic(join(out, name), data);
        print(terminal, join(out, name));
      }
    }
  });
}

/** What is given: the picture, the text, and what `--from` names with a value. */
async function readInputs(
  image: string | undefined,
  { from = [], text }: GenerateCommandOptions,
): Promise<Record<string, Input>> {
  const inputs: Record<string, Input> = {};
  const give = (name: string, value: Input) => {
    if (Object.hasOwn(inputs, name)) throw new InvalidInputError(`'${name}' is given twice`);
    inputs[name] = value;
  };
  const unnamed = from.filter((entry) => !entry.includes('='));
  if (text !== undefined) give(unnamed.shift() ?? 'caption', text);
  if (image !== undefined) {
    const name = unnamed.shift() ?? 'rgb';
    give(name, await readPicture(name, image));
  }
  if (unnamed[0] !== undefined) {
    throw new InvalidInputError(
      `--from ${unnamed[0]} lacks what it names: give a picture, --text, or --from ${unnamed[0]}=…`,
    );
  }
  for (const entry of from.filter((entry) => entry.includes('='))) {
    const at = entry.indexOf('=');
    give(entry.slice(0, at), await readValue(entry.slice(0, at), entry.slice(at + 1)));
  }
  if (Object.keys(inputs).length === 0) throw new InvalidInputError('give a picture, or --from caption --text "…"');
  return inputs;
}

/** A picture or values from a file, or text. */
async function readValue(name: string, value: string): Promise<Input> {
  if (/\.(png|jpe?g)$/i.test(value)) return readPicture(name, value);
  return /\.json$/i.test(value) ? ((await readJson(value)) as Input) : value;
}

/** A picture; or a map as its file, because it may hold what no picture does: 16 bits, or ids. */
async function readPicture(name: string, path: string): Promise<Input> {
  const image = await readImage(path);
  return /^rgb(@|$)/.test(name) ? image : readFile(path);
}

/** The picture that boxes belong to, as the model saw it. */
function pictureOf(inputs: Readonly<Record<string, Input>>, results: Readonly<Record<string, Result>>) {
  if (results.rgb?.kind === 'image') return results.rgb.toImage();
  if (typeof inputs.rgb !== 'object' || !('data' in inputs.rgb)) return undefined;
  return fitToSquare(inputs.rgb, { kind: 'rgb' }, DRAWN_SIZE) as RgbImage;
}
