/** Weights with NaN and settings that overflow give an error that names them, on greedy paths too. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { readSafetensors } from '../../src/checkpoints/safetensors.js';
import { writeSafetensors } from '../../src/checkpoints/safetensors-writer.js';
import { loadModel, NotFiniteError } from '../../src/index.js';
import { toyboxSample } from '../../src/toybox/sample.js';

// Plain JavaScript is slow, and how backends treat NaN is `test/nn/arg-max.test.ts`'s.
beforeAll(async () => {
  await useBackend('wasm');
});
afterAll(releaseBackend);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-not-finite-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The shipped model with NaN in the tensors of a file whose names match. */
async function modelWith(file: string, names: RegExp, values: (data: Float32Array) => void): Promise<string> {
  const copy = await mkdtemp(join(folder, 'model-'));
  await cp('models/toybox', copy, { recursive: true });
  const path = join(copy, file);
  const tensors = readSafetensors(new Uint8Array(await readFile(path)), path);
  const changed = [...tensors.tensors].map(([name, { shape }]) => {
    const data = Float32Array.from(tensors.read(name) as Float32Array);
    if (names.test(name)) values(data);
    return { name, dtype: 'F32' as const, shape, data };
  });
  await writeFile(path, writeSafetensors(changed, tensors.metadata));
  return copy;
}

const one = (data: Float32Array) => {
  data[data.length >> 1] = Number.NaN;
};
const all = (data: Float32Array) => data.fill(Number.NaN);
const { rgb } = toyboxSample(3);

describe('NaN in the transformer', () => {
  test.each([
    ['one of the encoder norm', /^encoder_norm\.weight$/, one, '"encoder_norm.weight"'],
    ['all weights', /weight$/, all, /"[^"]+", "[^"]+", "[^"]+" and \d+ more/],
    [
      'one row of the logits of depth',
      /^decoder_embeddings\.tok_depth@64\.to_logits\.weight$/,
      one,
      /to_logits\.weight"/,
    ],
  ] as const)('%s is an error that names it', async (_, names, change, told) => {
    const model = await loadModel(await modelWith('model.safetensors', names, change));
    const depth = model.generate({ rgb }, { to: ['depth'] });
    await expect(depth).rejects.toThrow(NotFiniteError);
    await expect(depth).rejects.toThrow(/^the logits of 'tok_depth@64' are not finite: the checkpoint has NaN/);
    await expect(depth).rejects.toThrow(told);
    await model.dispose();
  });

  test('a caption is an error too, and in int8', async () => {
    for (const dtype of ['f32', 'f16'] as const) {
      const model = await loadModel(await modelWith('model.safetensors', /^decoder_norm\.weight$/, one), { dtype });
      await expect(model.generate({ rgb }, { to: ['caption'] })).rejects.toThrow(NotFiniteError);
      await model.dispose();
    }
  });
});

test('a guidance scale that overflows is an error that names it', async () => {
  const model = await loadModel('toybox');
  const decoding = { depth: { guidanceScale: 1e308 } };
  await expect(model.generate({ rgb }, { to: ['depth'], decoding })).rejects.toThrow(
    "the logits of 'tok_depth@64' are not finite, though all weights are: an input or a guidance scale is too large",
  );
  await model.dispose();
});

describe('NaN in a tokenizer', () => {
  test('of the encoder, when its input is tokenized', async () => {
    const model = await loadModel(await modelWith('tok_depth.safetensors', /^encoder\.proj\.weight$/, one));
    const { depth } = toyboxSample(3);
    await expect(model.generate({ depth }, { to: ['caption'] })).rejects.toThrow(
      'the latents of the tokenizer are not finite: the checkpoint has NaN or an infinity in "encoder.proj.weight"',
    );
    await model.dispose();
  });

  test('of the decoder, when its tokens are decoded', async () => {
    const model = await loadModel(await modelWith('tok_depth.safetensors', /^decoder\.out_proj\.weight$/, one));
    await expect(model.generate({ rgb }, { to: ['depth'] })).rejects.toThrow(
      'the values of the tokenizer are not finite: the checkpoint has NaN or an infinity in "decoder.out_proj.weight"',
    );
    await model.dispose();
  });
});
