import * as tf from '@tensorflow/tfjs-core';
import { buildTextEncoder, encodeTokens, type TextEncoder } from '../../networks/text-encoder.js';
import { crossEntropy } from '../../nn/cross-entropy.js';
import { ParameterList } from '../../nn/parameters.js';
import type { Random } from '../../random.js';
import type { WordPiece } from '../../tokenizers/text/word-piece.js';
import { hiddenMatrices } from '../../training/hidden-matrices.js';
import type { TrainingTask } from '../../training/loop.js';
import { CAPTION_EMBEDDING_WIDTH, TOYBOX_TEXT_LENGTH } from '../modalities.js';

/** The stand-in for T5, whose embeddings of a caption 4M-21 takes as input (4M-21, section 3.1), with its parameters. */
export interface CaptionEncoder extends TextEncoder {
  readonly parameters: ParameterList;
}

/** Share of the tokens that are masked in training. */
const MASKED = 0.3;

/** @param vocabSize of the text tokenizer */
export function buildCaptionEncoder(vocabSize: number): CaptionEncoder {
  const parameters = new ParameterList();
  const sizes = { dim: CAPTION_EMBEDDING_WIDTH, depth: 2, num_heads: 4 };
  return { parameters, ...buildTextEncoder(parameters, { network: 'text', vocab_size: vocabSize, ...sizes }) };
}

/** The tokens that the encoder reads: those of a caption, and [EOS]. */
function sequence(ids: Int32Array, eosId: number): Int32Array {
  return Int32Array.from([...ids, eosId].slice(0, TOYBOX_TEXT_LENGTH.caption));
}

/**
 * Trains the encoder to restore masked tokens of captions from the rest. (T5 does so with spans and a decoder, arXiv
 * 1910.10683, section 3.1.4; the captions of the toybox are too short for spans.)
 *
 * @param captions token ids, without [EOS]
 * @param size     captions a batch
 */
export function captionEncoderTask(
  encoder: CaptionEncoder,
  captions: readonly Int32Array[],
  size: number,
  { eosId, sentinelIds }: Pick<WordPiece, 'eosId' | 'sentinelIds'>,
): TrainingTask {
  const { parameters } = encoder;
  const mask = sentinelIds[0]!;
  return {
    parameters,
    trained: parameters.all,
    matrices: hiddenMatrices(parameters),
    async step(random: Random, differentiate) {
      const texts = Array.from({ length: size }, () => sequence(random.pick(captions), eosId));
      const longest = Math.max(...texts.map((ids) => ids.length));
      const [rows, targets]: [number[], number[]] = [[], []];
      const masked = texts.map((ids, b) => {
        const masked = new Set([...random.permutation(ids.length)].slice(0, Math.ceil(MASKED * ids.length)));
        return ids.map((id, i) => {
          if (!masked.has(i)) return id;
          rows.push(b * longest + i);
          targets.push(id);
          return mask;
        });
      });
      const loss = await differentiate(() => {
        const { hidden } = encodeTokens(encoder, masked);
        const flat = tf.reshape(hidden, [-1, CAPTION_EMBEDDING_WIDTH]) as tf.Tensor2D;
        const predicted = tf.gather(flat, tf.tensor1d(rows, 'int32')) as tf.Tensor2D;
        return crossEntropy(tf.matMul(predicted, encoder.tokens.value, false, true), Int32Array.from(targets));
      });
      return { loss };
    },
  };
}

/**
 * Embeds captions.
 *
 * @param captions token ids, without [EOS]
 * @returns        a vector for every token and for [EOS], [N, 64] each
 */
export async function captionEmbeddings(
  encoder: CaptionEncoder,
  captions: readonly Int32Array[],
  eosId: number,
): Promise<Float32Array[]> {
  const texts = captions.map((ids) => sequence(ids, eosId));
  const hidden = tf.tidy(() => encodeTokens(encoder, texts).hidden);
  const values = (await hidden.data()) as Float32Array;
  hidden.dispose();
  const longest = values.length / texts.length / CAPTION_EMBEDDING_WIDTH;
  return texts.map((ids, i) => {
    const start = i * longest * CAPTION_EMBEDDING_WIDTH;
    return values.slice(start, start + ids.length * CAPTION_EMBEDDING_WIDTH);
  });
}
