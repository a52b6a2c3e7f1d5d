import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ConfigValue, formatConfig } from '../../checkpoints/metadata.js';
import type { SafetensorsFile } from '../../checkpoints/safetensors.js';
import { writeSafetensors } from '../../checkpoints/safetensors-writer.js';
import { ensureFolder } from '../../io/folders.js';
import { readFile } from '../../io/read-file.js';
import { writeFileAtomic } from '../../io/write-file.js';
import type { Parameter } from '../../nn/parameters.js';
import { parametersIn } from '../../nn/parameters-in.js';
import { checkParameters } from '../../nn/state-dict.js';
import { buildTokenizer, decodesByDiffusion } from '../../tokenizers/tokenizer.js';
import { buildCaptionEncoder } from '../../toybox/features/caption-encoder.js';
import { buildStandIn } from '../../toybox/features/stand-ins.js';
import { TOYBOX_MODALITIES, toyboxModalities } from '../../toybox/modalities.js';
import type { FeatureNetwork } from '../../toybox/names.js';
import { networksOf, tokenizerOf, tokenizersOf } from '../../toybox/training/tokenizers.js';
import { parseFourMConfig } from '../../transformer/config.js';
import { buildFourM } from '../../transformer/model.js';
import { note, print, type Terminal } from '../terminal.js';
import { readNetwork, readRun, readTokenizer, readWordPiece } from './runs.js';
import { MODEL_FILE, networkFile, TEXT_FILE, tokenizerFile, toyboxPackage } from './toybox-package.js';

/** Options of `fourm train export`. */
export interface ExportOptions {
  /** The transformer's run. */
  readonly model: string;
  /** Folder of the tokenizers' runs, or of a model. */
  readonly tokenizers: string;
  /** Text tokenizer. */
  readonly text: string;
  readonly out: string;
}

/** `fourm train export`: exports trained networks in half precision to a folder for `loadModel`, those that the model's modalities need. */
export async function exportModel(options: ExportOptions, terminal: Terminal): Promise<void> {
  for (const { name, bytes } of await writeModel(options)) note(terminal, `${name}  ${(bytes / 1e6).toFixed(2)} MB`);
  print(terminal, options.out);
}

/** Writes the folder. @returns its files */
export async function writeModel({
  model,
  tokenizers,
  text,
  out,
}: ExportOptions): Promise<{ name: string; bytes: number }[]> {
  const { vocabSize } = await readWordPiece(text);
  const files: Record<string, Uint8Array | string> = {};

  const transformer = await readRun(model);
  const config = parseFourMConfig(transformer.config);
  const modalities = TOYBOX_MODALITIES.filter(({ key }) => config.domains_in.includes(key));
  let diffusion = false;
  const codebooks: Record<string, number> = {};
  for (const name of tokenizersOf(modalities)) {
    const { config, file } = await readTokenizer(tokenizers, name);
    if (name === 'rgb') diffusion = decodesByDiffusion(config);
    const tokenizer = buildTokenizer(config);
    for (const modality of modalities) {
      if (tokenizerOf(modality) === name) codebooks[modality.key] = tokenizer.config.codebook_size;
    }
    files[tokenizerFile(name)] = halfPrecision(tokenizer.parameters.all, file, config);
  }
  const built = buildFourM(config, toyboxModalities(vocabSize, modalities, codebooks));
  files[MODEL_FILE] = halfPrecision(built.parameters.all, transformer.file, transformer.config);
  for (const name of networksOf(modalities)) {
    const shipped = join(tokenizers, networkFile(name));
    files[networkFile(name)] = existsSync(shipped) ? await readFile(shipped) : await trainedNetwork(tokenizers, name);
  }
  files[TEXT_FILE] = await readFile(text);
  files['fourm.json'] = `${JSON.stringify(toyboxPackage(vocabSize, { modalities, codebooks, diffusion }), null, 2)}\n`;

  await ensureFolder(out);
  for (const [name, data] of Object.entries(files)) {
    await writeFileAtomic(join(out, name), data);
  }
  return Object.entries(files).map(([name, { length }]) => ({ name, bytes: length }));
}

/** The part of a feature network's training that is kept: of a stand-in, the image network, `image.vit.…` or `teacher.vit.…`. */
async function trainedNetwork(runs: string, name: FeatureNetwork): Promise<Uint8Array> {
  const { file, vocabulary } = await readNetwork(runs, name);
  if (name === 't5') {
    const { parameters, config } = buildCaptionEncoder(vocabulary);
    return halfPrecision(parameters.all, file, config);
  }
  const { kept } = buildStandIn(name, vocabulary);
  return halfPrecision(parametersIn(kept), file, kept.config, /^(image|teacher)\./);
}

/**
 * Parameters of a run's checkpoint as 16-bit floats, without those for training only, under all published names.
 *
 * @param prefix of the names that only the training has
 */
function halfPrecision(
  parameters: readonly Parameter[],
  file: SafetensorsFile,
  config: Readonly<Record<string, unknown>>,
  prefix: RegExp | string = '',
): Uint8Array {
  checkParameters(parameters, file);
  const tensors = parameters.flatMap(({ names, shape }) =>
    names.map((name) => ({ name: name.replace(prefix, ''), dtype: 'F16' as const, shape, data: file.read(name) })),
  );
  return writeSafetensors(tensors, formatConfig(config as Record<string, ConfigValue>));
}
