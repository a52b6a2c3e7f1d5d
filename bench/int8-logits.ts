/**
 * Compares the logits of 4M-21_B with weights in f32 and in fewer bits: RGB → depth in one step, random weights.
 * `node --import tsx bench/int8-logits.ts`
 */
import { useBackend } from '../backends/index.js';
import { predictLogits } from '../src/decoding/image-tokens.js';
import { emptyImageTarget, fullImage } from '../src/decoding/state.js';
import type { WeightDtype } from '../src/nn/packed/packing.js';
import { cosine } from '../test/nn/plain.js';
import { fourM21B, picture } from './weights.js';

const [INPUT, TARGET] = ['rgb@224', 'tok_depth@224'];
const ROWS = Array.from({ length: 196 }, (_, row) => row);

async function logitsWith(dtype: WeightDtype): Promise<Float32Array> {
  const model = await fourM21B([INPUT], [TARGET], {}, dtype);
  const modalities = {
    [INPUT]: fullImage(model.modalities[INPUT]!, 1, { pixels: picture() }),
    [TARGET]: emptyImageTarget(model.modalities[TARGET]!, 1),
  };
  const logits = await predictLogits(model, { batches: [{ size: 1, modalities }], weights: [] }, TARGET, [[ROWS]]);
  for (const parameter of model.parameters.all) parameter.dispose();
  return logits;
}

await useBackend('wasm');
const exact = await logitsWith('f32');
const width = exact.length / ROWS.length;
const rowOf = (logits: Float32Array, row: number) => logits.subarray(row * width, (row + 1) * width);
for (const dtype of ['f16', 'int8', 'int8-dynamic'] as const) {
  const rounded = await logitsWith(dtype);
  const cosines = ROWS.map((row) => cosine(rowOf(exact, row), rowOf(rounded, row)));
  console.log(`${dtype}: cosine of the logits of a token, at least ${Math.min(...cosines).toFixed(6)}`);
}
