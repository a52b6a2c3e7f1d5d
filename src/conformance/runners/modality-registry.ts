import { type ModalityKind, modalityId } from '../../modalities/modality.js';
import { publishedModalities, publishedTokenizerInputs } from '../../modalities/published.js';
import type { ConformanceCase } from '../case.js';
import type { Comparison } from '../comparison.js';

/** An embedding of the official registry: its class, and what that is made with. */
interface Embedding {
  readonly kind: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const EMBEDDINGS: Readonly<Record<ModalityKind, readonly [input: string, target: string | undefined]>> = {
  pixels: ['ImageEncoderEmbedding', undefined],
  'image-tokens': ['ImageTokenEncoderEmbedding', 'ImageTokenDecoderEmbedding'],
  sequence: ['SequenceEncoderEmbedding', 'SequenceDecoderEmbedding'],
  'sequence-embedding': ['SequenceEmbEncoderEmbedding', undefined],
};

/** `trans.modality_info`: everything that the model and the tokenizers need to know of the published modalities. */
export function modalityRegistry(reference: ConformanceCase, compare: Comparison): void {
  const registry = reference.json() as Record<string, Readonly<Record<string, unknown>>>;
  for (const [name, entry] of Object.entries(registry)) {
    compare.value(`${name}.id`, modalityId(name), entry.id);
    const input = entry.encoder_embedding as Embedding | null | undefined;
    if (input) compareModality(name, entry, input, compare);
    const tokenized = publishedTokenizerInputs[name];
    if (tokenized) {
      compare.value(`${name}.num_channels`, tokenized.channels, entry.num_channels);
      compare.value(`${name}.num_labels`, tokenized.classes, entry.num_labels);
    } else {
      compare.value(`${name} is a modality`, input !== undefined && input !== null, true);
    }
  }
}

function compareModality(
  name: string,
  entry: Readonly<Record<string, unknown>>,
  { kind, args }: Embedding,
  compare: Comparison,
): void {
  const info = publishedModalities[name];
  if (!info) {
    compare.value(name, undefined, entry);
    return;
  }
  const target = entry.decoder_embedding as Embedding | null;
  compare.value(`${name}.embeddings`, EMBEDDINGS[info.kind], [kind, target?.kind]);
  compare.value(`${name}.vocab_size`, info.vocabSize, entry.vocab_size);
  compare.value(`${name}.patch_size`, info.patchSize?.[0], entry.patch_size);
  compare.value(`${name}.sincos_pos_emb`, !info.learnedPositions, args.sincos_pos_emb ?? true);
  if (entry.input_size) compare.value(`${name}.input_size`, info.inputSize, [entry.input_size, entry.input_size]);
  if (entry.max_tokens) compare.value(`${name}.max_tokens`, info.maxTokens, entry.max_tokens);
  if (info.channels) compare.value(`${name}.num_channels`, info.channels, entry.num_channels);
  if (args.max_length) compare.value(`${name}.max_length`, info.maxLength ?? info.maxTokens, args.max_length);
}
