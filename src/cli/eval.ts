import { dirname } from 'node:path';
import type { BackendName } from '../../backends/index.js';
import { loadModel } from '../api/loading/load-model.js';
import { pauseOrCancel } from '../errors.js';
import { scoreTable } from '../evaluation/report.js';
import { redactedAddress } from '../hub/redact.js';
import { checkWritable, writeFileAtomic } from '../io/write-file.js';
import { encodePng } from '../media/encode.js';
import type { WeightDtype } from '../nn/packed/packing.js';
import { knowsPeople } from '../toybox/evaluation/knows-people.js';
import { predictApart } from '../toybox/evaluation/predict-apart.js';
import { TARGETS, ToyboxScores } from '../toybox/evaluation/scores.js';
import { textToPicture } from '../toybox/evaluation/text-to-picture.js';
import { toyboxSample } from '../toybox/sample.js';
import { toyboxSeed } from '../toybox/splits.js';
import { withBackend } from './compute.js';
import { withOutputFolder } from './output-folder.js';
import { withProgress } from './progress.js';
import { note, print, type Terminal } from './terminal.js';

/** Options of `fourm eval`. */
export interface EvaluationOptions {
  readonly scenes: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly model: string;
  readonly dtype: WeightDtype;
  readonly seed: number;
  readonly backend: BackendName | 'auto';
}

/** Training scenes for the trivial predictors. */
const TRAINING_SCENES = 1000;
/** Scenes in a batch. */
const BATCH = 25;

/** `fourm eval`: metrics of a model's predictions from the pictures of held-out scenes. */
export async function evaluate(options: EvaluationOptions, terminal: Terminal): Promise<void> {
  const { out } = options;
  if (out === undefined) return measure(options, terminal);
  await withOutputFolder(dirname(out), async () => {
    for (const file of Object.values(reportFiles(out))) await checkWritable(file);
    await measure(options, terminal);
  });
}

/** The table, the figures as JSON, and the pictures. */
function reportFiles(out: string) {
  const base = out.replace(/\.md$/, '');
  return { table: out, figures: `${base}.json`, sheet: `${base}.png` };
}

async function measure(options: EvaluationOptions, terminal: Terminal): Promise<void> {
  const { scenes, out, seed } = options;
  const { signal } = terminal;
  const scores = new ToyboxScores();
  await withBackend(options.backend, terminal, async () => {
    const model = await loadModel(options.model, { signal, dtype: options.dtype });
    const people = knowsPeople(model);
    await withProgress(terminal, 'trivial predictors', async (progress) => {
      for (let i = 0; i < TRAINING_SCENES; i++) {
        await pauseOrCancel(signal, 'the evaluation');
        scores.learn(toyboxSample(toyboxSeed('train', i), { supersampling: 1, people }));
        progress.update(i + 1, TRAINING_SCENES);
      }
    });
    await withProgress(
      terminal,
      'evaluating',
      async (progress) => {
        for (let start = 0; start < scenes; start += BATCH) {
          const count = Math.min(BATCH, scenes - start);
          const samples = Array.from({ length: count }, (_, i) =>
            toyboxSample(toyboxSeed('test', start + i), { people }),
          );
          const pictures = samples.map(({ rgb }) => ({ rgb }));
          const predicted = await predictApart(model, pictures, TARGETS, {
            seed: seed + start,
            signal,
            onProgress: (share) => progress.update(start + Math.floor(count * share), scenes),
          });
          const reconstructed = await scores.reconstruct(model, samples);
          samples.forEach((sample, i) => {
            scores.add(sample, predicted[i]!, reconstructed[i]!);
          });
        }
      },
      { name: 'scenes', perStep: 1 },
    );
    const rows = scores.rows();
    const table = scoreTable(rows);
    const drawn = await withProgress(terminal, 'text to picture', (progress) =>
      textToPicture(model, { signal, onProgress: (done, total) => progress.update(done, total) }),
    );
    const { text, seeds, shown } = drawn.result;
    const line = `"${text}": red and round in ${shown} of ${seeds} seeds.`;
    const about = { model: redactedAddress(options.model), scenes, seed, trainingScenes: TRAINING_SCENES };
    const json = JSON.stringify({ ...about, rows, textToPicture: drawn.result }, null, 2);
    print(terminal, options.json ? json : `${table}\n${line}`);
    if (out === undefined) return;

    const files = reportFiles(out);
    await writeFileAtomic(files.table, `${table}\n${line}\n`);
    await writeFileAtomic(files.figures, `${json}\n`);
    await writeFileAtomic(files.sheet, encodePng(drawn.sheet));
    note(terminal, `written: ${Object.values(files).join(', ')}`);
  });
}
