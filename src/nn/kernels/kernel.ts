/**
 * Operations that a backend may do faster than the operations of tfjs that they are made of. Each is a tfjs kernel with a name
 * of its own; where no such kernel is registered, and while gradients are taken, the readable composition is run.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { FixedPointScale } from './fixed-point-softmax.js';

/**
 * `softmax(q kᵀ / √d + mask) v` in each head. Queries, keys and values are as projections leave them, with heads side by side. {@link AttentionInputs}, {@link AttentionAttributes}. Result [B, M, D].
 */
export const ATTENTION = 'FourMAttention';

/** What {@link ATTENTION} takes. */
export interface AttentionInputs {
  /** [B, M, D] */
  readonly q: tf.TensorInfo;
  /** [B, N, D] */
  readonly keys: tf.TensorInfo;
  /** [B, N, D] */
  readonly values: tf.TensorInfo;
  /** Added to the scores, [B, 1, M or 1, N]. */
  readonly mask?: tf.TensorInfo;
}

/** How {@link ATTENTION} is done. */
export interface AttentionAttributes {
  /** H: as many heads have D/H columns each. */
  readonly heads: number;
}

/**
 * Rows behind the rows there are, sample by sample: {@link AppendInputs}, no attributes. Result [B, N + M, D]. A kernel may leave those
 * there are where they lie, so that text is said without copying all that was said before at every token.
 */
export const APPEND = 'FourMAppend';

/** What {@link APPEND} takes. */
export interface AppendInputs {
  /** [B, N, D] */
  readonly past: tf.TensorInfo;
  /** [B, M, D] */
  readonly rows: tf.TensorInfo;
}

/** Layer norm of the last axis: {@link LayerNormInputs}, {@link LayerNormAttributes}. Result as `x`. */
export const LAYER_NORM = 'FourMLayerNorm';

/** What {@link LAYER_NORM} takes. */
export interface LayerNormInputs {
  /** [..., D] */
  readonly x: tf.TensorInfo;
  /** [D] */
  readonly weight: tf.TensorInfo;
  /** [D] */
  readonly bias: tf.TensorInfo;
}

/** How {@link LAYER_NORM} does it. */
export interface LayerNormAttributes {
  /** Added to the variance. */
  readonly epsilon: number;
}

/** `silu(gate) · x`: {@link SwiGluInputs}, no attributes. Result as `x`. */
export const SWIGLU = 'FourMSwiGlu';

/** What {@link SWIGLU} takes; both of one shape. */
export interface SwiGluInputs {
  readonly gate: tf.TensorInfo;
  readonly x: tf.TensorInfo;
}

/** `x · weight (+ bias)`: {@link LinearInputs}, no attributes. Result [..., N]. */
export const LINEAR = 'FourMLinear';

/** What {@link LINEAR} takes. */
export interface LinearInputs {
  /** [..., K] */
  readonly x: tf.TensorInfo;
  /** [K, N] */
  readonly weight: tf.TensorInfo;
  /** [N] */
  readonly bias?: tf.TensorInfo;
}

/**
 * `x · weightᵀ (+ bias)` with weights in 16 or 8 bits: {@link PackedLinearInputs}, no attributes. Result [..., N]. How numbers lie
 * in words is said in `src/nn/packing.ts`.
 */
export const PACKED_LINEAR = 'FourMPackedLinear';

/** What {@link PACKED_LINEAR} takes. */
export interface PackedLinearInputs {
  /** [..., K] */
  readonly x: tf.TensorInfo;
  /** Rows of the weight, int32: [N, words of a row]. */
  readonly words: tf.TensorInfo;
  /** What the whole numbers of each row are multiplied by, [N]; absent where they are 16-bit floats. */
  readonly scales?: tf.TensorInfo;
  /** [N] */
  readonly bias?: tf.TensorInfo;
}

/**
 * A 3×3 convolution with a border of zeros: {@link ConvolutionInputs}, {@link ConvolutionAttributes}. Result [B, h, w, N], with half of the
 * rows and columns for stride 2, rounded up.
 */
export const CONVOLUTION = 'FourMConvolution';

/** What {@link CONVOLUTION} takes. */
export interface ConvolutionInputs {
  /** [B, h, w, C] */
  readonly x: tf.TensorInfo;
  /** [C, 3, 3, N], in whatever shape. */
  readonly weight: tf.TensorInfo;
  /** [N] */
  readonly bias: tf.TensorInfo;
}

/** How {@link CONVOLUTION} is done. */
export interface ConvolutionAttributes {
  readonly stride: 1 | 2;
}

/** Rows of a matrix in 16 or 8 bits: {@link PackedRowsInputs}, {@link PackedRowsAttributes}. Result [R, K]. */
export const PACKED_ROWS = 'FourMPackedRows';

/** What {@link PACKED_ROWS} takes. */
export interface PackedRowsInputs {
  /** int32, [N, words of a row] */
  readonly words: tf.TensorInfo;
  /** As in {@link PackedLinearInputs}. */
  readonly scales?: tf.TensorInfo;
  /** Which rows, int32, [R]. */
  readonly rows: tf.TensorInfo;
}

/** What {@link PACKED_ROWS} is told besides. */
export interface PackedRowsAttributes {
  /** K: numbers of a row, without the zeros behind it. */
  readonly width: number;
}

/**
 * A token for each row of logits, drawn by {@link wholeWeights}: {@link SampleInputs}, {@link SampleAttributes}. Result [R, 4],
 * int32: the token's id (-1 where a logit is no number or none is finite), its weight, and the sum of the weights of all
 * tokens that were left to draw from, the part above 2^16 and the rest. Where there is no such kernel, logits are read back
 * and drawn from on the host, as `decoding/sampling.ts` says; the results are the same numbers.
 */
