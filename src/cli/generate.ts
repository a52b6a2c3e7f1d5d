import { basename, join } from 'node:path';
import type { BackendName } from '../../backends/index.js';
import { loadModel } from '../api/loading/load-model.js';
import type { Input, Model } from '../api/model.js';
import { fitToSquare } from '../api/request/images.js';
import type { ResultFile } from '../api/request/result-files.js';
import type { Result } from '../api/types/results.js';
import { InvalidInputError } from '../errors.js';
import { checkWritable, writeFileAtomic } from '../io/write-file.js';
import type { Raster, RgbImage } from '../media/raster.js';
import type { WeightDtype } from '../nn/packed/packing.js';
import { withBackend } from './compute.js';
import { fitInputs } from './fit-input.js';
import { DRAWN_SIZE, type DrawingContext, resultFiles } from './modality-files.js';
import type { Fit } from './options.js';
import { withOutputFolder } from './output-folder.js';
import { downloadNotes, withProgress } from './progress.js';
import { readInputFile, readValue, STANDARD_STREAM } from './read-input.js';
import { note, print, type Terminal } from './terminal.js';

/** Options of `fourm generate`. */
export interface GenerateCommandOptions {
  readonly to: readonly string[];
  /** A folder, or `-`. */
  readonly out: string;
  /** `modality` or `modality=value`. */
  readonly from?: readonly string[];
  readonly text?: string;
  readonly fit: Fit;
  readonly json?: boolean;
  readonly model: string;
  readonly dtype: WeightDtype;
  readonly offline?: boolean;
  readonly endpoint?: string;
  readonly cache?: string;
  readonly seed: number;
  readonly backend: BackendName | 'auto';
}

/** `fourm generate`: generates modalities from others, and writes each into a file. */
export async function generate(
  image: string | undefined,
  options: GenerateCommandOptions,
  terminal: Terminal,
): Promise<void> {
  const { to, out } = options;
  if (out === STANDARD_STREAM && (to.length > 1 || options.json)) {
    throw new InvalidInputError('--out - writes a single modality and nothing else: name one in --to, without --json');
  }
  const inputs = await fitInputs(await readInputs(image, options, terminal), options.fit, terminal);
  if (out === STANDARD_STREAM) {
    const { files } = await compute(inputs, options, terminal);
    terminal.out.write(files[to[0]!]![0]!.content);
    return;
  }
  await withOutputFolder(out, async () => {
    for (const name of to) await checkFiles(out, name);
    const { files, about } = await compute(inputs, options, terminal);
    const written: Record<string, string[]> = {};
    for (const [name, ofModality] of Object.entries(files)) {
      written[name] = [];
      for (const { extension, content } of ofModality) {
        const path = join(out, `${name}.${extension}`);
        await writeFileAtomic(path, content);
        written[name].push(path);
        if (!options.json) print(terminal, path);
      }
    }
    if (!options.json) return;
    const results = Object.entries(about.results).map(([name, result]) => [name, { ...result, files: written[name] }]);
    print(terminal, JSON.stringify({ ...about, results: Object.fromEntries(results) }, null, 2));
  });
}

/** The files of each generated modality, and a summary of the results for `--json`. */
interface Computed {
  readonly files: Readonly<Record<string, readonly ResultFile[]>>;
  readonly about: {
    readonly model: string;
    readonly backend: string;
    readonly seed: number;
    readonly results: Readonly<Record<string, object>>;
  };
}

function compute(
  inputs: Readonly<Record<string, Input>>,
  options: GenerateCommandOptions,
  terminal: Terminal,
): Promise<Computed> {
  const { signal } = terminal;
  return withBackend(options.backend, terminal, async (backend) => {
    const { to, seed, dtype, offline, endpoint, cache } = options;
    const onDownload = downloadNotes(terminal);
    const model = await loadModel(options.model, { signal, dtype, offline, endpoint, cache, onDownload });
    const results: Record<string, Result> = await withProgress(terminal, 'generating', (progress) =>
      model.generate(inputs, { to, seed, signal, onProgress: (at) => progress.generation(at) }),
    );
    noteWorld(model, inputs, terminal);
    // A package without the tokenizer of masks has boxes alone.
    const masks: DrawingContext['masks'] = (objects) =>
      model.masks(objects).catch((error: unknown) => {
        if (error instanceof InvalidInputError) return undefined;
        throw error;
      });
    const context = { image: imageOf(inputs, results), masks };
    const files: Record<string, readonly ResultFile[]> = {};
    for (const [name, result] of Object.entries(results)) files[name] = await resultFiles(result, context);
    const summaries = Object.entries(results).map(([name, result]) => [name, summaryOf(result)]);
    const about = { model: model.name, backend: backend.name, seed, results: Object.fromEntries(summaries) };
    return { files, about };
  });
}

