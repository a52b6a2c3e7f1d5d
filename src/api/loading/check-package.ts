import { openSafetensors } from '../../checkpoints/safetensors.js';
import { storedConfig } from '../../checkpoints/stored-config.js';
import { CheckpointError } from '../../errors.js';
import { channelsOf } from '../../modalities/images.js';
import { parseVqVaeConfig } from '../../tokenizers/vq/config.js';
import type { ModelPackage, PackageModality } from '../types/package.js';
import { type ModelSource, openIfExists } from './model-source.js';

/**
 * Checks that the tokenizers of a model are of what it says: a tokenizer of colours reads no depth. Reads their headers, and no
 * weights.
 *
 * @throws CheckpointError naming the modality, its tokenizer, and what does not fit
 */
export async function checkTokenizers(place: ModelSource, about: ModelPackage, signal?: AbortSignal): Promise<void> {
  for (const [name, modality] of Object.entries(about.modalities)) {
    if (modality.kind !== 'image') continue;
    // One that is not there is missed where it is needed.
    const source = await openIfExists(place, modality.tokenizer, signal);
    if (source) checkTokenizer(name, modality, about, storedConfig(await openSafetensors(source, signal)));
  }
}

function checkTokenizer(
  name: string,
  { values, tokens, tokenizer }: Extract<PackageModality, { kind: 'image' }>,
  { infos }: ModelPackage,
  config: unknown,
): void {
  const { n_channels, n_labels, codebook_size } = parseVqVaeConfig(config);
  const classes = values.kind === 'classes' ? values.names.length : undefined;
  const mismatch = (what: string) =>
    new CheckpointError(`the tokenizer of '${name}', ${tokenizer}, does not fit it: ${what}`);
  if (classes !== (n_labels ?? undefined)) {
    throw mismatch(`it knows ${n_labels ?? 'no'} classes, and ${values.kind} has ${classes ?? 'none'}`);
  }
  if (classes === undefined && n_channels !== channelsOf(values)) {
    throw mismatch(`it reads ${n_channels} channels, and ${values.kind} has ${channelsOf(values)}`);
  }
  const { vocabSize } = infos.find((info) => info.name === tokens)!;
  if (vocabSize !== codebook_size) {
    throw mismatch(`it has ${codebook_size} codes, and the model ${vocabSize} tokens of '${tokens}'`);
  }
}
