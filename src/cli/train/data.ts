import type { BackendName } from '../../../backends/index.js';
import { ensureFolderOf } from '../../io/folders.js';
import { writeFileAtomic } from '../../io/write-file.js';
import type { ToyboxModality } from '../../toybox/modalities.js';
import { type Split, toyboxSeed } from '../../toybox/splits.js';
import { writeToyboxTokens } from '../../toybox/training/token-files.js';
import { tokenizeToybox } from '../../toybox/training/tokenize.js';
import { withBackend } from '../compute.js';
import { withProgress } from '../progress.js';
import { print, type Terminal } from '../terminal.js';
import { readToyboxTokenizers } from './runs.js';

/** Options of `fourm train data`. */
export interface DataOptions {
  readonly out: string;
  readonly split: Split;
  /** First scene of the split. */
  readonly from: number;
  readonly count: number;
  /** Folder of the runs of tokenizers and feature networks, or of a model. */
  readonly tokenizers: string;
  /** Text tokenizer. */
  readonly text: string;
  /** The most solids of a scene; those of the toybox if absent. */
  readonly maxSolids?: number;
  /** All if absent. */
  readonly modalities?: readonly ToyboxModality[];
  readonly backend: BackendName | 'auto';
}

/** `fourm train data`: draws scenes and tokenizes them, for `fourm train model`. */
export async function makeTrainingData(options: DataOptions, terminal: Terminal): Promise<void> {
  const { out, split, from, count, maxSolids } = options;
  const { signal } = terminal;
  const seeds = Array.from({ length: count }, (_, i) => toyboxSeed(split, from + i));
  await ensureFolderOf(out);
  await withBackend(options.backend, terminal, async () => {
    const tokenizers = await readToyboxTokenizers(options.tokenizers, options.text, options.modalities);
    const tokens = await withProgress(
      terminal,
      'tokenizing',
      (progress) =>
        tokenizeToybox(seeds, tokenizers, {
          maxSolids,
          signal,
          onProgress: (done, total) => progress.update(done, total),
        }),
      { name: 'scenes', perStep: 1 },
    );
    await writeFileAtomic(out, writeToyboxTokens(tokens));
  });
  print(terminal, out);
}
