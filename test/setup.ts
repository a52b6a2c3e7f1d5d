import { ensureGenerated } from '../scripts/generated.mjs';

/** Once before all test files: the generated modules that the sources import. */
export default ensureGenerated;
