import { type ModalityInfo, type ModalityKind, modalityId } from '../../../../src/modalities/modality.js';
import { publishedModalities, publishedTokenizerInputs } from '../../../../src/modalities/published.js';
import { escapeStep } from '../../../harness/json-pointer.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';

const OFFICIAL: Readonly<Record<ModalityKind, { type: string; input: string; target?: string }>> = {
  pixels: { type: 'img', input: 'ImageEncoderEmbedding' },
  'image-tokens': { type: 'img', input: 'ImageTokenEncoderEmbedding', target: 'ImageTokenDecoderEmbedding' },
  sequence: { type: 'seq', input: 'SequenceEncoderEmbedding', target: 'SequenceDecoderEmbedding' },
  'sequence-embedding': { type: 'seq_emb', input: 'SequenceEmbEncoderEmbedding' },
};

/** `trans.modality_info`: everything that the model and the tokenizers need to know of the published modalities. */
export function modalityRegistry(task: Inputs, out: Outputs): void {
  for (const name of task.options.names as string[]) {
    const info = publishedModalities[name];
    out.value(`/${escapeStep(name)}`, { ...tokenizerInput(name), ...(info && modality(info)) });
  }
}

/** What a tokenizer reads: pictures and maps, or features of another network. */
function tokenizerInput(name: string): object {
  const input = publishedTokenizerInputs[name];
  return { id: modalityId(name), num_channels: input?.channels, num_labels: input?.classes };
}

function modality(info: ModalityInfo): object {
  const { type, input, target } = OFFICIAL[info.kind];
  return {
    id: info.id,
    type,
    vocab_size: info.vocabSize,
    shared_vocab: ['caption'],
    input_size: info.inputSize?.[0],
    patch_size: info.patchSize?.[0],
    max_tokens: info.maxTokens,
    num_channels: info.channels ?? publishedTokenizerInputs[info.name]?.channels,
    encoder_embedding: embedding(input, info),
    decoder_embedding: target === undefined ? null : embedding(target, info),
  };
}

function embedding(kind: string, info: ModalityInfo): object {
  const args = {
    vocab_size: info.vocabSize,
    num_channels: info.channels,
    max_length: info.maxLength ?? info.maxTokens,
    sincos_pos_emb: !info.learnedPositions,
    padding_idx: 0,
  };
  return { kind, args };
}
