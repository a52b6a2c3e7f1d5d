import fc from 'fast-check';
import { expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { readSafetensors } from '../../src/checkpoints/safetensors.js';
import { writeSafetensors } from '../../src/checkpoints/safetensors-writer.js';
import { addLora, mergeLora } from '../../src/nn/lora.js';
import { loadParameters, stateDict } from '../../src/nn/state-dict.js';
import { Random } from '../../src/random.js';
import type { ModalityBatch } from '../../src/transformer/batch.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { loraLayers } from '../../src/transformer/lora-layers.js';
import { buildFourM, type FourM } from '../../src/transformer/model.js';
import { testUnless } from '../cannot-run.js';
import { onBackends, whyLeftOut } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { batchOf, INFOS, logitsOf, modelCases, modelOf } from './models.js';

const TOLERANCE = { rtol: 1e-4, atol: 1e-4 };

function expectSame(actual: Map<string, Float32Array>, expected: Map<string, Float32Array>): void {
  expect(expected.size).toBeGreaterThan(0);
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [key, values] of expected) expectClose(actual.get(key)!, values, TOLERANCE, key);
}

function release(model: FourM): void {
  for (const p of model.parameters.all) p.dispose();
}

testUnless(whyLeftOut('wasm'), 'any configuration computes the same on cpu and wasm', async () => {
  await fc.assert(
    fc.asyncProperty(modelCases, async (c) => {
      const results: Map<string, Float32Array>[] = [];
      for (const backend of ['cpu', 'wasm'] as const) {
        await useBackend(backend);
        const model = modelOf(c);
        results.push(await logitsOf(model, batchOf(model, c)));
        release(model);
        await releaseBackend();
      }
      expectSame(results[1]!, results[0]!);
    }),
    { numRuns: 60 },
  );
});

/** The same tokens with other values wherever they are masked out. */
function withOtherMaskedValues(name: string, modality: ModalityBatch): ModalityBatch {
  const { ids, pixels, inputMask, targetMask } = modality;
  const { vocabSize } = INFOS[name]!;
  const unused = (index: number) => inputMask[index] === 1 && targetMask[index] === 1;
  if (ids) return { ...modality, ids: ids.map((id, index) => (unused(index) ? (id + 1) % vocabSize! : id)) };
  // Patches of 4×4 in pictures of 8×8.
  const patchOf = (i: number) => Math.floor(i / 192) * 4 + Math.floor((i % 64) / 32) * 2 + Math.floor((i % 8) / 4);
  return { ...modality, pixels: pixels!.map((x, i) => (inputMask[patchOf(i)] ? x + 7 : x)) };
}

onBackends(['wasm'], () => {
  test('what is masked out, and padding, changes no logits', async () => {
    await fc.assert(
      fc.asyncProperty(modelCases, fc.nat(9), async (c, more) => {
        const model = modelOf(c);
        const batch = batchOf(model, c);
        const expected = await logitsOf(model, batch);
        const modalities = Object.entries(batch.modalities).map(([name, m]) => [name, withOtherMaskedValues(name, m)]);
        expectSame(await logitsOf(model, { ...batch, modalities: Object.fromEntries(modalities) }), expected);
        const limit = 20 + more;
        expectSame(await logitsOf(model, batch, { encoderTokens: limit, decoderTokens: limit }), expected);
        release(model);
      }),
      { numRuns: 25 },
    );
  });

  test('the order of modalities changes no logits where targets see their own modality only', async () => {
    await fc.assert(
      fc.asyncProperty(modelCases, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), async (c, keys) => {
        const config = { ...c.config, decoder_causal_mask: false, decoder_sep_mask: true };
        const model = modelOf({ ...c, config });
        const batch = batchOf(model, c);
        const shuffled = <T>(items: T[]) =>
          items
            .map((item) => [keys.next().value as number, item] as const)
            .sort(([a], [b]) => a - b)
            .map(([, item]) => item);
        const decoderOrder = shuffled(Object.keys(model.decoderEmbeddings));
        const modalities = Object.fromEntries(shuffled(Object.entries(batch.modalities)));
        expectSame(await logitsOf(model, { ...batch, modalities }, { decoderOrder }), await logitsOf(model, batch));
        release(model);
      }),
      { numRuns: 25 },
    );
  });

  test('adapters change all logits, and the model that they are merged into gives the same', async () => {
    const targets = fc.constantFrom('self-attention', 'cross-attention', 'attention', 'mlp', 'all');
    await fc.assert(
      fc.asyncProperty(modelCases, targets, fc.double({ min: 0.5, max: 2, noNaN: true }), async (c, target, scale) => {
        const model = modelOf(c);
        const batch = batchOf(model, c);
        const names = model.parameters.all.flatMap((p) => p.names);
        const plain = await logitsOf(model, batch);
        const layers = loraLayers(model, target);
        const random = new Random(c.seed);
        for (const p of addLora(model.parameters, layers, { rank: 1, scale })) {
          p.load(Float32Array.from({ length: p.size }, () => 0.3 * random.normal()));
        }
        const adapted = await logitsOf(model, batch);
        for (const [key, values] of adapted) expect(values, key).not.toEqual(plain.get(key));
        mergeLora(model.parameters, layers);
        expectSame(await logitsOf(model, batch), adapted);
        expect(model.parameters.all.flatMap((p) => p.names)).toEqual(names);
        release(model);
      }),
      { numRuns: 25 },
    );
  });

  test('a checkpoint that is loaded and saved is the same, to the byte', async () => {
    await fc.assert(
      fc.asyncProperty(modelCases, async (c) => {
        const [written, read] = [modelOf(c), buildFourM(parseFourMConfig(c.config), INFOS)];
        const save = async (model: FourM) =>
          writeSafetensors((await stateDict(model.parameters)).map((t) => ({ ...t, dtype: 'F32' as const })));
        const bytes = await save(written);
        await loadParameters(read.parameters.all, readSafetensors(bytes));
        expect(Buffer.compare(await save(read), bytes)).toBe(0);
        release(written);
        release(read);
      }),
      { numRuns: 10 },
    );
  });
});
