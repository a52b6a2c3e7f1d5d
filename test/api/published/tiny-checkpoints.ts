import { readFileSync } from 'node:fs';
import type { Dtype } from '../../../src/checkpoints/dtypes.js';
import { type ConfigValue, formatConfig } from '../../../src/checkpoints/metadata.js';
import { writeSafetensors } from '../../../src/checkpoints/safetensors-writer.js';
import { publishedModalities } from '../../../src/modalities/published.js';
import type { Parameter } from '../../../src/nn/parameters.js';
import { buildVqVae } from '../../../src/tokenizers/vq/vqvae.js';
import { parseFourMConfig } from '../../../src/transformer/config.js';
import { buildFourM } from '../../../src/transformer/model.js';

type Storage = Extract<Dtype, 'F32' | 'F16' | 'BF16'>;

/** The configuration of a published model or tokenizer, by the name of its manifest. */
export function publishedConfig(manifest: string): Record<string, ConfigValue> {
  const url = new URL(`../../../spec/vectors/manifests/${manifest}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')).config;
}

/** A checkpoint with the names and modalities of a published model, and next to no width or depth. */
export function tinyModelFile(manifest: string, dtype: Storage = 'F16'): Buffer {
  const config = { ...publishedConfig(manifest), dim: 8, num_heads: 2, encoder_depth: 1, decoder_depth: 1 };
  return fileOf(buildFourM(parseFourMConfig(config), publishedModalities).parameters.all, config, dtype);
}

/** A checkpoint with the configuration of a published tokenizer, and small networks. */
export function tinyTokenizerFile(manifest: string): Buffer {
  const config = { ...publishedConfig(manifest), enc_type: 'vit_toy_enc', dec_type: 'vit_toy_dec' };
  return fileOf(buildVqVae(config).parameters.all, config, 'F32');
}

function fileOf(parameters: readonly Parameter[], config: Record<string, ConfigValue>, dtype: Storage): Buffer {
  const tensors = parameters.flatMap(({ names, shape, size }) => {
    const data = new Float32Array(size).map((_, i) => Math.sin(i * 12.9898 + size) / 2);
    return names.map((name) => ({ name, dtype, shape, data }));
  });
  return Buffer.from(writeSafetensors(tensors, formatConfig(config)));
}
