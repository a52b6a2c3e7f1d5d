import { InvalidInputError } from '../errors.js';
import type { ModalityInfo } from '../modalities/modality.js';

/**
 * One modality of a batch: its values, and masks that select its input and target tokens. `L` is the number of tokens of an
 * image; a sequence holds its input part, followed by its target part.
 */
export interface ModalityBatch {
  /** Token ids of `image-tokens` and `sequence`, [B, L]. */
  readonly ids?: Int32Array;
  /** Images of `pixels`, normalised for the modality, [B, C, H, W]. */
  readonly pixels?: Float32Array;
  /** Vectors of `sequence-embedding`, [B, L, E]. */
  readonly embeddings?: Float32Array;
  /** 0 where a token is input, 1 where it is masked out, [B, L]. (The official convention, as for all masks here.) */
  readonly inputMask: Uint8Array;
  /** 0 where a token is target, 1 where it is masked out, [B, L]. */
  readonly targetMask: Uint8Array;
  /**
   * Compressed self-attention mask of the decoder, [B, L]: target `i` attends to the first n selected targets, where n is the
   * sum of the entries up to its own. `attention-mask.ts` has examples.
   */
  readonly decoderAttentionMask: Int32Array;
}

/** Samples for the model. The order of the modalities is the order of their tokens in the encoder. */
export interface Batch {
  /** B */
  readonly size: number;
  readonly modalities: Readonly<Record<string, ModalityBatch>>;
}

/**
 * L, the tokens of one sample of a modality in a batch.
 *
 * @throws InvalidInputError if the modality's values are missing or do not match the size of its masks
 */
export function tokensPerSample(info: ModalityInfo, modality: ModalityBatch, size: number): number {
  const length = modality.inputMask.length / size;
  const expect = (what: string, actual: number | undefined, expected: number) => {
    if (actual === expected) return;
    throw new InvalidInputError(`the batch needs ${expected} ${what} of '${info.name}', but has ${actual ?? 'none'}`);
  };
  expect('target mask entries', modality.targetMask.length, size * length);
  expect('decoder attention mask entries', modality.decoderAttentionMask.length, size * length);
  switch (info.kind) {
    case 'pixels': {
      const [height, width] = info.inputSize!;
      expect('pixel values', modality.pixels?.length, size * info.channels! * height * width);
      break;
    }
    case 'sequence-embedding':
      expect('embedding values', modality.embeddings?.length, size * length * info.embeddingDim!);
      break;
    default:
      expect('token ids', modality.ids?.length, size * length);
  }
  if (info.kind === 'pixels' || info.kind === 'image-tokens')
    expect('mask entries', length * size, patchCount(info) * size);
  return length;
}

/** Patches of an image modality, h · w; it has one token for each. */
export function patchCount(info: ModalityInfo): number {
  const [h, w] = patchGrid(info);
  return h * w;
}

/** The patch grid of an image modality, [h, w]. @throws InvalidInputError if the patch size does not divide the image size */
export function patchGrid(info: ModalityInfo): [h: number, w: number] {
  const { inputSize, patchSize } = info;
  if (!inputSize || !patchSize || inputSize[0] % patchSize[0] || inputSize[1] % patchSize[1]) {
    throw new InvalidInputError(
      `'${info.name}' is an image modality of ${inputSize?.join('×')} pixels, not divisible into patches of ${patchSize?.join('×')}`,
    );
  }
  return [inputSize[0] / patchSize[0], inputSize[1] / patchSize[1]];
}
