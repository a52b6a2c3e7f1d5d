import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { runnerOf } from '../../../../spec/adapters/typescript/kinds.js';
import { channelsFirst } from '../../../../spec/adapters/typescript/runners/layouts.js';
import { ConformanceCase } from '../../../../spec/harness/case.js';
import { runCase } from '../../../../spec/harness/run-case.js';
import { writeSafetensors } from '../../../../src/checkpoints/safetensors-writer.js';
import { onBackends } from '../../../on-backends.js';
import { loadedDiVae, predict } from '../../../tokenizers/diffusion/cases.js';
import { release } from '../../../tokenizers/vq/cases.js';

const NAME = 'vq_divae_uvit_xattn';
const original = fileURLToPath(new URL(`../../../../spec/vectors/${NAME}`, import.meta.url));

onBackends(['wasm'], () => {
  test('whatever timestep a case gave to its whole batch, it is found', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fourm-divae-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await cp(original, folder, { recursive: true });
    const { data } = new ConformanceCase(NAME, original);
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
    expect((await runCase(new ConformanceCase(NAME, folder), runnerOf, {})).status).toBe('pass');
  });
});
