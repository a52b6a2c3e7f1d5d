import { ensureFolderOf } from '../../io/folders.js';
import { writeFileAtomic } from '../../io/write-file.js';
import { trainToyboxVocabulary } from '../../toybox/training/vocabulary.js';
import { note, print, type Terminal } from '../terminal.js';

/** What `fourm train text` takes. */
export interface TextTrainingOptions {
  /** Captions to learn from. */
  readonly scenes: number;
  readonly out: string;
}

/** `fourm train text`: trains the toybox's text tokenizer. */
export async function trainText({ scenes, out }: TextTrainingOptions, terminal: Terminal): Promise<void> {
  await ensureFolderOf(out);
  note(terminal, `learning a vocabulary from the captions of ${scenes} scenes`);
  await writeFileAtomic(out, JSON.stringify(trainToyboxVocabulary(scenes)));
  print(terminal, out);
}
