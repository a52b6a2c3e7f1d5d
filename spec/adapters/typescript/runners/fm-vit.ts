import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { InvalidInputError } from '../../../../src/errors.js';
import { addLora, mergeLora } from '../../../../src/nn/lora.js';
import { loadParameters } from '../../../../src/nn/state-dict.js';
import { parseFmVitConfig, parseFourMConfig } from '../../../../src/transformer/config.js';
import { buildFmVit, fmVit } from '../../../../src/transformer/fm-vit.js';
import { encode, forward, selectEncoderInputs } from '../../../../src/transformer/forward.js';
import { type LoraTarget, loraLayers } from '../../../../src/transformer/lora-layers.js';
import { buildFourM } from '../../../../src/transformer/model.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';
import { caseBatch, caseModalities } from './models.js';

/** `fmvit.forward` and `fmvit.from_fm_config`: image features of an encoder-only model. */
export async function encoderOnly(task: Inputs, out: Outputs): Promise<void> {
  const model = buildFmVit(parseFmVitConfig(task.config));
  try {
    await loadParameters(model.parameters.all, task.checkpoint());
    const features = fmVit(model, task.floats('in.image'), task.shape('in.image')[0]!);
    await out.device('out.features', features);
    features.dispose();
  } finally {
    for (const parameter of model.parameters.all) parameter.dispose();
  }
}

/** The cases' names of the layers that get adapters. (`get_LoRA_module_names` officially.) */
const TARGETS: Readonly<Record<string, LoraTarget>> = {
  selfattn: 'self-attention',
  selfattention: 'self-attention',
  self_attn: 'self-attention',
  self_attention: 'self-attention',
  crossattn: 'cross-attention',
  crossattention: 'cross-attention',
  cross_attn: 'cross-attention',
  cross_attention: 'cross-attention',
  attn: 'attention',
  attention: 'attention',
  mlp: 'mlp',
  all: 'all',
  transformer: 'all',
};

function targetOf(name: string): LoraTarget {
  const target = TARGETS[name.toLowerCase()];
  if (!target)
    throw new InvalidInputError(`unknown LoRA target '${name}'; known are ${Object.keys(TARGETS).join(', ')}`);
  return target;
}

const loraSchema = v.strictObject({
  target: v.string(),
  rank: v.number(),
  scale: v.number(),
});

/** `fmvit.lora`: a 4M model with adapters, and after merging them. */
export async function adapters(task: Inputs, out: Outputs): Promise<void> {
  const { target, ...options } = optionsOf(loraSchema, task.options.lora, 'lora');
  const model = buildFourM(parseFourMConfig(task.config), caseModalities(task));
  const layers = loraLayers(model, targetOf(target));
  try {
    const added = addLora(model.parameters, layers, options);
    const shapes = Object.fromEntries(added.map((p) => [p.names[0], [...p.shape]]));
    out.value('state_dict_additions', shapes);
    await loadParameters(model.parameters.all, task.checkpoint());
    const batch = caseBatch(task, model);
    const limits = {
      encoderTokens: task.options.num_encoder_tokens as number,
      decoderTokens: task.options.num_decoder_tokens as number,
    };
    const decoded = () => tf.tidy(() => forward(model, batch, limits).output);
    const encoded = tf.tidy(() => encode(model, batch, selectEncoderInputs(model, batch, limits.encoderTokens)).output);
    const check = async (name: string, tensor: tf.Tensor) => {
      await out.device(name, tensor);
      tensor.dispose();
    };
    await check('out.lora.encoder_output', encoded);
    await check('out.lora.decoder_output', decoded());
    mergeLora(model.parameters, layers);
    await check('out.fused.decoder_output', decoded());
    for (const { weight } of layers) {
      out.tensor(`out.fused_weight.${weight.names[0]}`, await weight.read(), weight.shape);
    }
  } finally {
    for (const parameter of model.parameters.all) parameter.dispose();
  }
}
