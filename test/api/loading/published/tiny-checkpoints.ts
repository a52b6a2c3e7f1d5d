import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dtype } from '../../../../src/checkpoints/dtypes.js';
import { type ConfigValue, formatConfig } from '../../../../src/checkpoints/metadata.js';
import { writeSafetensors } from '../../../../src/checkpoints/safetensors-writer.js';
import { publishedModalities } from '../../../../src/modalities/published.js';
import type { Parameter } from '../../../../src/nn/parameters.js';
import type { TokenizerJson } from '../../../../src/tokenizers/text/tokenizer-json.js';
import { trainWordPiece } from '../../../../src/tokenizers/text/train-word-piece.js';
import { buildVqVae } from '../../../../src/tokenizers/vq/vqvae.js';
import { parseFourMConfig } from '../../../../src/transformer/config.js';
import { buildFourM } from '../../../../src/transformer/model.js';

type Storage = Extract<Dtype, 'F32' | 'F16' | 'BF16'>;

/** The configuration of a published model or tokenizer, by the name of its manifest. */
export function publishedConfig(manifest: string): Record<string, ConfigValue> {
  const url = new URL(`../../../../spec/vectors/manifests/${manifest}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')).config;
}

/** A checkpoint with the names and modalities of a published model, and next to no width or depth. */
export function tinyModelFile(manifest: string, dtype: Storage = 'F16'): Buffer {
  const config = { ...publishedConfig(manifest), dim: 8, num_heads: 2, encoder_depth: 1, decoder_depth: 1 };
  return fileOf(buildFourM(parseFourMConfig(config), publishedModalities).parameters.all, config, dtype);
}

/** A checkpoint with the configuration of a published tokenizer, and small networks. */
export function tinyTokenizerFile(manifest: string, changes: Record<string, ConfigValue> = {}): Buffer {
  const config = { ...publishedConfig(manifest), enc_type: 'vit_toy_enc', dec_type: 'vit_toy_dec', ...changes };
  return fileOf(buildVqVae(config).parameters.all, config, 'F32');
}

/** The same of a tokenizer of vectors, which is made of MLPs. */
export function tinyVectorTokenizerFile(manifest: string, codebooks: number): Buffer {
  const mlp = 'BottleneckMLP/B_1-Wi_16';
  return tinyTokenizerFile(manifest, { enc_type: mlp, dec_type: mlp, latent_dim: 64, num_codebooks: codebooks });
}

/** Writes a folder with a model's checkpoint, the vocabulary, and tokenizers, by the last part of their ids. */
export async function writePublishedFolder(
  folder: string,
  manifest: string,
  tokenizers: Readonly<Record<string, Buffer>> = {},
): Promise<void> {
  await writeFile(join(folder, 'model.safetensors'), tinyModelFile(manifest));
  await writeFile(join(folder, 'text_tokenizer_4m_wordpiece_30k.json'), JSON.stringify(tinyVocabulary()));
  for (const [name, file] of Object.entries(tokenizers)) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'model.safetensors'), file);
  }
}

/** A vocabulary with the official one's size, sentinels and coordinates, and the words that values are told by. */
export function tinyVocabulary(): TokenizerJson {
  const words = ['human', 'pose', 'global', 'camera', 'shape', 'point', 'polygon', 'none', 'dog'];
  const json = trainWordPiece(words, { vocabSize: 30000, sentinels: 200, coordinateBins: 1000, classNames: ['dog'] });
  const vocab = { ...json.model.vocab };
  for (let id = Object.keys(vocab).length; id < 30000; id++) vocab[`filler${id}`] = id;
  return { ...json, model: { ...json.model, vocab } };
}

function fileOf(parameters: readonly Parameter[], config: Record<string, ConfigValue>, dtype: Storage): Buffer {
  const tensors = parameters.flatMap(({ names, shape, size }) => {
    const data = new Float32Array(size).map((_, i) => Math.sin(i * 12.9898 + size) / 2);
    return names.map((name) => ({ name, dtype, shape, data }));
  });
  return Buffer.from(writeSafetensors(tensors, formatConfig(config)));
}
