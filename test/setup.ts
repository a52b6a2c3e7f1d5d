import { ensureGradients } from '../scripts/gradients.mjs';

/** Once before all test files: the one generated module that the sources import. */
export default ensureGradients;
