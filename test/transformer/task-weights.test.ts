import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generateTokens } from '../../src/decoding/generate.js';
import type { KnownModality } from '../../src/decoding/known-modalities.js';
import { CheckpointError } from '../../src/errors.js';
import { loadParameters } from '../../src/nn/state-dict.js';
import { Random } from '../../src/random.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { buildFourM, type FourM } from '../../src/transformer/model.js';
import { ensureLoaded, taskParameters, withLazyWeights } from '../../src/transformer/task-weights.js';
import { vocabulary } from '../decoding/reference.js';
import { onOneBackend } from '../on-backends.js';
import { fmCase, referenceModalities } from './reference.js';

onOneBackend();

/** Its modalities share no embeddings, so that each has its own parameters; and it has register tokens. */
const reference = fmCase('fm_mod7_registers');
const given: Record<string, KnownModality> = {
  'rgb@224': { pixels: [new Float32Array(3 * 64 * 64).fill(0.5)] },
  'tok_rgb@224': { ids: [new Int32Array(16).fill(3)] },
  'tok_depth@224': { ids: [new Int32Array(16).fill(5)] },
  caption: { ids: [[11, 12, 13]] },
  det: { ids: [[14, 15]] },
};

/** The model of the case, without values. Its sequences are short, for the test's sake. */
function emptyModel(): FourM {
  const { config, modality_info_overrides: overrides } = reference.about;
  const short = (name: string) => ({ [name]: { ...overrides[name], max_tokens: 3 } });
  const modalities = referenceModalities(Object.keys(given), { ...overrides, ...short('caption'), ...short('det') });
  return buildFourM(parseFourMConfig(config), modalities);
}

const lazyModel = () => withLazyWeights(emptyModel(), reference.model);

const dispose = (model: FourM) => {
  for (const parameter of model.parameters.all) parameter.dispose();
};

/** Disjoint input and target modalities. */
const tasks = fc
  .tuple(...Object.keys(given).map(() => fc.constantFrom('given', 'predicted', 'neither')))
  .map((roles) => {
    const having = (role: string) => Object.keys(given).filter((_, i) => roles[i] === role);
    return { inputs: having('given'), targets: having('predicted').filter((name) => name !== 'rgb@224') };
  });

test('every task gets its weights, has the same output as with all weights loaded, and reads none of other modalities', async () => {
  const eager = emptyModel();
  await loadParameters(eager.parameters.all, reference.model);
  const generate = (model: FourM, inputs: readonly string[], targets: readonly string[]) =>
    generateTokens(model, {
      inputs: Object.fromEntries(inputs.map((name) => [name, given[name]!])),
      targets: targets.map((modality) => (modality.startsWith('tok') ? { modality, steps: 1 } : { modality })),
      vocabulary,
      random: new Random(1),
    });
  await fc.assert(
    fc.asyncProperty(
      tasks.filter(({ targets }) => targets.length > 0),
      async ({ inputs, targets }) => {
        const model = lazyModel();
        expect(await generate(model, inputs, targets)).toEqual(await generate(eager, inputs, targets));
        const loaded = model.parameters.all.filter((parameter) => parameter.loaded);
        expect(new Set(loaded)).toEqual(new Set(taskParameters(model, inputs, targets)));
        const named = loaded.flatMap(({ names }) => /^(?:en|de)coder_embeddings\.([^.]+)/.exec(names[0]!)?.[1] ?? []);
        expect(new Set(named)).toEqual(new Set([...inputs, ...targets]));
        dispose(model);
      },
    ),
    { numRuns: 4 },
  );
  dispose(eager);
});

test('a task without loaded weights names the missing tensor; released weights are read again', async () => {
  const model = lazyModel();
  expect(model.parameters.all.some((parameter) => parameter.loaded)).toBe(false);
  expect(() => model.maskToken.value).toThrow(CheckpointError);
  await ensureLoaded(model, ['rgb@224'], ['caption']);
  const first = taskParameters(model, ['rgb@224'], ['caption']);
  model.weights!.release(first);
  expect(model.parameters.all.some((parameter) => parameter.loaded)).toBe(false);
  await ensureLoaded(model, ['rgb@224'], ['caption']);
  expect(first.every((parameter) => parameter.loaded)).toBe(true);
  dispose(model);
});

test('the decoder’s token table is read for sequences, and never for images', () => {
  const model = lazyModel();
  const names = taskParameters(model, [], ['tok_depth@224', 'caption']).flatMap((parameter) => parameter.names);
  expect(names).toContain('decoder_embeddings.caption.token_emb.weight');
  expect(names).not.toContain('decoder_embeddings.tok_depth@224.token_emb.weight');
  expect(names).toContain('encoder_embeddings.tok_depth@224.token_emb.weight');
  expect(names).toContain('register_tokens');
});

test('a model without lazy weights is unchanged', async () => {
  const model = emptyModel();
  await ensureLoaded(model, ['rgb@224'], ['caption']);
  expect(model.parameters.all.some((parameter) => parameter.loaded)).toBe(false);
});
