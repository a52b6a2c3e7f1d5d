import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DecodingSettings, ModelPackage, PackageModality } from '../../src/api/types/package.js';
import { buildImageNetwork } from '../../src/networks/image-network.js';
import { buildTextEncoder } from '../../src/networks/text-encoder.js';
import { ParameterList } from '../../src/nn/parameters.js';
import { loadWordPiece } from '../../src/tokenizers/text/word-piece.js';
import { buildTokenizer } from '../../src/tokenizers/tokenizer.js';
import { INSTANCE_GRID } from '../../src/toybox/annotations/instances.js';
import { OBJECT_CLASSES } from '../../src/toybox/constants.js';
import { FEATURE_WIDTH } from '../../src/toybox/features/image-network.js';
import {
  allToyboxModalities,
  TOYBOX_COORDINATE_BINS,
  TOYBOX_IMAGES,
  TOYBOX_MODALITIES,
  TOYBOX_PATCH,
  TOYBOX_SIZE,
} from '../../src/toybox/modalities.js';
import { STAND_INS, TOYBOX_TOKENIZERS } from '../../src/toybox/names.js';
import { toyboxTokenizerConfig } from '../../src/toybox/training/tokenizers.js';
import { trainToyboxVocabulary } from '../../src/toybox/training/vocabulary.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { buildFourM } from '../../src/transformer/model.js';
import { initialized } from './tiny-model.js';

/** Length of the text encoder's vectors. */
export const TINY_TEXT_WIDTH = 12;

const MAP: DecodingSettings = { method: 'maskgit', steps: 1, temperature: 0 };
const WORDS: DecodingSettings = { method: 'autoregressive', temperature: 1 };

/** A package with every kind of modality: all of the toybox's. @param vocabSize of the text tokenizer */
export function tinyPackage(vocabSize: number): ModelPackage {
  const at = (name: string) => `tok_${name}@${TOYBOX_SIZE}`;
  const image = (name: string, values: Extract<PackageModality, { kind: 'image' }>['values'], tokenizer = name) => ({
    kind: 'image' as const,
    values,
    tokens: at(name),
    tokenizer: `tok_${tokenizer}.safetensors`,
    decoding: MAP,
  });
  const vectors = (name: string) => ({
    tokenizer: `tok_${name}.safetensors`,
    network: `net_${name.split('_')[0]}.safetensors`,
    decoding: MAP,
  });
  const words = <K extends string>(kind: K, tokens: string) => ({ kind, tokens, decoding: WORDS });
  const modalities: Record<string, PackageModality> = {
    ...Object.fromEntries(Object.entries(TOYBOX_IMAGES).map(([name, values]) => [name, image(name, values as never)])),
    canny_edge: image('canny_edge', { kind: 'edges' }, 'edge'),
    sam_edge: image('sam_edge', { kind: 'edges' }, 'edge'),
    ...Object.fromEntries(STAND_INS.map((name) => [name, { kind: 'features', tokens: at(name), ...vectors(name) }])),
    ...Object.fromEntries(
      ['dinov2_global', 'imagebind_global'].map((name) => [
        name,
        { kind: 'embedding', tokens: `tok_${name}`, ...vectors(name) },
      ]),
    ),
    caption: words('text', 'caption'),
    t5_caption: { kind: 'embeddings', tokens: 't5_caption', network: 'net_text.safetensors' },
    det: { ...words('detections', 'det'), classes: [...OBJECT_CLASSES], bins: TOYBOX_COORDINATE_BINS },
    metadata: words('metadata', 'metadata'),
    color_palette: words('palette', 'color_palette'),
    human_poses: { ...words('poses', 'human_poses'), tokenizer: 'tok_human_poses.safetensors' },
    sam_instance: {
      ...words('instances', 'sam_instance'),
      tokenizer: 'tok_sam_mask.safetensors',
      maskValues: 'symmetric',
      size: INSTANCE_GRID,
    },
  };
  Object.assign(modalities.rgb!, { pixels: `rgb@${TOYBOX_SIZE}`, chain: ['semseg'] });
  return {
    format: 1,
    name: 'tiny',
    model: 'model.safetensors',
    text: 'text.json',
    infos: Object.values(allToyboxModalities(vocabSize, TINY_TEXT_WIDTH)),
    modalities,
  };
}

/** Writes a model that knows all modalities of the toybox and has learned nothing. A backend must be chosen. */
export async function writeTinyPackage(folder: string): Promise<ModelPackage> {
  await mkdir(folder, { recursive: true });
  const text = trainToyboxVocabulary(20);
  const { vocabSize } = loadWordPiece(text);
  const about = tinyPackage(vocabSize);
  const write = (file: string, content: Uint8Array | string) => writeFile(join(folder, file), content);
  const config = parseFourMConfig({
    domains_in: TOYBOX_MODALITIES.map(({ key }) => key),
    domains_out: TOYBOX_MODALITIES.filter(({ directions }) => directions === 'in and out').map(({ key }) => key),
    image_size: TOYBOX_SIZE,
    patch_size: TOYBOX_PATCH,
    dim: 8,
    encoder_depth: 1,
    decoder_depth: 1,
    num_heads: 2,
  });
  const infos = Object.fromEntries(about.infos.map((info) => [info.name, info]));
  await write(about.model, await initialized(buildFourM(config, infos).parameters, config));
  await write(about.text, JSON.stringify(text));
  await write('fourm.json', JSON.stringify(about));
  for (const name of TOYBOX_TOKENIZERS) {
    const own = toyboxTokenizerConfig(name);
    // Diffusion takes minutes in plain JavaScript, with its own tests elsewhere.
    const config = own.dec_type === 'unet_toy' ? { ...own, dec_type: 'vit_toy_dec' } : own;
    await write(`tok_${name}.safetensors`, await initialized(buildTokenizer(config).parameters, config));
  }
  const small = { dim: TINY_TEXT_WIDTH, depth: 1, num_heads: 2 };
  for (const name of STAND_INS) {
    const sizes = { image_size: TOYBOX_SIZE, patch_size: TOYBOX_PATCH, n_channels: 3, out_dim: FEATURE_WIDTH };
    const config = { network: 'image' as const, ...small, ...sizes };
    const list = new ParameterList();
    buildImageNetwork(list, config);
    await write(`net_${name}.safetensors`, await initialized(list, config));
  }
  const list = new ParameterList();
  const encoder = { network: 'text' as const, vocab_size: vocabSize, ...small };
  buildTextEncoder(list, encoder);
  await write('net_text.safetensors', await initialized(list, encoder));
  return about;
}
