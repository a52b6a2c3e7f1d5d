/** Runs the model. */
import '../../src/worker/script.js';
