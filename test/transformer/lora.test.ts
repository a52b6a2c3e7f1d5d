import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { addLora, mergeLora } from '../../src/nn/lora.js';
import { loadParameters } from '../../src/nn/state-dict.js';
import { parseFmVitConfig, parseFourMConfig } from '../../src/transformer/config.js';
import { buildFmVit } from '../../src/transformer/fm-vit.js';
import { encode, forward, selectEncoderInputs } from '../../src/transformer/forward.js';
import { loraLayers } from '../../src/transformer/lora-layers.js';
import { buildFourM } from '../../src/transformer/model.js';
import { onEachBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { type FmCase, fmCase, referenceBatch, referenceModalities } from './reference.js';

type LoraCase = FmCase & { about: { lora: { rank: number; scale: number } } };

onEachBackend(() => {
  it.each([
    ['fmvit_lora_attn', 'attention'],
    ['fmvit_lora_all', 'all'],
  ] as const)('%s: adapters correct the model, apart from its matrices and in them', async (name, target) => {
    const reference = fmCase(name) as LoraCase;
    const { about, values, data, model: checkpoint } = reference;
    const config = parseFourMConfig(about.config);
    const model = buildFourM(config, referenceModalities(config.domains_in, about.modality_info_overrides));
    const publishedNames = model.parameters.all.flatMap((p) => p.names);
    const batch = referenceBatch(reference, model);
    const layers = loraLayers(model, target);

    const added = addLora(model.parameters, layers, about.lora);
    const shapes = Object.fromEntries(added.map((p) => [p.names[0], [...p.shape]]));
    expect(shapes).toEqual(values.state_dict_additions);
    expect(model.parameters.all.flatMap((p) => p.names).sort()).toEqual([...checkpoint.tensors.keys()].sort());
    await loadParameters(model.parameters.all, checkpoint);

    const limits = { encoderTokens: about.num_encoder_tokens, decoderTokens: about.num_decoder_tokens };
    const decoded = () => tf.tidy(() => forward(model, batch, limits).output);
    const check = async (key: string, actual: tf.Tensor) => {
      expectClose(await actual.data(), data.read(`out.${key}`) as Float32Array, about.tolerance, key);
      actual.dispose();
    };
    await check(
      'lora.encoder_output',
      tf.tidy(() => encode(model, batch, selectEncoderInputs(model, batch, limits.encoderTokens)).output),
    );
    await check('lora.decoder_output', decoded());

    const before = tf.memory().numTensors;
    mergeLora(model.parameters, layers);
    expect(tf.memory().numTensors).toBe(before - added.length);
    await check('fused.decoder_output', decoded());
    expect(model.parameters.all.flatMap((p) => p.names)).toEqual(publishedNames);
    const merged = [...data.tensors.keys()].filter((key) => key.startsWith('out.fused_weight.'));
    expect(merged).toHaveLength(layers.length);
    for (const key of merged) {
      const parameter = model.parameters.all.find((p) => key === `out.fused_weight.${p.names[0]}`)!;
      expectClose(await parameter.read(), data.read(key) as Float32Array, about.tolerance, key);
    }
    for (const parameter of model.parameters.all) parameter.dispose();
  });
});

it('finds the layers of an encoder-only model, the gate of its MLP included', () => {
  const model = buildFmVit(parseFmVitConfig({ img_size: 32, dim: 8, num_heads: 2, encoder_depth: 1, gated_mlp: true }));
  const names = (target: Parameters<typeof loraLayers>[1]) =>
    loraLayers(model, target).map(({ weight }) => weight.names[0]!.replace(/^encoder\.0\.(.+)\.weight$/, '$1'));
  expect(names('self-attention')).toEqual(['attn.qkv', 'attn.proj']);
  expect(names('cross-attention')).toEqual([]);
  expect(names('attention')).toEqual(['attn.qkv', 'attn.proj']);
  expect(names('mlp')).toEqual(['mlp.fc1', 'mlp.fc2', 'mlp.fc3']);
  expect(names('all')).toEqual(['attn.qkv', 'attn.proj', 'mlp.fc1', 'mlp.fc2', 'mlp.fc3']);
});
