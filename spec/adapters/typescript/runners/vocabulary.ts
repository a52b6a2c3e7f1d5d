import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadWordPiece, type WordPiece } from '../../../../src/tokenizers/text/word-piece.js';
import { type Inputs, SkippedTask } from '../inputs.js';

const FILE = 'text_tokenizer_4m_wordpiece_30k.json';

/**
 * The text tokenizer of a task: of its file `vocabulary`, or the published one, which is not part of this project.
 *
 * @throws SkippedTask if the published one is missing, with the place to get it from
 */
export function tokenizerOf(task: Inputs): WordPiece {
  if (task.hasFile('vocabulary')) return loadWordPiece(JSON.parse(new TextDecoder().decode(task.file('vocabulary'))));
  const { referenceData } = task;
  const file = referenceData === undefined ? undefined : join(referenceData, FILE);
  if (file === undefined || !existsSync(file)) {
    throw new SkippedTask(
      `needs the official vocabulary: copy fourm/utils/tokenizer/trained/${FILE} from the repository apple/ml-4m into a ` +
        'folder, and name that folder with --reference-data or in FOURM_REFERENCE_DATA',
    );
  }
  return loadWordPiece(JSON.parse(readFileSync(file, 'utf8')));
}
