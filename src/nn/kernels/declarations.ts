/**
 * Named kernels: operations for which a backend may register a faster implementation. Without one, and while gradients are
 * computed, the readable composition of tfjs operations runs instead. Some have a gradient kernel: then both run while gradients are
 * computed.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { FixedPointScale } from './fixed-point-softmax.js';

/**
 * `softmax(q kᵀ / √(D/H) + mask) v` in each head; the heads are concatenated along D. {@link AttentionInputs},
 * {@link AttentionAttributes}. Result [B, M, D].
 */
export const ATTENTION = 'FourMAttention';

/** Inputs of {@link ATTENTION}. */
export interface AttentionInputs {
  /** [B, M, D] */
  readonly q: tf.TensorInfo;
  /** [B, N, D] */
  readonly keys: tf.TensorInfo;
  /** [B, N, D] */
  readonly values: tf.TensorInfo;
  /** Additive mask, [B, 1, M or 1, N]. */
  readonly mask?: tf.TensorInfo;
}

/** Attributes of {@link ATTENTION}. */
export interface AttentionAttributes {
  /** H; each head has D/H columns. */
  readonly heads: number;
}

/**
 * Appends rows to a KV cache: {@link AppendInputs}, no attributes. Result [B, N + M, D]. A kernel may append in place, so that
 * decoding does not copy the whole cache for every token.
 */
export const APPEND = 'FourMAppend';

/** Inputs of {@link APPEND}. */
export interface AppendInputs {
  /** [B, N, D] */
  readonly past: tf.TensorInfo;
  /** [B, M, D] */
  readonly rows: tf.TensorInfo;
}

/** Layer norm of the last axis: {@link LayerNormInputs}, {@link LayerNormAttributes}. Result as `x`. */
export const LAYER_NORM = 'FourMLayerNorm';

/** Inputs of {@link LAYER_NORM}. */
export interface LayerNormInputs {
  /** [..., D] */
  readonly x: tf.TensorInfo;
  /** [D] */
  readonly weight: tf.TensorInfo;
  /** [D] */
  readonly bias: tf.TensorInfo;
}

/** Attributes of {@link LAYER_NORM}. */
export interface LayerNormAttributes {
  /** Added to the variance. */
  readonly epsilon: number;
}

/** `silu(gate) · x`: {@link SwiGluInputs}, no attributes. Result as `x`. */
export const SWIGLU = 'FourMSwiGlu';

/** Inputs of {@link SWIGLU}, of one shape. */
export interface SwiGluInputs {
  readonly gate: tf.TensorInfo;
  readonly x: tf.TensorInfo;
}

/** `x · weight (+ bias)`: {@link LinearInputs}, no attributes. Result [..., N]. */
export const LINEAR = 'FourMLinear';

/** Inputs of {@link LINEAR}. */
export interface LinearInputs {
  /** [..., K] */
  readonly x: tf.TensorInfo;
  /** [K, N] */
  readonly weight: tf.TensorInfo;
  /** [N] */
  readonly bias?: tf.TensorInfo;
}

/**
 * `x · weightᵀ (+ bias)` with weights in 16 or 8 bits: {@link PackedLinearInputs}, no attributes. Result [..., N]. `src/nn/packed/packing.ts`
 * describes the layout of the words.
 */
export const PACKED_LINEAR = 'FourMPackedLinear';

/** Inputs of {@link PACKED_LINEAR}. */
export interface PackedLinearInputs {
  /** [..., K] */
  readonly x: tf.TensorInfo;
  /** Rows of the weight, int32: [N, words of a row]. */
  readonly words: tf.TensorInfo;
  /** Scale of each row's integers, [N]; absent for 16-bit floats. */
  readonly scales?: tf.TensorInfo;
  /** [N] */
  readonly bias?: tf.TensorInfo;
}

/**
 * {@link PACKED_LINEAR} of rows that are quantized first: x of a row becomes whole numbers from -63 to 63 times `largest |x| / 63`.
 * {@link PackedLinearInputs} with scales, no attributes. Result [..., N].
 */
export const QUANTIZED_LINEAR = 'FourMQuantizedLinear';

/**
 * A 3×3 convolution with zero padding: {@link ConvolutionInputs}, {@link ConvolutionAttributes}. Result [B, h, w, N], with half of the
 * rows and columns, rounded up, for stride 2.
 */
export const CONVOLUTION = 'FourMConvolution';

/** Inputs of {@link CONVOLUTION}. */
export interface ConvolutionInputs {
  /** [B, h, w, C] */
  readonly x: tf.TensorInfo;
  /** [C, 3, 3, N], in any shape of that size. */
  readonly weight: tf.TensorInfo;
  /** [N] */
  readonly bias: tf.TensorInfo;
}

/** Attributes of {@link CONVOLUTION}. */
export interface ConvolutionAttributes {
  readonly stride: 1 | 2;
}

/** Looks up rows of a matrix in 16 or 8 bits: {@link PackedRowsInputs}, {@link PackedRowsAttributes}. Result [R, K]. */
export const PACKED_ROWS = 'FourMPackedRows';

/** Inputs of {@link PACKED_ROWS}. */
export interface PackedRowsInputs {
  /** int32, [N, words of a row] */
  readonly words: tf.TensorInfo;
  /** As in {@link PackedLinearInputs}. */
  readonly scales?: tf.TensorInfo;
  /** Row indices, int32, [R]. */
  readonly rows: tf.TensorInfo;
}