/** Pixels a side of the scenes that the shipped model was trained on. */
const SCENE_SIZE = 64;

/** Notes that the shipped model is not trained on photographs, if it is given anything but a scene at its own size. */
function noteWorld(model: Model, inputs: Readonly<Record<string, Input>>, terminal: Terminal): void {
  const { rgb } = inputs;
  if (model.name !== 'toybox' || typeof rgb !== 'object' || !('width' in rgb) || rgb.width === SCENE_SIZE) return;
  note(
    terminal,
    "the model 'toybox' was trained on rendered scenes of simple shapes alone (fourm toybox draws them); " +
      'for photographs load a published model: --model EPFL-VILAB/4M-21_B',
  );
}

/** A result without its files: kind, tokens, and the generated words. */
function summaryOf(result: Result): object {
  const { kind, tokens } = result;
  const text = 'text' in result ? { text: result.text } : {};
  const unparsed = 'unparsed' in result ? { unparsed: result.unparsed } : {};
  return { kind, tokens: Array.from(tokens), ...text, ...unparsed };
}

/** @throws OutputError before the work, if a file of the modality cannot be written */
async function checkFiles(out: string, name: string): Promise<void> {
  if (basename(name) !== name || /^\.*$/.test(name) || name.includes('\\')) {
    throw new InvalidInputError(`the modality '${name}' cannot be written: its name is no file name`);
  }
  const extensions: ResultFile['extension'][] = ['png', 'npy', 'txt', 'json'];
  for (const extension of extensions) await checkWritable(join(out, `${name}.${extension}`));
}

/** Reads the inputs: the picture, the text, and the values of `--from`. */
async function readInputs(
  image: string | undefined,
  { from = [], text }: GenerateCommandOptions,
  terminal: Terminal,
): Promise<Record<string, Input>> {
  const given = givenValues(image, from, text);
  if (given.length === 0) throw new InvalidInputError('give a picture, or --from caption --text "…"');
  const twice = given.find(({ name }, i) => given.findIndex((other) => other.name === name) !== i);
  if (twice) throw new InvalidInputError(`'${twice.name}' is given twice`);
  const streams = given.filter(({ value }) => value === STANDARD_STREAM).map(({ name }) => `'${name}'`);
  if (streams.length > 1) throw new InvalidInputError(`- stands for ${streams.join(' and ')}, and can be read once`);
  const inputs: [name: string, input: Input][] = [];
  for (const { name, value, as } of given) {
    if (as === 'file' || value === STANDARD_STREAM) inputs.push([name, await readInputFile(name, value, terminal)]);
    else inputs.push([name, as === 'text' ? value : await readValue(name, value, terminal)]);
  }
  // Unlike an assignment, this keeps the name `__proto__`, which the model then refuses.
  return Object.fromEntries(inputs);
}

interface Given {
  readonly name: string;
  readonly value: string;
  /** How the value is read: as a file, as the text itself, or as either. `-` is the standard input in all three. */
  readonly as: 'file' | 'text' | 'value';
}

function givenValues(image: string | undefined, from: readonly string[], text: string | undefined): Given[] {
  const unnamed = from.filter((entry) => !entry.includes('='));
  const given: Given[] = [];
  if (text !== undefined) given.push({ name: unnamed.shift() ?? 'caption', value: text, as: 'text' });
  if (image !== undefined) given.push({ name: unnamed.shift() ?? 'rgb', value: image, as: 'file' });
  if (unnamed[0] !== undefined) {
    throw new InvalidInputError(
      `--from ${unnamed[0]} lacks what it names: give a picture, --text, or --from ${unnamed[0]}=…`,
    );
  }
  for (const entry of from.filter((entry) => entry.includes('='))) {
    const at = entry.indexOf('=');
    given.push({ name: entry.slice(0, at), value: entry.slice(at + 1), as: 'value' });
  }
  return given;
}

/** The picture for drawing boxes, cropped as the model reads it. */
function imageOf(inputs: Readonly<Record<string, Input>>, results: Readonly<Record<string, Result>>) {
  if (results.rgb?.kind === 'image') return results.rgb.toImage();
  const { rgb } = inputs;
  if (typeof rgb !== 'object' || !('data' in rgb)) return undefined;
  return fitToSquare(rgb as Raster, { kind: 'rgb' }, DRAWN_SIZE) as RgbImage;
}
