import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConfigValue, formatConfig } from '../../src/checkpoints/metadata.js';
import { writeSafetensors } from '../../src/checkpoints/safetensors-writer.js';
import { toyboxModelConfig } from '../../src/cli/train/model-config.js';
import {
  MODEL_FILE,
  networkFile,
  TEXT_FILE,
  tokenizerFile,
  toyboxPackage,
} from '../../src/cli/train/toybox-package.js';
import { ParameterList } from '../../src/nn/parameters.js';
import { stateDict } from '../../src/nn/state-dict.js';
import { Random } from '../../src/random.js';
import { loadWordPiece } from '../../src/tokenizers/text/word-piece.js';
import { buildTokenizer } from '../../src/tokenizers/tokenizer.js';
import { buildCaptionEncoder } from '../../src/toybox/features/caption-encoder.js';
import { buildToyboxImageNetwork } from '../../src/toybox/features/image-network.js';
import { toyboxModalities } from '../../src/toybox/modalities.js';
import { STAND_INS, TOYBOX_TOKENIZERS } from '../../src/toybox/names.js';
import { toyboxTokenizerConfig } from '../../src/toybox/training/tokenizers.js';
import { trainToyboxVocabulary } from '../../src/toybox/training/vocabulary.js';
import { buildFourM } from '../../src/transformer/model.js';

/**
 * Writes a model with all of the toybox's modalities and random weights. A backend must be in use.
 *
 * @param folder exists, and is empty
 */
export async function makeTinyModel(folder: string): Promise<void> {
  const text = trainToyboxVocabulary(20);
  const { vocabSize } = loadWordPiece(text);
  const config = toyboxModelConfig({ width: 8, heads: 2, encoderDepth: 1, decoderDepth: 1 });
  const { parameters } = buildFourM(config, toyboxModalities(vocabSize));
  await writeFile(join(folder, 'fourm.json'), JSON.stringify(toyboxPackage(vocabSize)));
  await writeFile(join(folder, TEXT_FILE), JSON.stringify(text));
  await writeFile(join(folder, MODEL_FILE), await initialized(parameters, config));
  for (const name of TOYBOX_TOKENIZERS) {
    const own = toyboxTokenizerConfig(name);
    // Diffusion takes minutes in plain JavaScript, with its own tests elsewhere.
    const config = name === 'rgb' ? { ...own, dec_type: 'vit_toy_dec' } : own;
    await writeFile(join(folder, tokenizerFile(name)), await initialized(buildTokenizer(config).parameters, config));
  }
  for (const name of STAND_INS) {
    const list = new ParameterList();
    const { config } = buildToyboxImageNetwork(list, 3);
    await writeFile(join(folder, networkFile(name)), await initialized(list, config));
  }
  const encoder = buildCaptionEncoder(vocabSize);
  await writeFile(join(folder, networkFile('t5')), await initialized(encoder.parameters, encoder.config));
}

/** A checkpoint of random weights, which are released. */
export async function initialized(parameters: ParameterList, config: object): Promise<Uint8Array> {
  const random = new Random(0);
  for (const parameter of parameters.all) parameter.initialize(random);
  const tensors = (await stateDict(parameters)).map((tensor) => ({ ...tensor, dtype: 'F16' as const }));
  for (const parameter of parameters.all) parameter.dispose();
  return writeSafetensors(tensors, formatConfig(config as Record<string, ConfigValue>));
}
