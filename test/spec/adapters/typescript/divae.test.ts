import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { fourm } from '../../../../spec/adapters/typescript/implementation.js';
import { channelsFirst } from '../../../../spec/adapters/typescript/runners/layouts.js';
import { findVectors } from '../../../../spec/harness/find-vectors.js';
import { readSafetensors } from '../../../../src/checkpoints/safetensors.js';
import { writeSafetensors } from '../../../../src/checkpoints/safetensors-writer.js';
import { onBackends } from '../../../on-backends.js';
import { loadedDiVae, predict } from '../../../tokenizers/diffusion/cases.js';
import { release } from '../../../tokenizers/vq/cases.js';

const NAME = 'vq_divae_uvit_xattn';
const original = fileURLToPath(new URL(`../../../../spec/vectors/${NAME}`, import.meta.url));

onBackends(['wasm'], () => {
  test('whatever timestep a case of the former form gave to its whole batch, it is found', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fourm-divae-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await cp(original, folder, { recursive: true });
    await rm(join(folder, 'vector.json'));
    const { kind, options } = JSON.parse(await readFile(join(original, 'vector.json'), 'utf8'));
    await writeFile(
      join(folder, 'case.json'),
      JSON.stringify({ kind, tolerance: { rtol: 1e-3, atol: 1e-4 }, ...options }),
    );
    const data = readSafetensors(new Uint8Array(await readFile(join(original, 'data.safetensors'))));
    const model = await loadedDiVae(NAME);
    const { shape } = data.tensors.get('out.denoise_scalar_t')!;
    const prediction = channelsFirst(await predict(NAME, model, [3, 3]), shape);
    release(model);
    const tensors = [...data.tensors].map(([name, entry]) => ({
      name,
      shape: entry.shape,
      dtype: entry.dtype,
      data: name === 'out.denoise_scalar_t' ? prediction : data.read(name),
    }));
    await writeFile(join(folder, 'data.safetensors'), writeSafetensors(tensors as never));
    const vector = await findVectors(folder)[0]!.open(fourm());
    expect(vector.options.scalar_timestep).toBe(3);
  });
});
