/** What generating tokens takes: `src/decoding` once more, with sizes in place of tensors. */
import { chainSteps, type DecodingTarget } from '../decoding/chain-steps.js';
import { groupByLength } from '../decoding/encoder-cache.js';
import type { FourM } from '../transformer/model.js';
import { cacheCapacity, type DeviceModel } from './layers.js';
import {
  allocate,
  allocateTensor,
  bytesOf,
  type MemoryProfile,
  repeated,
  scoped,
  sequential,
  type WorkingMemory,
} from './memory-profile.js';
import { type Pass, passesBySteps } from './passes.js';
import { decodeTargets, encodeContext, encoderLength, type TokenCounts } from './transformer.js';

/** What is generated, as far as its size goes. Counts are those of the sample that has most. */
export interface GenerationSize {
  /** B, samples. */
  readonly size: number;
  /** What is input from the start, but for what is known of targets. */
  readonly inputs: TokenCounts;
  /** What each of several weighted conditions knows besides. Absent for plain guidance. */
  readonly conditions?: readonly TokenCounts[] | undefined;
  /** In order. */
  readonly targets: readonly DecodingTarget[];
  /** Of targets that are given in part: how many tokens are known, and how many are to be generated. */
  readonly given?: Readonly<Record<string, GivenPart>> | undefined;
}

/** How much there is of a target that is given in part. */
export interface GivenPart {
  readonly known: number;
  readonly masked: number;
}

/**
 * What `generateTokens` takes besides weights, in bytes: at the step that has most, and with every text at
 * its full length.
 */
export function generationBytes(model: FourM, on: DeviceModel, request: GenerationSize): WorkingMemory {
  const { size, targets, inputs, given = {} } = request;
  const { modalities: infos, decoderEmbeddings } = model;
  const { dim, decoder_depth } = model.config;
  const predicted = Object.fromEntries(Object.entries(decoderEmbeddings).map(([name, { info }]) => [name, info]));
  const open = Object.fromEntries(Object.entries(given).map(([name, part]) => [name, part.masked]));
  const steps = chainSteps(targets, { known: Object.keys(inputs), infos: predicted, maskedCounts: open });
  let [most, before, largest] = [0, 0, 0];
  for (const { step, passes: all, remaining: left } of passesBySteps(steps, request, infos)) {
    const passes = all.map((pass) => ({ ...pass, tokens: readable(model, pass.tokens) }));
    const places = Math.max(...passes.map(({ tokens }) => encoderLength(model, tokens)));
    const b = size * passes.length;
    const isSequence = infos[step.modality]!.kind === 'sequence';
    const asked = decodeTargets(model, on, {
      b,
      n: places,
      // A text is said token by token; its last token sees all before it.
      ...(isSequence ? { m: 1, past: Math.max(0, left - 2) } : { m: step.method === 'roar' ? step.tokens! : left }),
      passes: passes.length,
      modality: step.modality,
    });
    const past = isSequence && left > 2 ? 2 * b * cacheCapacity(on, b, left - 1).before * dim * decoder_depth : 0;
    const context = readPasses(model, on, size, passes);
    // What the step before has read is let go of when its samples are compared with the new ones.
    const use = sequential(context, allocate(past), asked);
    most = Math.max(most, before, use.peak);
    largest = Math.max(largest, use.largest);
    before = context.retained;
  }
  return bytesOf({ peak: most, largest });
}

/** Of what a sample has, that which the encoder reads. */
function readable({ encoderEmbeddings }: FourM, tokens: TokenCounts): TokenCounts {
  return Object.fromEntries(Object.entries(tokens).filter(([name]) => name in encoderEmbeddings));
}

/** Reads the input of all passes: those of like length together, then all filled up to the longest. (`EncoderCache`) */
function readPasses(model: FourM, on: DeviceModel, size: number, passes: readonly Pass[]): MemoryProfile {
  const { dim, decoder_depth: depth } = model.config;
  const perPlace = 2 * dim * depth;
  const samples = passes.map(({ tokens, differs }) => {
    return { tokens, distinct: differs ? size : 1, length: encoderLength(model, tokens) };
  });
  const longest = Math.max(...samples.map(({ length: places }) => places));
  const readings = groupByLength(samples).map((group) => {
    const rows = group.reduce((sum, { distinct, length: places }) => sum + distinct * places, 0) * perPlace;
    const b = group.reduce((sum, { distinct }) => sum + distinct, 0);
    return scoped(rows, encodeContext(model, on, b, group[0]!.tokens), allocate(rows));
  });
  const shorter = samples.filter(({ length: places }) => places < longest);
  const filled = shorter.reduce((sum, { distinct }) => sum + distinct, 0) * longest * perPlace;
  const places = size * passes.length * longest;
  const mask = shorter.length > 0 ? places : 0;
  const context = repeated(2 * depth, allocateTensor(places * dim));
  return scoped(context.retained + mask, ...readings, allocate(filled), context, allocate(mask));
}
