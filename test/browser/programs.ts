import * as tf from '@tensorflow/tfjs-core';
import type * as api from '../../src/index.js';

const SIZE = 16;
const GRID = [2, 2] as const;
const WORDS = 12;

/**
 * A small tokenizer and a small transformer, started from a seed, run forwards and backwards: what a page and Node are to
 * agree on.
 *
 * @param fourm the package as the page has bundled it, or its sources
 */
export async function runSmallModels(fourm: typeof api): Promise<Record<string, number[]>> {
  const vqVae = await runVqVae(fourm);
  const transformer = await runTransformer(fourm);
  return { ...vqVae, ...transformer };
}

/** Token ids that a model predicts for a scene, by modality. */
export async function generateTokens({ loadModel, toybox }: typeof api, id: string): Promise<Record<string, number[]>> {
  const model = await loadModel(id);
  const { rgb } = toybox.toyboxSample(toybox.toyboxSeed('test', 0));
  const { depth, caption } = await model.generate({ rgb }, { to: ['depth', 'caption'], seed: 5 });
  await model.dispose();
  return { depth: [...depth.tokens], caption: [...caption.tokens] };
}

async function runVqVae({ Random, tokenizers, nn }: typeof api): Promise<Record<string, number[]>> {
  const model = tokenizers.buildVqVae(
    { image_size: SIZE, patch_size: 8, enc_type: 'tiny_enc', dec_type: 'tiny_dec', codebook_size: 8, latent_dim: 4 },
    { tiny: { width: 16, depth: 1, heads: 2 } },
  );
  initialize(model.parameters, new Random(1));
  const image = Float32Array.from({ length: SIZE * SIZE * 3 }, (_, i) => Math.sin(i / 7));
  const patches = tf.tensor3d(nn.toPatches(image, tokenizers.inputLayout(model, SIZE, SIZE)), [1, 4, 192]);
  const latents = tokenizers.encode(model, patches, GRID);
  const pixels = await tokenizers.detokenize(model, Int32Array.of(3, 0, 7, 3), GRID);
  const result = { latents: [...(await latents.data())], pixels: [...pixels] };
  tf.dispose([patches, latents]);
  dispose(model.parameters);
  return result;
}

async function runTransformer({ Random, masking, modalities, transformer }: typeof api) {
  const { modalityId } = modalities;
  const image = { inputSize: [SIZE, SIZE], patchSize: [8, 8], maxTokens: 4 } as const;
  const infos: api.modalities.ModalityInfo[] = [
    { ...image, name: 'rgb@16', kind: 'pixels', channels: 3 },
    { ...image, name: 'tok_depth@16', kind: 'image-tokens', vocabSize: 8 },
    { name: 'caption', kind: 'sequence', vocabSize: WORDS, maxTokens: 6, maxLength: 8 } as const,
  ].map((info) => ({ ...info, id: modalityId(info.name) }) as api.modalities.ModalityInfo);
  const byName = Object.fromEntries(infos.map((info) => [info.name, info]));
  const names = infos.map(({ name }) => name);
  const model = transformer.buildFourM(
    transformer.parseFourMConfig({
      domains_in: names,
      domains_out: names.slice(1),
      dim: 16,
      encoder_depth: 1,
      decoder_depth: 1,
      num_heads: 2,
    }),
    byName,
  );
  initialize(model.parameters, new Random(2));

  const alphas = Object.fromEntries(names.map((name) => [name, 1]));
  const masked = masking.maskSample(
    {
      'rgb@16': { kind: 'pixels' },
      'tok_depth@16': { kind: 'image-tokens', tokens: [1, 6, 2, 2] },
      caption: { kind: 'sequence', tokens: [9, 10, 11, 9] },
    },
    infos,
    {
      inputTokens: 6,
      targetTokens: 6,
      mixture: [{ weight: 1, inputAlphas: alphas, targetAlphas: { ...alphas, 'rgb@16': 0 } }],
      vocabulary: { padId: 0, eosId: 3, sentinelIds: [4, 5, 6, 7, 8] },
    },
    new Random(3),
  );
  const pixels = Float32Array.from({ length: 3 * SIZE * SIZE }, (_, i) => Math.cos(i / 5));
  const batch = { size: 1, modalities: { ...masked, 'rgb@16': { ...masked['rgb@16']!, pixels } } };

  const output = tf.tidy(() => transformer.forward(model, batch).output);
  const trained = model.parameters.all.filter((p) => p.trainable && !model.unusedParameters.has(p));
  const { value, grads } = tf.variableGrads(
    () => transformer.fourMLoss(model, batch, { lossType: 'mod' }).loss,
    trained.map((p) => p.value),
  );
  const norm = tf.tidy(() => tf.sqrt(tf.addN(Object.values(grads).map((gradient) => tf.sum(tf.square(gradient))))));
  const result = {
    output: [...(await output.data())],
    loss: [...(await value.data())],
    gradientNorm: [...(await norm.data())],
  };
  tf.dispose([output, value, norm, ...Object.values(grads)]);
  dispose(model.parameters);
  return result;
}

function initialize(parameters: api.nn.ParameterList, random: api.Random): void {
  for (const parameter of parameters.all) parameter.initialize(random);
}

function dispose(parameters: api.nn.ParameterList): void {
  for (const parameter of parameters.all) parameter.dispose();
}
