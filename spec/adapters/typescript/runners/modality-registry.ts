import { type ModalityInfo, type ModalityKind, modalityId } from '../../../../src/modalities/modality.js';
import { publishedModalities, publishedTokenizerInputs } from '../../../../src/modalities/published.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';

/** An embedding of the official registry: its class, and what that is made with. */
interface Embedding {
  readonly kind: string;
  readonly args: Readonly<Record<string, unknown>>;
}

interface Entry {
  readonly max_tokens?: number | null;
  readonly encoder_embedding?: Embedding | null;
  readonly decoder_embedding?: Embedding | null;
}

const OFFICIAL: Readonly<Record<ModalityKind, { type: string; input: string; target?: string }>> = {
  pixels: { type: 'img', input: 'ImageEncoderEmbedding' },
  'image-tokens': { type: 'img', input: 'ImageTokenEncoderEmbedding', target: 'ImageTokenDecoderEmbedding' },
  sequence: { type: 'seq', input: 'SequenceEncoderEmbedding', target: 'SequenceDecoderEmbedding' },
  'sequence-embedding': { type: 'seq_emb', input: 'SequenceEmbEncoderEmbedding' },
};

/** Where training data lie and how few tokens are drawn from them: nothing of the model or of a tokenizer. */
const OF_TRAINING_DATA = ['min_tokens', 'path', 'pretokenized'];

/** `trans.modality_info`: everything that the model and the tokenizers need to know of the published modalities. */
export function modalityRegistry(reference: ConformanceCase, compare: Comparison): void {
  for (const [name, entry] of Object.entries(reference.json() as Record<string, Entry>)) {
    if (entry.encoder_embedding) compareModality(name, entry, compare);
    else compareTokenizerInput(name, entry, compare);
  }
}

/** What only a tokenizer reads: pictures and maps, or features of another network. */
function compareTokenizerInput(name: string, entry: Entry, compare: Comparison): void {
  const input = publishedTokenizerInputs[name];
  // An image has no size of its own here; how many tokens it becomes is said of the modality of its tokens.
  const given = [...OF_TRAINING_DATA, 'type', 'max_tokens', 'encoder_embedding', 'decoder_embedding'];
  compare.entry(name, entry, given, {
    id: modalityId(name),
    num_channels: input?.channels,
    num_labels: input?.classes,
  });
}

function compareModality(name: string, entry: Entry, compare: Comparison): void {
  const info = publishedModalities[name];
  if (!info) {
    compare.value(name, undefined, entry);
    return;
  }
  const { type, input, target } = OFFICIAL[info.kind];
  compare.entry(name, entry, [...OF_TRAINING_DATA, 'encoder_embedding', 'decoder_embedding'], {
    id: info.id,
    type,
    vocab_size: info.vocabSize,
    shared_vocab: ['caption'],
    input_size: info.inputSize?.[0],
    patch_size: info.patchSize?.[0],
    // Where the reference leaves it to the size of the image.
    max_tokens: entry.max_tokens === null ? null : info.maxTokens,
    num_channels: info.channels ?? publishedTokenizerInputs[name]?.channels,
  });
  compareEmbedding(`${name}.encoder_embedding`, entry.encoder_embedding, input, info, compare);
  compareEmbedding(`${name}.decoder_embedding`, entry.decoder_embedding, target, info, compare);
}

function compareEmbedding(
  name: string,
  embedding: Embedding | null | undefined,
  kind: string | undefined,
  info: ModalityInfo,
  compare: Comparison,
): void {
  compare.value(`${name}.kind`, kind, embedding?.kind);
  if (!embedding) return;
  compare.entry(name, embedding, ['args'], { kind });
  compare.entry(`${name}.args`, embedding.args, [], {
    vocab_size: info.vocabSize,
    num_channels: info.channels,
    max_length: info.maxLength ?? info.maxTokens,
    sincos_pos_emb: !info.learnedPositions,
    padding_idx: 0,
  });
}
