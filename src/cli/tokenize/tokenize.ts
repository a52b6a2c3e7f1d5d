import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BackendName } from '../../../backends/index.js';
import { loadModel } from '../../api/loading/load-model.js';
import type { Model } from '../../api/model.js';
import { InvalidInputError, pauseOrCancel } from '../../errors.js';
import { redactedAddress } from '../../hub/redact.js';
import { ensureWritableFolder, removeEmptyFolders } from '../../io/folders.js';
import { readJson } from '../../io/read-file.js';
import { writeFileAtomic } from '../../io/write-file.js';
import type { EvaluationTask } from '../../toybox/evaluation/evaluation-task.js';
import type { Split } from '../../toybox/splits.js';
import { withBackend } from '../compute.js';
import { isBadData } from '../eval-data.js';
import { withProgress } from '../progress.js';
import { note, print, type Terminal } from '../terminal.js';
import { type Block, type LayoutName, layoutNamed, type NamedSample } from './layouts.js';
import { sampleFiles, tokenizedTasks } from './sample-files.js';
import { type SampleSource, TOYBOX, toyboxSource, userSource } from './samples.js';

/** Options of `fourm tokenize`. */
export interface TokenizeOptions {
  readonly out: string;
  readonly layout: LayoutName;
  /** Samples in a shard. */
  readonly shardSize: number;
  /** The part of the shards that this process makes. */
  readonly shard: Part;
  /** Part of the toybox. */
  readonly split: Split;
  readonly from: number;
  /** All pictures of a user, and 1000 scenes of the toybox if absent. */
  readonly count?: number;
  readonly images?: string;
  readonly skipBad?: boolean;
  readonly model: string;
  readonly backend: BackendName | 'auto';
}

/** Part `index` of `of`, from 0 on. */
export interface Part {
  readonly index: number;
  readonly of: number;
}

/** Scenes of the toybox if their number is not given. */
const TOYBOX_SCENES = 1000;

/** The settings of a dataset, in its folder. */
const SETTINGS_FILE = 'dataset.json';

/**
 * `fourm tokenize`: writes a dataset as tokens. Shards are numbered over the whole dataset, and each depends only on its samples, so
 * that they are the same in any process, and after any interruption.
 */
export async function tokenizeDataset(dataset: string, options: TokenizeOptions, terminal: Terminal): Promise<void> {
  const made = await ensureWritableFolder(options.out);
  try {
    await withBackend(options.backend, terminal, async () => {
      const model = await loadModel(options.model, { signal: terminal.signal });
      const source = await sourceOf(model, dataset, options, terminal);
      const tasks = tokenizedTasks(model, source);
      await keepSettings(dataset, options, model, source, tasks, terminal.signal);
      await writeBlocks(model, source, tasks, options, terminal);
    });
  } catch (error) {
    await removeEmptyFolders(made);
    throw error;
  }
  print(terminal, options.out);
}

function sourceOf(
  model: Model,
  dataset: string,
  { split, from, count, images, skipBad = false }: TokenizeOptions,
  terminal: Terminal,
): SampleSource | Promise<SampleSource> {
  if (!model.modalities.includes('rgb')) throw new InvalidInputError("the model has no modality 'rgb'");
  return dataset === TOYBOX
    ? toyboxSource(model, split, from, count ?? TOYBOX_SCENES)
    : userSource(model, dataset, { images, skipBad }, from, count, terminal);
}

/** @throws InvalidInputError if the folder holds a dataset with other settings, or of a model with other weights */
async function keepSettings(
  dataset: string,
  { out, layout, shardSize, split, from, skipBad = false, model: id }: TokenizeOptions,
  model: Model,
  { count }: SampleSource,
  tasks: readonly EvaluationTask[],
  signal: AbortSignal,
): Promise<void> {
  const modalities = ['rgb', ...tasks.map(({ target }) => target)];
  const settings = {
    format: 1,
    dataset,
    ...(dataset === TOYBOX && { split }),
    from,
    count,
    model: redactedAddress(id),
    modalities,
    layout,
    ...(layout === 'shards' && { shardSize }),
    skipBad,
  };
  const checksums: Record<string, string> = {};
  for (const name of modalities) {
    const sum = await model.forTraining.tokenizerChecksum(name, { signal });
    if (sum !== undefined) checksums[name] = sum;
  }
  const file = join(out, SETTINGS_FILE);
  if (!existsSync(file)) return writeFileAtomic(file, `${JSON.stringify({ ...settings, checksums }, null, 2)}\n`);
  const { checksums: before = {}, ...others } = (await readJson(file)) as { checksums?: Record<string, unknown> };
  if (JSON.stringify(others) !== JSON.stringify(settings)) {
    throw new InvalidInputError(
      `${out} holds a dataset with other settings (${file}); choose another folder or remove it`,
    );
  }
  const changed = Object.keys(checksums).find((name) => before[name] !== checksums[name]);
  if (changed !== undefined) {
    throw new InvalidInputError(
      `${out} was made with other weights of the tokenizer of '${changed}' (${file}); choose another folder or remove it`,
    );
  }
}

async function writeBlocks(
  model: Model,
  source: SampleSource,
  tasks: readonly EvaluationTask[],
  { out, layout: layoutName, shardSize, shard, skipBad = false }: TokenizeOptions,
  terminal: Terminal,
): Promise<void> {
  const { signal } = terminal;
  const layout = layoutNamed(layoutName, out);
  const own = blocksOf(source.count, shardSize, shard);
  const total = own.reduce((sum, { start, end }) => sum + end - start, 0);
  let skipped = 0;
  await withProgress(
    terminal,
    'tokenizing',
    async (progress) => {
      let done = 0;
      for (const block of own) {
        await pauseOrCancel(signal, `tokenizing, at shard ${block.number},`);
        if (!layout.isComplete(block, source.keyOf))
          await layout.write(
            block,
            samplesOf(block, done, (count) => progress.update(count, total)),
          );
        done += block.end - block.start;
        progress.update(done, total);
      }
    },
    { name: 'samples', perStep: 1 },
  );
  if (skipped > 0) note(terminal, `${skipped} of ${total} samples skipped`);

  async function* samplesOf(
    { start, end }: Block,
    before: number,
    onProgress: (done: number) => void,
  ): AsyncGenerator<NamedSample> {
    for (let index = start; index < end; index++) {
      const key = source.keyOf(index);
      if (layout.hasSample(key)) continue;
      try {
        yield { key, files: await sampleFiles(model, source, index, tasks, signal) };
      } catch (error) {
        if (!skipBad || !isBadData(error)) throw error;
        skipped++;
        note(terminal, `skipped: ${(error as Error).message}`);
      }
      onProgress(before + index + 1 - start);
    }
  }
}

/** The blocks of a part: every n-th, so that all parts have equally many, or one less. */
export function blocksOf(count: number, size: number, { index, of }: Part): Block[] {
  const blocks = Array.from({ length: Math.ceil(count / size) }, (_, number) => {
    return { number, start: number * size, end: Math.min(count, (number + 1) * size) };
  });
  return blocks.filter(({ number }) => number % of === index);
}
