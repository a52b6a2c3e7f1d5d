/** Memory of generating tokens: runs the steps of `src/decoding` without reading results back. */
import * as tf from '@tensorflow/tfjs-core';
import { beginTarget, type ChainState, stepGuidance } from '../decoding/chain.js';
import { chainSteps, type DecodingStep, type DecodingTarget } from '../decoding/chain-steps.js';
import { maxNewTokens } from '../decoding/cost.js';
import { EncoderCache, groupByLength } from '../decoding/encoder-cache.js';
import { guidancePasses, type Passes } from '../decoding/guidance.js';
import { commitTokens, decodePositions, maskedPositions } from '../decoding/image-tokens.js';
import { argmaxIds, type LogitsReadout, sampledTokens } from '../decoding/logits-readout.js';
import { sampledPositions } from '../decoding/roar.js';
import { type DecodingRandomness, isGreedy } from '../decoding/sampling.js';
import { SequenceDecoder } from '../decoding/sequence-decoder.js';
import type { TokenDetails } from '../decoding/token-details.js';
import { append, type KVCache } from '../nn/attention.js';
import type { Batch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { distinctIds, type GivenPart, knownTokens, maskedTokens, vocabulary } from './batches-of-size.js';
import { bySamples, type DeviceModel, type MemoryBySamples, type WorkingMemory, workingMemory } from './dry-run.js';

/** Tokens of each modality that a sample has, by published name. */
export type TokenCounts = Readonly<Record<string, number>>;

/** Sizes of a generation. Counts are those of the largest sample. */
export interface GenerationSize {
  /** Initial inputs, without partly given targets. */
  readonly inputs: TokenCounts;
  /** Additional inputs of each weighted condition. Absent without several conditions. */
  readonly conditions?: readonly TokenCounts[] | undefined;
  /** In order. */
  readonly targets: readonly DecodingTarget[];
  /** For partly given targets: the maximum numbers of given and of masked tokens. */
  readonly given?: Readonly<Record<string, GivenPart>> | undefined;
  /** Details that `onTokens` reports besides probabilities; absent without it. */
  readonly details?: TokenDetails | undefined;
}

/** Memory does not depend on random numbers. */
const randomness: DecodingRandomness = {
  uniforms: (counts) => new Float32Array(counts.reduce((total, count) => total + count, 0)),
  order: (samples, positions) => new Array(samples).fill(new Float32Array(positions)),
};

/** Memory of `generateTokens` besides the weights: at the largest step, with all texts at their maximum length. */
export function generationMemory(model: FourM, on: DeviceModel, request: GenerationSize): MemoryBySamples {
  return bySamples((size) => measured(model, on, request, size));
}

/** Margin for skipped steps: the workspace of some kernels does not grow linearly with the sizes. */
const MARGIN = 1.01;

function measured(model: FourM, on: DeviceModel, request: GenerationSize, size: number): WorkingMemory {
  const sizes: StepSize[] = [];
  for (const at of stepsOf(model, request, size)) sizes.push(sizeOf(model, at));
  const heaviest = new Set(heaviestOf(sizes));
  const { working, largestTensor } = workingMemory(on, () => {
    let cache = new EncoderCache(model);
    let i = 0;
    for (const at of stepsOf(model, request, size)) {
      if (heaviest.has(i)) {
        (at.step.method === 'autoregressive' ? runSequenceStep : runImageStep)(model, at, cache);
      } else {
        // After a skipped step, the encoder cache is empty: which inputs the next step shares with it is unknown.
        cache.dispose();
        cache = new EncoderCache(model);
      }
      i++;
    }
    cache.dispose();
  });
  return { working: Math.ceil(MARGIN * working), largestTensor };
}

/** A step before it runs. */
interface StepAt {
  readonly step: DecodingStep;
  readonly batch: Batch;
  readonly passes: Passes;
  readonly details: TokenDetails | undefined;
}

/** All steps, each before it runs. Advancing the iterator modifies the batch. */
function* stepsOf(model: FourM, request: GenerationSize, size: number): Generator<StepAt> {
  const { targets, inputs, given = {}, conditions, details } = request;
  const { modalities: infos, decoderEmbeddings } = model;
  const known = (counts: TokenCounts) => mapped(counts, (count, name) => knownTokens(infos[name]!, size, count));
  const shared = known(inputs);
  const masked = targets.map(
    ({ modality }) => [modality, maskedTokens(infos[modality]!, size, given[modality])] as const,
  );
  const steps = chainSteps(targets, {
    known: Object.keys(inputs),
    infos: mapped(decoderEmbeddings, ({ info }) => info),
    maskedCounts: mapped(given, (part) => part.masked),
  });
  let state: ChainState = {
    batch: { size, modalities: { ...shared, ...Object.fromEntries(masked) } },
    conditions: conditions?.map((own) => ({ ...shared, ...known(own) })),
  };
  for (const step of steps) {
    const { modality, tokens } = step;
    state = beginTarget(model, state, step, { randomness, vocabulary, shared });
    const { batch } = state;
    const passes = guidancePasses(batch, modality, stepGuidance(state, step), infos, vocabulary);
    yield { step, batch, passes, details };
    if (tokens === undefined) {
      const whole = knownTokens(infos[modality]!, size, infos[modality]!.maxTokens);
      state = { ...state, batch: { size, modalities: { ...batch.modalities, [modality]: whole } } };
      continue;
    }
    maskedPositions(batch, modality).forEach((positions, b) => {
      const ids = distinctIds(infos[modality]!, b, tokens);
      const committed = positions.slice(0, tokens).map((position, i) => ({ position, id: ids[i]! }));
      commitTokens(batch, modality, b, committed);
    });
  }
}

/** Size of a step. */
interface StepSize {
  /** Memory does not decrease if any of these grows. */
  readonly sizes: readonly number[];
  /** Its target, and the passes encoded in one batch. Between steps of the same kind, all sizes change linearly. */
  readonly kind: string;
}

function sizeOf({ config, modalities, encoderEmbeddings }: FourM, { step, batch, passes }: StepAt): StepSize {
  const { modality, method, tokens } = step;
  const zeros = (mask: Uint8Array) => mask.filter((masked) => masked === 0).length;
  const encoded = passes.batches.map((pass, index) => {
    const read = Object.entries(pass.modalities).filter(([name]) => name in encoderEmbeddings);
    const tokens = read.reduce((sum, [, { inputMask }]) => sum + zeros(inputMask), 0);
    return { index, length: Math.max(1, config.num_register_tokens + tokens / batch.size) };
  });
  const lengths = encoded.map(({ length }) => length);
  const groups = groupByLength(encoded);
  const isText = method === 'autoregressive';
  const decoded = method === 'roar' ? tokens! * batch.size : zeros(batch.modalities[modality]!.targetMask);
  const rows = passes.batches.length * decoded;
  const logits = (isText ? passes.batches.length : rows) * modalities[modality]!.vocabSize!;
  const sizes = [
    Math.max(...lengths),
    lengths.reduce((a, b) => a + b),
    Math.max(...groups.map((group) => group.length * group[0]!.length)),
    Math.max(...groups.map((group) => group.length * group[0]!.length ** 2)),
    ...(isText ? [rows, 0] : [0, rows]),
    logits,
  ];
  return { sizes, kind: [modality, ...groups.map((group) => group.map(({ index }) => index))].join(' ') };
}

/** The first and the last step of each kind, without those that another exceeds in every size. @returns indices */
function heaviestOf(steps: readonly StepSize[]): number[] {
  const ends = [...steps.keys()].filter((i) => [i - 1, i + 1].some((j) => steps[j]?.kind !== steps[i]!.kind));
  const isBelow = (i: number, j: number) => steps[i]!.sizes.every((size, k) => size <= steps[j]!.sizes[k]!);
  return ends.filter((i) => !ends.some((j) => j !== i && isBelow(i, j) && (j > i || !isBelow(j, i))));
}

function runImageStep(model: FourM, at: StepAt, cache: EncoderCache): void {
  const { step, passes, details } = at;
  const { modality, method, tokens = 0 } = step;
  const positions =
    method === 'roar'
      ? sampledPositions(passes, modality, tokens, { randomness })
      : passes.batches.map((pass) => maskedPositions(pass, modality));
  const own = positions.at(-1)!;
  const isLast = own[0]!.length <= tokens;
  const readout = readoutOf(isLast ? at : { step, details: details ?? {} }, own.flat().length);
  const context = cache.encode(passes.batches);
  tf.dispose({ ...decodePositions(model, context, passes, modality, positions, readout, details?.attention) });
}

/** The first token, and the last, which attends to all others. */
function runSequenceStep(model: FourM, at: StepAt, cache: EncoderCache): void {
  const { step, batch, passes, details } = at;
  const { size, modalities } = batch;
  const decoder = new SequenceDecoder(model, passes, step.modality, cache);
  const readout = readoutOf(at, size);
  const next = () => tf.dispose({ ...decoder.decodeNext(new Int32Array(size), readout, details?.attention) });
  next();
  const before = maxNewTokens(modalities[step.modality]!, size) - 1;
  if (before > 0) {
    decoder.resume(cacheOf(model, passes.batches.length * size, before));
    next();
  }
  decoder.dispose();
}

/** @param rows of logits */
function readoutOf({ step, details }: Pick<StepAt, 'step' | 'details'>, rows: number): LogitsReadout<unknown> {
  const isArgmax = isGreedy(step.temperature) && !details;
  return isArgmax ? argmaxIds : sampledTokens([rows], { ...step, randomness, details });
}

/** Keys and values of n tokens, in all blocks. */
function cacheOf({ config }: FourM, size: number, n: number): KVCache[] {
  const rows = (count: number) => tf.fill([size, count, config.dim], 0) as tf.Tensor3D;
  const appended = () => tf.keep(tf.tidy(() => append(rows(n - 1), rows(1))));
  return Array.from({ length: config.decoder_depth }, () => ({ keys: appended(), values: appended() }));
}

function mapped<T, U>(record: Readonly<Record<string, T>>, to: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value, name)]));
}
