/** The sheet of a training in progress. */
import { join } from 'node:path';
import { loadModel } from '../../api/loading/load-model.js';
import { drawImage } from '../../api/request/images.js';
import type { SheetRow } from '../../media/sheet.js';
import { fromTokenizerValues } from '../../modalities/images.js';
import { loadParameters } from '../../nn/state-dict.js';
import { buildTokenizer, decodeTokens } from '../../tokenizers/tokenizer.js';
import { tokenize } from '../../tokenizers/vq/vqvae.js';
import { MAX_OBJECTS } from '../../toybox/constants.js';
import { TOYBOX_IMAGES, TOYBOX_PATCH, TOYBOX_SIZE, type ToyboxImage } from '../../toybox/modalities.js';
import { toyboxSample } from '../../toybox/sample.js';
import { toyboxSeed } from '../../toybox/splits.js';
import { examplesOf } from '../../toybox/training/examples.js';
import { demoRows } from '../demo.js';
import type { Terminal } from '../terminal.js';
import { writeModel } from './export.js';
import type { ToyboxRecipe } from './recipe.js';
import { readTokenizer } from './runs.js';

/** Test scenes on the sheet. */
const SCENES = 3;
const GRID = TOYBOX_SIZE / TOYBOX_PATCH;

/** Exports the model of the last checkpoint to its folder, and draws what it predicts. */
export async function modelRows(
  out: string,
  seed: number,
  { maxSolids = MAX_OBJECTS }: ToyboxRecipe,
  terminal: Terminal,
): Promise<SheetRow[]> {
  const runs = join(out, 'runs');
  await writeModel({ model: join(runs, 'model'), tokenizers: runs, text: join(runs, 'text.json'), out });
  const model = await loadModel(out, { signal: terminal.signal });
  // The training's own progress line is on the terminal.
  const rows = await demoRows(
    model,
    { scenes: SCENES, seed, isShown: ({ objects }) => objects.length <= maxSolids },
    { ...terminal, err: { write() {} } },
  );
  await model.dispose();
  return rows;
}

/**
 * Test scenes through the tokens of a tokenizer's last checkpoint.
 *
 * @param run  its name in the folder of all runs, such as `tok-semseg`
 * @returns    no rows for tokenizers of other values than images
 */
export async function tokenizerRows(
  runs: string,
  run: string,
  { maxSolids = MAX_OBJECTS }: ToyboxRecipe,
): Promise<SheetRow[]> {
  const name = run.replace(/^tok-/, '') as ToyboxImage;
  const values = TOYBOX_IMAGES[name];
  if (values === undefined) return [];
  const { config, file } = await readTokenizer(runs, name);
  const tokenizer = buildTokenizer(config);
  await loadParameters(tokenizer.parameters.all, file);
  const samples = Array.from({ length: SCENES }, (_, i) =>
    toyboxSample(toyboxSeed('test', i), { people: false, maxSolids }),
  );
  const tiles: SheetRow['tiles'][number][] = [];
  for (const [i, [example]] of (await examplesOf(name, samples)).entries()) {
    const tokens = await tokenize(tokenizer, example!, TOYBOX_SIZE, TOYBOX_SIZE);
    const decoded = await decodeTokens(tokenizer, tokens, [GRID, GRID]);
    const image = fromTokenizerValues(values, decoded, TOYBOX_SIZE, TOYBOX_SIZE);
    tiles.push(
      { title: name, content: drawImage(values, samples[i]![name]) },
      { title: 'through its tokens', content: drawImage(values, image) },
    );
  }
  for (const parameter of tokenizer.parameters.all) parameter.dispose();
  return [{ heading: `Unseen pictures, as ${GRID * GRID} tokens and back`, tiles }];
}
