import { dirname } from 'node:path';
import type { BackendName } from '../../backends/index.js';
import { loadModel } from '../api/loading/load-model.js';
import type { Model } from '../api/model.js';
import { InvalidInputError } from '../errors.js';
import { redactedAddress } from '../hub/redact.js';
import { checkWritable, writeFileAtomic } from '../io/write-file.js';
import { didYouMean } from '../nearest-name.js';
import type { WeightDtype } from '../nn/packed/packing.js';
import { type EvaluationData, toyboxData } from '../toybox/evaluation/data.js';
import type { EvaluationTask } from '../toybox/evaluation/evaluation-task.js';
import { learnTrivial, reasonLeftOut, runTasks } from '../toybox/evaluation/run-tasks.js';
import { STUDIES } from '../toybox/evaluation/studies/index.js';
import { reasonStudyLeftOut, type Study, type StudyReport } from '../toybox/evaluation/study.js';
import type { TaskReport } from '../toybox/evaluation/task-scores.js';
import { TASKS } from '../toybox/evaluation/tasks/index.js';
import { withBackend } from './compute.js';
import { userData } from './eval-data.js';
import { type EvaluationReport, filesOf, jsonOf, type LeftOut, markdownOf, pagesOf } from './eval-report.js';
import { withOutputFolder } from './output-folder.js';
import { withProgress } from './progress.js';
import { note, print, type Terminal } from './terminal.js';

/** Options of `fourm eval`. */
export interface EvaluationOptions {
  readonly scenes: number;
  readonly tasks?: readonly string[];
  readonly ensemble: number;
  /** A folder of modalities, or a COCO file; the toybox if absent. */
  readonly data?: string;
  /** The folder of the pictures of a COCO file; that of the file if absent. */
  readonly images?: string;
  /** Leave out pictures with a damaged or missing file. */
  readonly skipBad?: boolean;
  readonly out?: string;
  readonly json?: boolean;
  readonly model: string;
  readonly dtype: WeightDtype;
  readonly seed: number;
  readonly backend: BackendName | 'auto';
}

/** The requested evaluation. */
interface Requested {
  readonly tasks: readonly EvaluationTask[];
  readonly studies: readonly Study[];
}

/** `fourm eval`: how well a model does on scenes it has never seen. */
export async function evaluate(options: EvaluationOptions, terminal: Terminal): Promise<void> {
  const requested = requestedBy(options);
  const { out } = options;
  if (out === undefined) return measure(options, requested, terminal);
  await withOutputFolder(dirname(out), async () => {
    for (const file of filesOf(out, requested.tasks, requested.studies)) await checkWritable(file);
    await measure(options, requested, terminal);
  });
}

/** @throws InvalidInputError for an unknown name, and for options that need the user's data */
function requestedBy({ tasks: names, data, skipBad }: EvaluationOptions): Requested {
  if (skipBad && data === undefined) throw new InvalidInputError('--skip-bad is for pictures of your own (--data)');
  const studies = data === undefined ? STUDIES : [];
  if (names === undefined) return { tasks: TASKS, studies };
  const known = [...TASKS, ...studies].map(({ name }) => name);
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) {
    throw new InvalidInputError(`unknown task '${wrong}'${didYouMean(wrong, known)}; known are ${known.join(', ')}`);
  }
  const isNamed = ({ name }: { readonly name: string }) => names.includes(name);
  return { tasks: TASKS.filter(isNamed), studies: studies.filter(isNamed) };
}

async function measure(options: EvaluationOptions, requested: Requested, terminal: Terminal): Promise<void> {
  const { seed, ensemble, out } = options;
  await withBackend(options.backend, terminal, async () => {
    const model = await loadModel(options.model, { signal: terminal.signal, dtype: options.dtype });
    const { images, skipBad = false } = options;
    const own =
      options.data === undefined
        ? undefined
        : await userData(model, options.data, { images, skipBad }, options.scenes, terminal);
    const all = own ?? toyboxData(model, options.scenes);
    const leftOut: LeftOut[] = [];
    const possible = await possibleFor(model, all, requested, leftOut);
    const data = own && options.skipBad ? await own.withoutBad(possible.tasks) : all;
    const skipped = all.counts.test - data.counts.test;
    const tasks = possible.tasks.length > 0 ? await measureTasks(model, data, possible.tasks, options, terminal) : [];
    const studies = await measureStudies(model, possible.studies, options, terminal);
    const about = {
      model: redactedAddress(options.model),
      data: data.name,
      scenes: data.counts.test,
      seed,
      trainingScenes: data.counts.training,
      ensemble,
      ...(options.skipBad && { skipped }),
    };
    const notes = own === undefined ? [] : ['The trivial predictors have learned from the evaluated pictures.'];
    if (skipped > 0) {
      notes.push(`Skipped for damaged or missing files: ${skipped} of ${all.counts.test} pictures.`);
      note(terminal, `${skipped} of ${all.counts.test} pictures skipped`);
    }
    const report: EvaluationReport = { about, notes, tasks, studies, leftOut };
    print(terminal, options.json ? jsonOf(report) : markdownOf(report));
    if (out === undefined) return;
    const pages = pagesOf(report, out);
    for (const [file, content] of pages) await writeFileAtomic(file, content);
    note(terminal, `written: ${pages.map(([file]) => file).join(', ')}`);
  });
}

/** Those that the model can do; the others are added to `leftOut`. */
async function possibleFor(
  model: Model,
  data: EvaluationData,
  { tasks, studies }: Requested,
  leftOut: LeftOut[],
): Promise<Requested> {
  const possible: { tasks: EvaluationTask[]; studies: Study[] } = { tasks: [], studies: [] };
  for (const task of tasks) {
    const reason = await reasonLeftOut(model, data, task);
    if (reason === undefined) possible.tasks.push(task);
    else leftOut.push({ name: task.name, reason });
  }
  for (const study of studies) {
    const reason = await reasonStudyLeftOut(model, study);
    if (reason === undefined) possible.studies.push(study);
    else leftOut.push({ name: study.name, reason });
  }
  return possible;
}

async function measureTasks(
  model: Model,
  data: EvaluationData,
  tasks: readonly EvaluationTask[],
  { seed, ensemble }: EvaluationOptions,
  terminal: Terminal,
): Promise<TaskReport[]> {
  const { signal } = terminal;
  const scores = await withProgress(terminal, 'trivial predictors', (progress) =>
    learnTrivial(tasks, data, {
      signal,
      onProgress: (done, total) => progress.update(done, total),
    }),
  );
  return withProgress(
    terminal,
    'evaluating',
    (progress) =>
      runTasks(model, scores, data, {
        seed,
        ensemble,
        signal,
        onProgress: (done, total) => progress.update(done, total),
      }),
    { name: 'scenes', perStep: 1 },
  );
}

async function measureStudies(
  model: Model,
  studies: readonly Study[],
  { scenes, seed }: EvaluationOptions,
  terminal: Terminal,
): Promise<StudyReport[]> {
  const { signal } = terminal;
  const reports: StudyReport[] = [];
  for (const study of studies) {
    const report = await withProgress(terminal, study.name, (progress) =>
      study.run(model, {
        scenes,
        seed,
        signal,
        onProgress: (done, total) => progress.update(done, total),
      }),
    );
    reports.push(report);
  }
  return reports;
}
