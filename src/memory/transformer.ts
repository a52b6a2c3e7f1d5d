/** What the passes of a 4M model take: `src/transformer/forward.ts` once more, with sizes in place of tensors. */
import { SAMPLE } from '../nn/kernels/kernel.js';
import type { DecoderBlock } from '../transformer/decoder-block.js';
import type { TargetEmbedding } from '../transformer/embeddings.js';
import type { FourM } from '../transformer/model.js';
import {
  block,
  cacheCapacity,
  contextKeysValues,
  crossAttention,
  type DeviceModel,
  gatherRows,
  layerNorm,
  linear,
  mlp,
  scoreMask,
  selfAttention,
} from './layers.js';
import { allocate, type MemoryProfile, scoped, sequential, workspace } from './memory-profile.js';

/** Tokens of each modality that a sample has, by published name. */
export type TokenCounts = Readonly<Record<string, number>>;

/** N, places of a sample in the encoder: register tokens too, and one where there is nothing. */
export function encoderLength(model: FourM, tokens: TokenCounts): number {
  const count = Object.values(tokens).reduce((a, b) => a + b, 0);
  return model.config.num_register_tokens + Math.max(1, count);
}

/** Keys and values of the context in all blocks of the decoder, for so many places of all samples together. */
export function contextSize({ config }: FourM, places: number): number {
  return 2 * places * config.dim * config.decoder_depth;
}

/**
 * Reads B samples of N places: encoder, and keys and values for the decoder. [B, N, D]
 *
 * @param tokens of the sample that has most
 */
export function encodeContext(model: FourM, on: DeviceModel, b: number, tokens: TokenCounts): MemoryProfile {
  const width = model.config.dim;
  const n = encoderLength(model, tokens);
  const size = b * n * width;
  return sequential(
    embedInputs(model, on, b, tokens),
    scoreMask(b, 1, n),
    allocate(size), // tokens and places together
    ...model.encoder.map((p) => block(on, p, b, n)),
    layerNorm(on, size),
    linear(on, model.contextProjection, b * n),
    allocate(size), // with its places
    ...model.decoder.map((p) => scoped(2 * size, layerNorm(on, size), contextKeysValues(on, p.crossAttn, b, n))),
    scoreMask(b, 1, n),
  );
}

/** The rows of every modality, and which places they have. */
function embedInputs(model: FourM, on: DeviceModel, b: number, tokens: TokenCounts): MemoryProfile {
  const { dim: width, num_register_tokens: registers } = model.config;
  const filled = Object.entries(tokens).filter(([, count]) => count > 0);
  const values = filled.map(([name, count]) => {
    const { tokens, projection } = model.encoderEmbeddings[name]!;
    if (!projection) return gatherRows(on, tokens!, b * count);
    const input = projection.weight.size / width;
    return sequential(allocate(b * count * input), linear(on, projection, b * count)); // patches or vectors, projected
  });
  const places = filled.map(([name, count]) =>
    sequential(gatherRows(on, model.encoderEmbeddings[name]!.positions, b * count), allocate(b * count * width)),
  );
  const total =
    b *
    Math.max(
      1,
      filled.reduce((sum, [, count]) => sum + count, 0),
    );
  const withRegisters = allocate(registers ? (2 * b * registers + total) * width : 0);
  return sequential(...values, ...places, arranged(total, width), withRegisters, arranged(total, width), withRegisters);
}

/** The rows of all modalities in one table, with a row of zeros, and from there each in its place. */
function arranged(rows: number, width: number): MemoryProfile {
  return allocate((rows + 1) * width + rows + rows * width);
}

/** Targets of an image or a sequence as vectors, [B, M, D]. */
function embedTargets(on: DeviceModel, p: TargetEmbedding, width: number, b: number, m: number): MemoryProfile {
  const size = b * m * width;
  const tokens = p.info.kind === 'sequence' ? gatherRows(on, p.tokens, b * m) : allocate(0);
  return sequential(tokens, gatherRows(on, p.positions, b * m), allocate(2 * size), arranged(b * m, width));
}

/** What the decoder is asked. */
export interface DecoderCall {
  readonly modality: string;
  /** Samples of all passes together. */
  readonly b: number;
  /** Targets of a sample. */
  readonly m: number;
  /** Places of the context. */
  readonly n: number;
  /** Targets before, whose keys and values are kept. */
  readonly past?: number;
  /** How many passes there are: 1, or more with guidance. */
  readonly passes: number;
}

/** Asks the decoder, from targets to the guided logits of the last pass. */
export function decodeTargets(model: FourM, on: DeviceModel, use: DecoderCall): MemoryProfile {
  const { b, m, passes } = use;
  const target = model.decoderEmbeddings[use.modality]!;
  const vocabulary = target.info.vocabSize!;
  const width = model.config.dim;
  const rows = b * m;
  const own = (rows / passes) * vocabulary;
  const guided =
    passes > 1
      ? sequential(allocate(rows * vocabulary), scoped(own, allocate(2 * (passes - 1) * own), allocate(own)))
      : allocate(0);
  return sequential(
    embedTargets(on, target, width, b, m),
    ...model.decoder.map((p) => decoderBlock(on, p, use)),
    layerNorm(on, rows * width),
    linear(on, target.logits, rows),
    guided,
    drawing(on, rows / passes, vocabulary),
  );
}

/** Draws a token for each row of logits. */
function drawing({ kernels }: DeviceModel, rows: number, vocabulary: number): MemoryProfile {
  // One row at a time: logits and weights, with room for the next multiple of 4, and sums.
  return kernels.has(SAMPLE) ? sequential(allocate(4 * rows), workspace(2 * (vocabulary + 3) + 8)) : allocate(rows);
}

/** y: [B, M, D] → [B, M, D], and the keys and values of all targets so far. */
function decoderBlock(on: DeviceModel, p: DecoderBlock, { b, m, n, past = 0 }: DecoderCall): MemoryProfile {
  const width = p.selfAttn.proj.weight.shape[0]!;
  const size = b * m * width;
  const seen = 2 * b * (past > 0 ? cacheCapacity(on, b, past + m).room : m) * width;
  return scoped(
    size + seen,
    layerNorm(on, size),
    selfAttention(on, p.selfAttn, b, m, past),
    allocate(size), // added
    layerNorm(on, size),
    crossAttention(on, p.crossAttn, b, m, n),
    allocate(size), // added
    layerNorm(on, size),
    mlp(on, p.mlp, b * m),
    allocate(size), // added
  );
}
