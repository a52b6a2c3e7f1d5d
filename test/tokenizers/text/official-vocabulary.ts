import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FILE = 'text_tokenizer_4m_wordpiece_30k.json';

/** Where a user gets the official vocabulary, which is not part of this repository. */
export const WHERE_TO_GET_IT =
  `the official vocabulary is not here: copy fourm/utils/tokenizer/trained/${FILE} from the repository apple/ml-4m ` +
  'into a folder, and name that folder in FOURM_REFERENCE_DATA';

/** The folder where the official vocabulary is, if anybody has put it anywhere. */
export const referenceData =
  process.env.FOURM_REFERENCE_DATA ?? fileURLToPath(new URL('../../../../shared/reference-data', import.meta.url));

/** The official vocabulary, or undefined where nobody has put it. */
export function officialVocabulary(): unknown {
  const file = join(referenceData, FILE);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