/** Attributes of {@link PACKED_ROWS}. */
export interface PackedRowsAttributes {
  /** K, values of a row without padding. */
  readonly width: number;
}

/**
 * Samples a token for each row of logits with {@link fixedPointWeights}: {@link SampleInputs}, {@link SampleAttributes}. Result
 * [R, 4], int32: token id (-1 if a logit is NaN or none is finite), its weight, and the total weight of the tokens left after
 * filtering, split into the part above 2^16 and the rest. Without this kernel, logits are read back and sampled on the host by
 * `decoding/sampling.ts`, with equal results.
 */
export const SAMPLE = 'FourMSample';

/** The largest vocabulary whose weights the kernels can sum exactly. */
export const MAX_SAMPLED_VOCABULARY = 2 ** 16;

/** Inputs of {@link SAMPLE}. */
export interface SampleInputs {
  /** [R, V], V ≤ {@link MAX_SAMPLED_VOCABULARY} */
  readonly logits: tf.TensorInfo;
  /** Uniform random numbers in units of 2^-32, unsigned in int32, [R]; absent for greedy decoding. */
  readonly uniforms?: tf.TensorInfo;
}

/** Attributes of {@link SAMPLE}. */
export interface SampleAttributes {
  /** Number of most likely tokens to keep, 1 … V; V keeps all. */
  readonly topK: number;
  /** Nucleus probability, applied after top-k, in units of 2^-32; 2^32 keeps all. */
  readonly topP: number;
  /** Scale of the sampling temperature: weights of the tokens that top-k and top-p keep. */
  readonly scale: FixedPointScale;
  /** Scale of temperature 1: weights by which top-p selects tokens, as officially, regardless of the sampling temperature. */
  readonly unitScale: FixedPointScale;
}

/**
 * A decoder block for one token, with a SwiGLU MLP and without QK-norm: self-attention with KV cache, cross-attention to the context,
 * and MLP, each with layer norm and residual. {@link DecoderTokenInputs}, {@link DecoderTokenAttributes}. Results: output
 * [1, 1, D], and the appended keys and values, [1, n + 1, D].
 */
export const DECODER_TOKEN = 'FourMDecoderToken';

/**
 * Inputs of {@link DECODER_TOKEN}. D and the hidden width are multiples of 16, D/H of 8. Weights are all as in {@link LinearInputs},
 * or all as in {@link PackedLinearInputs}, whose `words` are `weight` here.
 */
export type DecoderTokenInputs = {
  /** [1, 1, D] */
  readonly y: tf.TensorInfo;
  /** Cross-attention keys of the context, [1, N, D]. */
  readonly contextKeys: tf.TensorInfo;
  readonly contextValues: tf.TensorInfo;
  /** KV cache of the tokens before, [1, n, D]. */
  readonly pastKeys: tf.TensorInfo;
  readonly pastValues: tf.TensorInfo;
  /** Additive mask of the context, [1, 1, 1, N]. */
  readonly mask?: tf.TensorInfo;
} & { readonly [Norm in `${DecoderTokenNorm}.${'weight' | 'bias'}`]: tf.TensorInfo } & {
  readonly [Map in `${DecoderTokenMap}.weight`]: tf.TensorInfo;
} & { readonly [Map in `${DecoderTokenMap}.${'bias' | 'scales'}`]?: tf.TensorInfo };

/** The layer norms of {@link DECODER_TOKEN}, in order. */
export type DecoderTokenNorm = 'norm1' | 'queryNorm' | 'norm2';

/** The linear maps of {@link DECODER_TOKEN}, in order. */
export type DecoderTokenMap = 'qkv' | 'selfProj' | 'q' | 'crossProj' | 'gate' | 'up' | 'down';

/** Names of the weight inputs of each layer norm of {@link DECODER_TOKEN}. */
export const DECODER_TOKEN_NORMS = named(['norm1', 'queryNorm', 'norm2']);
/** Names of the weight inputs of each of its linear maps. */
export const DECODER_TOKEN_MAPS = named(['qkv', 'selfProj', 'q', 'crossProj', 'gate', 'up', 'down']);

/** Built once, because decoding a text needs the names thousands of times. */
function named<const Name extends string>(names: readonly Name[]) {
  const parts = (name: Name) => ({ weight: `${name}.weight`, bias: `${name}.bias`, scales: `${name}.scales` }) as const;
  return Object.fromEntries(names.map((name) => [name, parts(name)])) as {
    readonly [N in Name]: {
      readonly weight: `${N}.weight`;
      readonly bias: `${N}.bias`;
      readonly scales: `${N}.scales`;
    };
  };
}

/** Attributes of {@link DECODER_TOKEN}. */
export interface DecoderTokenAttributes {
  /** H */
  readonly heads: number;
  /** Epsilon of the layer norms. */
  readonly epsilon: number;
}

/** Names of all kernels, without those of `training-kernels.ts`. */
export const KERNEL_NAMES = [
  ATTENTION,
  APPEND,
  CONVOLUTION,
  DECODER_TOKEN,
  LAYER_NORM,
  SWIGLU,
  LINEAR,
  PACKED_LINEAR,
  PACKED_ROWS,
  QUANTIZED_LINEAR,
  SAMPLE,
] as const;
