import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { loadParameters } from '../../src/nn/state-dict.js';
import { parseFmVitConfig } from '../../src/transformer/config.js';
import { buildFmVit, fmVit } from '../../src/transformer/fm-vit.js';
import { onEachBackend } from '../on-backends.js';
import { expectClose, vectorCase } from '../vectors.js';
import { fmCase } from './reference.js';

onEachBackend((backend) => {
  const cases = ['fmvit_swiglu', 'fmvit_gelu_qknorm', 'fmvit_from_fm_config'];

  it.each(backend === 'webgpu' ? cases.slice(0, 2) : cases)('%s: equals the reference', async (name) => {
    const { about, data, model: checkpoint } = vectorCase(name);
    const model = buildFmVit(parseFmVitConfig(about.config));
    await loadParameters(model.parameters.all, checkpoint);
    expect(model.parameters.all.flatMap((p) => p.names).sort()).toEqual([...checkpoint.tensors.keys()].sort());
    const { shape } = data.tensors.get('in.image')!;
    const before = tf.memory().numTensors;
    const features = fmVit(model, data.read('in.image') as Float32Array, shape[0]!);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(features.shape).toEqual([...data.tensors.get('out.features')!.shape]);
    expectClose(await features.data(), data.read('out.features') as Float32Array, about.tolerance, 'features');
    features.dispose();
    for (const parameter of model.parameters.all) parameter.dispose();
  });
});

it('loads the encoder of a 4M checkpoint', () => {
  const { about, model: checkpoint } = fmCase('fm_mod7_swiglu');
  const model = buildFmVit({ ...parseFmVitConfig(about.config), img_size: 64 });
  for (const { names, shape } of model.parameters.all) {
    const name = names[0]!.replace('rgb@64', 'rgb@224');
    expect([name, checkpoint.tensors.get(name)?.shape]).toEqual([name, [...shape]]);
  }
});

it("training keys are ignored, and a published modality's patch size goes before that of a 4M configuration", () => {
  const config = { img_size: 32, dim: 8, num_heads: 2, encoder_depth: 1 };
  expect(parseFmVitConfig({ ...config, drop_path_rate: 0.1, drop_rate: 0.1, attn_drop_rate: 0 })).toEqual(
    parseFmVitConfig(config),
  );
  const fourM = (image_size: number) =>
    parseFmVitConfig({ domains_in: ['caption'], domains_out: [], image_size, patch_size: 8 });
  expect(fourM(224).patch_size).toBe(16);
  expect(fourM(64).patch_size).toBe(8);
});

it('rejects unknown keys, register tokens and images of another size', () => {
  const config = { img_size: 32, dim: 8, num_heads: 2, encoder_depth: 1 };
  expect(() => parseFmVitConfig({ ...config, decoder_depth: 2 })).toThrow(/"decoder_depth"/);
  expect(() => parseFmVitConfig({ ...config, num_heads: 3 })).toThrow(/num_heads/);
  const fourM = { domains_in: ['rgb@224'], domains_out: [], num_register_tokens: 4 };
  expect(() => parseFmVitConfig(fourM)).toThrow(InvalidInputError);
  const model = buildFmVit(parseFmVitConfig(config));
  expect(() => fmVit(model, new Float32Array(32), 1)).toThrow('expected images of 1×3×32×32 values, but got 32');
});
