/** Batches of a given size, whose values do not matter: memory depends on the numbers of tokens alone. */
import { type DecodingVocabulary, fullEmbeddings, fullImage, fullSequence } from '../decoding/state.js';
import type { ModalityInfo } from '../modalities/modality.js';
import { type ModalityBatch, patchCount } from '../transformer/batch.js';

/** Sizes of a partly given target. */
export interface GivenPart {
  readonly known: number;
  readonly masked: number;
}

/** Memory does not depend on which ids are special. */
export const vocabulary: DecodingVocabulary = { padId: 0, eosId: 0, sentinelIds: [0, 0, 0] };

/** A modality that is input, with this number of tokens in each sample. */
export function knownTokens(info: ModalityInfo, size: number, count: number): ModalityBatch {
  const samples = Array.from({ length: size }, (_, b) => distinctIds(info, b, count));
  switch (info.kind) {
    case 'pixels': {
      const [height, width] = info.inputSize!;
      return fullImage(info, size, { pixels: new Float32Array(size * info.channels! * height * width) });
    }
    case 'sequence-embedding':
      return fullEmbeddings(new Float32Array(size * count * info.embeddingDim!), new Uint8Array(size * count).fill(1));
    case 'sequence':
      return fullSequence(samples, vocabulary);
    default:
      return fullImage(info, size, { ids: joined(samples) });
  }
}

/** A target, empty or partly given. In a partly given one, tokens may count as given and masked at once, since the exact numbers are unknown. */
export function maskedTokens(info: ModalityInfo, size: number, given?: GivenPart): ModalityBatch {
  const isText = info.kind === 'sequence';
  const all = isText ? info.maxTokens : patchCount(info);
  const { known, masked } = given ?? { known: isText ? 1 : 0, masked: all };
  const length = isText ? known + masked : all;
  const mask = (visible: (l: number) => boolean) =>
    Uint8Array.from({ length: size * length }, (_, i) => Number(!visible(i % length)));
  return {
    ids: joined(Array.from({ length: size }, (_, b) => distinctIds(info, b, length))),
    inputMask: mask((l) => l < known),
    targetMask: mask((l) => l >= length - masked),
    decoderAttentionMask: new Int32Array(size * length),
  };
}

/** Token ids that differ between samples: equal samples would be encoded once. */
export function distinctIds({ vocabSize = 1 }: ModalityInfo, sample: number, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => Math.floor(sample / vocabSize ** i) % vocabSize);
}

function joined(samples: readonly Int32Array[]): Int32Array {
  return Int32Array.from(samples.flatMap((ids) => [...ids]));
}