export const SAMPLE = 'FourMSample';

/** More tokens than this are beyond what the kernels can add up. */
export const MAX_SAMPLED_VOCABULARY = 2 ** 16;

/** What {@link SAMPLE} takes. */
export interface SampleInputs {
  /** [R, V], V ≤ {@link MAX_SAMPLED_VOCABULARY} */
  readonly logits: tf.TensorInfo;
  /** In units of 2^-32, the bits of an unsigned number, int32, [R]; absent, the likeliest tokens are taken. */
  readonly uniforms?: tf.TensorInfo;
}

/** How {@link SAMPLE} does it. */
export interface SampleAttributes {
  /** Tokens less likely than so many are ruled out; V keeps all. */
  readonly topK: number;
  /** Then tokens less likely than those that make up more than this share are ruled out; in units of 2^-32, 2^32 keeps all. */
  readonly topP: number;
  /** Of the temperature, which is for what is left. */
  readonly scale: FixedPointScale;
  /** Of temperature 1, by which shares are counted. */
  readonly unitScale: FixedPointScale;
}

/**
 * One token's way through a decoder block whose MLP is gated by SiLU and whose queries and keys are not normalised: layer norm and attention
 * to the tokens before and to itself, layer norm and attention to the context, layer norm and MLP, each added to what came in.
 * {@link DecoderTokenInputs}, {@link DecoderTokenAttributes}. Results: [1, 1, D], and keys and values of all tokens so far,
 * [1, n + 1, D].
 */
export const DECODER_TOKEN = 'FourMDecoderToken';

/**
 * What {@link DECODER_TOKEN} takes. D and the hidden width are multiples of 16, D/H is one of 8. Weights are all as in
 * {@link LinearInputs}, or all as in {@link PackedLinearInputs}: then `weight` is what is called `words` there.
 */
export type DecoderTokenInputs = {
  /** [1, 1, D] */
  readonly y: tf.TensorInfo;
  /** Of the context, [1, N, D]. */
  readonly contextKeys: tf.TensorInfo;
  readonly contextValues: tf.TensorInfo;
  /** Of the tokens before, [1, n, D]. */
  readonly pastKeys: tf.TensorInfo;
  readonly pastValues: tf.TensorInfo;
  /** Added to the scores of the context, [1, 1, 1, N]. */
  readonly mask?: tf.TensorInfo;
} & { readonly [Norm in `${DecoderTokenNorm}.${'weight' | 'bias'}`]: tf.TensorInfo } & {
  readonly [Map in `${DecoderTokenMap}.weight`]: tf.TensorInfo;
} & { readonly [Map in `${DecoderTokenMap}.${'bias' | 'scales'}`]?: tf.TensorInfo };

/** The layer norms of {@link DECODER_TOKEN}, in order. */
export type DecoderTokenNorm = 'norm1' | 'queryNorm' | 'norm2';

/** The linear maps of {@link DECODER_TOKEN}, in order. */
export type DecoderTokenMap = 'qkv' | 'selfProj' | 'q' | 'crossProj' | 'gate' | 'up' | 'down';

/** What its inputs are called. */
export const DECODER_TOKEN_NORMS = named(['norm1', 'queryNorm', 'norm2']);
export const DECODER_TOKEN_MAPS = named(['qkv', 'selfProj', 'q', 'crossProj', 'gate', 'up', 'down']);

/** The names of weights, made once: a text asks for them thousands of times. */
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

/** How {@link DECODER_TOKEN} is done. */
export interface DecoderTokenAttributes {
  /** H */
  readonly heads: number;
  /** Of the layer norms. */
  readonly epsilon: number;
}

/** All of them. */
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
  SAMPLE,
] as const;

/** Those that the backend in use has. */
export function registeredKernels(): ReadonlySet<string> {
  const { backendName } = tf.engine();
  return new Set(KERNEL_NAMES.filter((name) => tf.getKernel(name, backendName) !== undefined));
}

/**
 * Runs a named kernel, or what it stands for where there is none.
 *
 * @param inputs   an absent one is undefined
 * @param composed the same by operations of tfjs, which have gradients
 */
export function kernelOrFallback<T extends tf.Tensor>(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor | undefined>>,
  attributes: tf.NamedAttrMap,
  composed: () => T,
): T {
  if (tf.engine().state.gradientDepth > 0) return composed();
  return kernelOrFallbackNoGrad(name, inputs, attributes, composed);
}

/** {@link kernelOrFallback} for what has no gradients: the kernel is run even while those of other things are taken. */
export function kernelOrFallbackNoGrad<T extends tf.Tensor>(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor | undefined>>,
  attributes: tf.NamedAttrMap,
  composed: () => T,
): T {
  if (!tf.getKernel(name, tf.engine().backendName)) return composed();
  const given: Record<string, tf.Tensor> = {};
  for (const key in inputs) if (inputs[key]) given[key] = inputs[key];
  return runKernelNoGrad(name, given, attributes)[0] as T;
}

/** Runs a kernel that is there, without gradients. @returns its results */
export function runKernelNoGrad(name: string, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap): tf.Tensor[] {
  const engine = tf.engine();
  if (engine.state.profiling) return [engine.runKernel<tf.Tensor | tf.Tensor[]>(name, inputs, attributes)].flat();
  // What the engine would do besides is for gradients, and takes longer than a small kernel.
  const kernel = tf.getKernel(name, engine.backendName);
  const results = kernel.kernelFunc({ inputs, attrs: attributes, backend: engine.backend });
  return Array.isArray(results)
    ? results.map((result) => engine.makeTensorFromTensorInfo(result))
    : [engine.makeTensorFromTensorInfo(results)];
}
