import { dirname } from 'node:path';
import { pauseOrCancel } from '../../errors.js';
import { checkWritable, writeFileAtomic } from '../../io/write-file.js';
import { trainingCaption, vocabularyOf } from '../../toybox/training/vocabulary.js';
import { withOutputFolder } from '../output-folder.js';
import { withProgress } from '../progress.js';
import { print, type Terminal } from '../terminal.js';

/** Options of `fourm train text`. */
export interface TextTrainingOptions {
  /** Captions to learn from. */
  readonly scenes: number;
  readonly out: string;
}

/** `fourm train text`: trains the toybox's text tokenizer. */
export async function trainText({ scenes, out }: TextTrainingOptions, terminal: Terminal): Promise<void> {
  await withOutputFolder(dirname(out), async () => {
    await checkWritable(out);
    const captions: string[] = [];
    await withProgress(terminal, 'captions', async (progress) => {
      for (let i = 0; i < scenes; i++) {
        await pauseOrCancel(terminal.signal, 'learning a vocabulary');
        captions.push(trainingCaption(i));
        progress.update(i + 1, scenes);
      }
    });
    await writeFileAtomic(out, JSON.stringify(vocabularyOf(captions)));
  });
  print(terminal, out);
}
