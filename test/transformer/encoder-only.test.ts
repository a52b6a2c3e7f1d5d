import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { fullImage } from '../../src/decoding/state.js';
import { Random } from '../../src/random.js';
import { parseFmVitConfig, parseFourMConfig } from '../../src/transformer/config.js';
import { copyEncoder } from '../../src/transformer/encoder-only.js';
import { buildFmVit, fmVit } from '../../src/transformer/fm-vit.js';
import { encode, selectEncoderInputs } from '../../src/transformer/forward.js';
import { buildFourM } from '../../src/transformer/model.js';
import { onOneBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';

onOneBackend();

const grid = { maxTokens: 4, inputSize: [16, 16] as [number, number], patchSize: [8, 8] as [number, number] };
const infos = {
  'rgb@16': { name: 'rgb@16', id: 1, kind: 'pixels' as const, channels: 3, ...grid },
  tok_depth: { name: 'tok_depth', id: 2, kind: 'image-tokens' as const, vocabSize: 10, ...grid },
  caption: { name: 'caption', id: 3, kind: 'sequence' as const, vocabSize: 12, maxTokens: 8 },
};
const sizes = { dim: 12, num_heads: 2, encoder_depth: 2 };
const config = parseFourMConfig({
  ...sizes,
  domains_in: Object.keys(infos),
  domains_out: ['caption'],
  decoder_depth: 1,
});
const image = Float32Array.from({ length: 3 * 256 }, (_, i) => Math.sin(i));

it('a copied encoder computes the same features, shares no weights, and needs no other modality', async () => {
  const model = buildFourM(config, infos);
  for (const parameter of model.parameters.all) parameter.initialize(new Random(parameter.size));
  const copy = await copyEncoder(model, ['rgb@16', 'tok_depth']);
  expect(copy.parameters.all.flatMap(({ names }) => names).filter((name) => /caption|decoder\./.test(name))).toEqual(
    [],
  );
  const outputs = () =>
    [model, copy].map((encoder) =>
      tf.tidy(() => {
        const modalities = {
          'rgb@16': fullImage(infos['rgb@16'], 1, { pixels: image }),
          tok_depth: fullImage(infos.tok_depth, 1, { ids: Int32Array.of(1, 2, 3, 4) }),
        };
        const batch = { size: 1, modalities };
        return Float32Array.from(encode(encoder, batch, selectEncoderInputs(encoder, batch)).output.dataSync());
      }),
    );
  const [own, copied] = outputs();
  expect(copied).toEqual(own);
  for (const parameter of copy.parameters.all) parameter.initialize(new Random(7));
  const [still, other] = outputs();
  expect(still).toEqual(own);
  expect(other).not.toEqual(own);
  for (const { parameters } of [model, copy]) for (const parameter of parameters.all) parameter.dispose();
});

it('with pixels alone, it is the encoder-only model', async () => {
  const model = buildFourM(config, infos);
  for (const parameter of model.parameters.all) parameter.initialize(new Random(parameter.size));
  const copy = await copyEncoder(model, ['rgb@16']);
  const vit = buildFmVit(parseFmVitConfig({ ...sizes, img_size: 16, patch_size: 8 }));
  const byName = new Map(copy.parameters.all.map((parameter) => [parameter.names[0], parameter]));
  for (const parameter of vit.parameters.all) parameter.load(await byName.get(parameter.names[0])!.read());
  const batch = { size: 1, modalities: { 'rgb@16': fullImage(infos['rgb@16'], 1, { pixels: image }) } };
  const [own, features] = tf.tidy(() => [
    encode(copy, batch, selectEncoderInputs(copy, batch)).output.dataSync(),
    fmVit(vit, image, 1).dataSync(),
  ]);
  expectClose(features!, own! as Float32Array, { rtol: 1e-5, atol: 1e-5 }, 'features');
  for (const { parameters } of [model, copy, vit]) for (const parameter of parameters.all) parameter.dispose();
});
