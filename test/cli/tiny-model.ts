import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConfigValue, formatConfig } from '../../src/checkpoints/metadata.js';
import { writeSafetensors } from '../../src/checkpoints/safetensors-writer.js';
import { toyboxModelConfig } from '../../src/cli/train/model-config.js';
import { MODEL_FILE, TEXT_FILE, tokenizerFile, toyboxPackage } from '../../src/cli/train/toybox-package.js';
import type { ParameterList } from '../../src/nn/parameters.js';
import { stateDict } from '../../src/nn/state-dict.js';
import { Random } from '../../src/random.js';
import { loadWordPiece } from '../../src/tokenizers/text/word-piece.js';
import { buildTokenizer } from '../../src/tokenizers/tokenizer.js';
import { TOYBOX_IMAGES, type ToyboxImage, toyboxModalities } from '../../src/toybox/modalities.js';
import { toyboxTokenizerConfig } from '../../src/toybox/training/tokenizers.js';
import { trainToyboxVocabulary } from '../../src/toybox/training/vocabulary.js';
import { buildFourM } from '../../src/transformer/model.js';

/** Writes a model that knows all of the toybox's modalities and has learned nothing. A backend must be chosen. */
export async function writeTinyModel(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const text = trainToyboxVocabulary(20);
  const { vocabSize } = loadWordPiece(text);
  const config = toyboxModelConfig({ width: 8, heads: 2, encoderDepth: 1, decoderDepth: 1 });
  const { parameters } = buildFourM(config, toyboxModalities(vocabSize));
  await writeFile(join(folder, 'fourm.json'), JSON.stringify(toyboxPackage(vocabSize)));
  await writeFile(join(folder, TEXT_FILE), JSON.stringify(text));
  await writeFile(join(folder, MODEL_FILE), await initialized(parameters, config));
  for (const modality of Object.keys(TOYBOX_IMAGES) as ToyboxImage[]) {
    const own = toyboxTokenizerConfig(modality);
    // Diffusion takes minutes in plain JavaScript, with its own tests elsewhere.
    const config = { ...own, dec_type: 'vit_toy_dec' };
    await writeFile(
      join(folder, tokenizerFile(modality)),
      await initialized(buildTokenizer(config).parameters, config),
    );
  }
}

/** A checkpoint of random weights, which are released. */
export async function initialized(parameters: ParameterList, config: object): Promise<Uint8Array> {
  const random = new Random(0);
  for (const parameter of parameters.all) parameter.initialize(random);
  const tensors = (await stateDict(parameters)).map((tensor) => ({ ...tensor, dtype: 'F16' as const }));
  for (const parameter of parameters.all) parameter.dispose();
  return writeSafetensors(tensors, formatConfig(config as Record<string, ConfigValue>));
}
