import { join } from 'node:path';
import type { BackendName } from '../../../backends/index.js';
import { writeFileAtomic } from '../../io/write-file.js';
import { encodePng } from '../../media/encode.js';
import { contactSheet } from '../../media/sheet.js';
import { note, print, type Terminal } from '../terminal.js';
import { modelRows, tokenizerRows } from './quick-sheet.js';
import type { ToyboxRecipe } from './recipe.js';
import { trainToybox } from './toybox.js';

/** Options of `fourm train quick`. */
export interface QuickTrainingOptions {
  /** Folder of the model; `runs` in it has the intermediate results. */
  readonly out: string;
  readonly seed: number;
  readonly backend: BackendName | 'auto';
}

/** Minutes between two drawings of the sheet. */
const SHEET_MINUTES = 2;

/**
 * `fourm train quick`: a small model of few modalities, from nothing, in minutes. `sheet.png` in its folder is drawn anew as it
 * learns: pictures through their tokens first, then predictions from unseen pictures and from texts. Like all trainings it
 * resumes after an interruption.
 */
export async function trainQuick(
  { out, seed, backend }: QuickTrainingOptions,
  recipe: ToyboxRecipe,
  terminal: Terminal,
): Promise<void> {
  const runs = join(out, 'runs');
  const sheet = join(out, 'sheet.png');
  const started = performance.now();
  const draw = async (run: string, step: number) => {
    if (terminal.signal.aborted) return;
    const rows =
      run === 'model' ? await modelRows(out, seed, recipe, terminal) : await tokenizerRows(runs, run, recipe);
    if (rows.length === 0) return;
    await writeFileAtomic(sheet, encodePng(contactSheet(`fourm train quick: ${run} after ${step} steps`, rows)));
    note(terminal, `${sheet}: ${run} after ${step} steps`);
  };
  await trainToybox(
    { runs, out, seed, backend, checkpointMinutes: SHEET_MINUTES, onCheckpoint: draw },
    recipe,
    terminal,
  );
  note(terminal, `done in ${((performance.now() - started) / 60_000).toFixed(1)} minutes`);
  for (const line of nextSteps(out, recipe)) note(terminal, line);
  print(terminal, sheet);
}

/** How to use the model, and the first changes to try. */
function nextSteps(out: string, { model: { width, heads, steps }, scenes }: ToyboxRecipe): string[] {
  const runs = join(out, 'runs');
  const text = join(runs, 'text.json');
  const data = join(runs, `data-0-${scenes}.safetensors`);
  const [longer, wider] = [join(runs, 'longer'), join(runs, 'wider')];
  return [
    '',
    'Use it:',
    `  fourm generate --model ${out} --from caption --text "a red ball" --to semseg,rgb --out out`,
    `  fourm demo --model ${out}`,
    'Change one thing. From the same tokens, with three times the steps (the learning rate falls to the end of a run), or wider:',
    `  fourm train model --data ${data} --text ${text} --run ${longer} --steps ${3 * steps}`,
    `  fourm train model --data ${data} --text ${text} --run ${wider} --width ${2 * width} --heads ${2 * heads}`,
    `  fourm train export --model ${longer} --tokenizers ${runs} --text ${text} --out longer`,
    "Or add a modality: 'depth' in QUICK_RECIPE (src/cli/train/recipe.ts), with the settings of its tokenizer.",
  ];
}
