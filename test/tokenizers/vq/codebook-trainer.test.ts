import { expect, test } from 'vitest';
import { ParameterList } from '../../../src/nn/parameters.js';
import { Random } from '../../../src/random.js';
import { CodebookTrainer } from '../../../src/tokenizers/vq/codebook-trainer.js';
import { parseVqVaeConfig } from '../../../src/tokenizers/vq/config.js';
import { buildQuantizer } from '../../../src/tokenizers/vq/quantizer.js';
import { onOneBackend } from '../../on-backends.js';
import { expectClose } from '../../vectors.js';
import { quantizerWithCodes } from './cases.js';

onOneBackend();

test('a codebook is initialised by k-means only if configured, and only once', async () => {
  const config = parseVqVaeConfig({ codebook_size: 3, latent_dim: 2, kmeans_init: true });
  const quantizer = buildQuantizer(new ParameterList(), config);
  const parameters = [quantizer.codes, quantizer.usage, quantizer.initialized];
  for (const parameter of parameters) parameter.initialize(new Random(0));
  const trainer = await CodebookTrainer.start(quantizer, config);
  expect(trainer.waiting).toBe(true);
  const latents = Float32Array.of(5, 0, 0, 2, -1, 0, 3, 0);
  trainer.initialize(latents, new Random(1));
  expect(trainer.waiting).toBe(false);
  expect([...(await quantizer.initialized.read())]).toEqual([1]);
  expect((await quantizer.usage.read()).reduce((a, b) => a + b)).toBe(4);
  expect((await CodebookTrainer.start(quantizer, config)).waiting).toBe(false);
  for (const parameter of parameters) parameter.dispose();
});

test('k-means also starts the sums of a Euclidean codebook', async () => {
  const config = parseVqVaeConfig({ codebook_size: 2, latent_dim: 1, norm_codes: false, kmeans_init: true });
  const { quantizer, dispose } = quantizerWithCodes(config, new Float32Array(2));
  const trainer = await CodebookTrainer.start(quantizer, config);
  trainer.initialize(Float32Array.of(-4, 6), new Random(0));
  expect((await quantizer.codes.read()).toSorted()).toEqual(Float32Array.of(-4, 6));
  expect(await quantizer.sums!.read()).toEqual(await quantizer.codes.read());
  dispose();
});

test('training moves the codes on the device toward their latents', async () => {
  const config = parseVqVaeConfig({ codebook_size: 2, latent_dim: 2, ema_decay: 0.5, threshold_ema_dead_code: 0 });
  const { quantizer, dispose } = quantizerWithCodes(config, Float32Array.of(1, 0, 0, 1));
  const trainer = await CodebookTrainer.start(quantizer, config);
  trainer.update(Float32Array.of(3, 4), [0], new Random(0));
  expectClose(await quantizer.codes.read(), [0.8, 0.4, 0, 1], { rtol: 1e-6, atol: 0 });
  expectClose(await quantizer.usage.read(), [0.5, 0], { rtol: 0, atol: 0 });
  dispose();
});

test('only copies of codes are compared on the host; the first of equal ones is taken', async () => {
  const shape = { codebook_size: 3, latent_dim: 2 };
  const codes = Float32Array.of(3, 4, 0, 1, 0.6, 0.8);
  const copying = parseVqVaeConfig({ ...shape, code_replacement_policy: 'linde_buzo_gray' });
  const { quantizer, dispose } = quantizerWithCodes(copying, codes);
  const trainer = await CodebookTrainer.start(quantizer, copying);
  expect(trainer.hasCopies).toBe(true);
  expect([...trainer.choose(Float32Array.of(6, 8, -1, 5))]).toEqual([0, 1]);
  expect((await CodebookTrainer.start(quantizer, parseVqVaeConfig(shape))).hasCopies).toBe(false);
  dispose();
});
