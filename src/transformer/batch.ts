import { InvalidInputError } from '../errors.js';
import type { ModalityInfo } from '../modalities/modality.js';

/**
 * One modality of a batch: its values, and which of its tokens are input and target. `L` is the number of tokens of an
 * image; a sequence has its input part first and its target part behind it.
 */
export interface ModalityBatch {
  /** Token ids of `image-tokens` and `sequence`, [B, L]. */
  readonly ids?: Int32Array;
  /** Images of `pixels`, normalised as the modality wants them, [B, C, H, W]. */
  readonly pixels?: Float32Array;
  /** Vectors of `sequence-embedding`, [B, L, E]. */
  readonly embeddings?: Float32Array;
  /** 0 where a token is input, 1 where it is masked out, [B, L]. */
  readonly inputMask: Uint8Array;
  /** 0 where a token is target, 1 where it is masked out, [B, L]. */
  readonly targetMask: Uint8Array;
  /**
   * The decoder's self-attention, compressed, [B, L]: target `i` sees as many of the selected targets, from the first, as
   * the sum of the entries up to its own.
   */
  readonly decoderAttentionMask: Int32Array;
}

/** Samples for the model. The order of the modalities is the order in which the encoder gets their tokens. */
export interface Batch {
  /** B */
  readonly size: number;
  readonly modalities: Readonly<Record<string, ModalityBatch>>;
}

/**
 * How many tokens one sample of a modality has in a batch: L.
 *
 * @throws InvalidInputError if the values of the modality are missing or do not have the size that its masks say
 */
export function tokensPerSample(info: ModalityInfo, modality: ModalityBatch, size: number): number {
  const length = modality.inputMask.length / size;
  const expect = (what: string, actual: number | undefined, expected: number) => {
    if (actual === expected) return;
    const found = actual === undefined ? 'there are none' : `there are ${actual}`;
    throw new InvalidInputError(`the batch needs ${expected} ${what} of '${info.name}', but ${found}`);
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

/** Tokens of an image modality: the patches of its grid. */
export function patchCount(info: ModalityInfo): number {
  const [h, w] = patchGrid(info);
  return h * w;
}

/** The patch grid of an image modality, [h, w]. @throws InvalidInputError if the image is not made of whole patches */
export function patchGrid(info: ModalityInfo): [h: number, w: number] {
  const { inputSize, patchSize } = info;
  if (!inputSize || !patchSize || inputSize[0] % patchSize[0] || inputSize[1] % patchSize[1]) {
    throw new InvalidInputError(
      `'${info.name}' is an image modality of ${inputSize?.join('×')} pixels, which patches of ${patchSize?.join('×')} do not divide`,
    );
  }
  return [inputSize[0] / patchSize[0], inputSize[1] / patchSize[1]];
}
