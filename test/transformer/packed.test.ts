import { expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { predictLogits } from '../../src/decoding/image-tokens.js';
import { emptyImageTarget, fullImage } from '../../src/decoding/state.js';
import type { WeightDtype } from '../../src/nn/packed/packing.js';
import { Random } from '../../src/random.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { buildFourM } from '../../src/transformer/model.js';
import { cosine } from '../nn/plain.js';
import { onBackends, onEachBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { referenceModalities } from './reference.js';

const [INPUT, TARGET] = ['rgb@224', 'tok_depth@224'];
const SIZES = {
  [INPUT]: { input_size: 32, patch_size: 8 },
  [TARGET]: { input_size: 32, patch_size: 8, vocab_size: 300 },
};
const CONFIG = {
  domains_in: [INPUT],
  domains_out: [TARGET],
  dim: 64,
  num_heads: 4,
  encoder_depth: 2,
  decoder_depth: 2,
};

/** Logits of every token of a map from a picture, [16, V]. */
async function logitsWith(dtype: WeightDtype): Promise<Float32Array> {
  const model = buildFourM(parseFourMConfig(CONFIG), referenceModalities([INPUT, TARGET], SIZES));
  const random = new Random(1);
  for (const parameter of model.parameters.all) {
    parameter.setDtype(dtype);
    parameter.initialize(random);
  }
  const pixels = Float32Array.from({ length: 3 * 32 ** 2 }, () => random.normal());
  const modalities = {
    [INPUT]: fullImage(model.modalities[INPUT]!, 1, { pixels }),
    [TARGET]: emptyImageTarget(model.modalities[TARGET]!, 1),
  };
  const rows = Array.from({ length: 16 }, (_, row) => row);
  const logits = await predictLogits(model, { batches: [{ size: 1, modalities }], weights: [] }, TARGET, [[rows]]);
  for (const parameter of model.parameters.all) parameter.dispose();
  return logits;
}

onEachBackend(() => {
  test.each(['f16', 'int8'] as const)('a model with %s weights has nearly the same output', async (dtype) => {
    const [exact, rounded] = [await logitsWith('f32'), await logitsWith(dtype)];
    expect(rounded).not.toEqual(exact);
    for (let row = 0; row < 16; row++) {
      const own = (logits: Float32Array) => logits.subarray(row * 300, (row + 1) * 300);
      expect(cosine(own(exact), own(rounded))).toBeGreaterThan(0.999);
    }
  });
});

onBackends(['wasm', 'webgpu'], (name) => {
  test.each(['f16', 'int8'] as const)('a model with %s weights has the same output as on cpu', async (dtype) => {
    await useBackend('cpu');
    const expected = await logitsWith(dtype);
    await useBackend(name);
    expectClose(await logitsWith(dtype), expected, { rtol: 1e-5, atol: 1e-5 });
  });
});
