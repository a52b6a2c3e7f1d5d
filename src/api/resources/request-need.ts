/** Memory of a request, computed before anything is loaded. */

import type { GivenPart } from '../../memory/batches-of-size.js';
import type { Computation } from '../../memory/computation.js';
import { currentDevice, type DeviceModel, type MemoryBySamples } from '../../memory/dry-run.js';
import { type GenerationSize, generationMemory, type TokenCounts } from '../../memory/generation.js';
import type { ModalityInfo } from '../../modalities/modality.js';
import { memoryInfoVersion } from '../../nn/kernels/memory-info.js';
import type { WeightDtype } from '../../nn/packed/packing.js';
import type { FourM } from '../../transformer/model.js';
import { taskParameters } from '../../transformer/task-weights.js';
import type { Codec, CodecDirection } from '../codecs/codec.js';
import { isTokens } from '../request/given-tokens.js';
import { needsNetwork, networkOf } from '../request/networks.js';
import { requestedTargets } from '../request/targets.js';
import { isCoded, modalityNamed } from '../types/description.js';
import type { Input, Inputs } from '../types/inputs.js';
import type { GenerateOptions } from '../types/options.js';
import { inputModality, type ModelParts, tokenModality } from './model-parts.js';

/** Memory of one part of a request; parts run one after another. */
export interface MemoryNeed extends Computation {
  /** Name for errors. */
  readonly what: string;
  /** Bytes of its weights. */
  readonly weights: number;
  /** Bytes of the largest tensor, a weight or not. */
  readonly largest: number;
}

/** Memory of the parts of a request, in order. */
export interface RequestMemory {
  readonly tokenizing: readonly MemoryNeed[];
  readonly generating: MemoryNeed;
  readonly detokenizing: readonly MemoryNeed[];
}

/** Memory of a computation, by number of samples. */
type BySamples<T> = (samples: number) => T;

/**
 * Memory of a request, part by part: tokenizing, generating and detokenizing. Texts count with their maximum length. Reads the
 * headers of the tokenizers' files.
 *
 * @param dtype storage type of the transformer's weights; the current one if absent
 * @returns     memory by number of samples, each as large as the largest given one
 */
export async function requestMemory(
  model: ModelParts,
  samples: readonly Inputs[],
  options: GenerateOptions,
  dtype: WeightDtype = dtypeOf(model),
): Promise<BySamples<RequestMemory>> {
  const { description: about, transformer } = model;
  const { to, conditions = [] } = options;
  const { targets } = requestedTargets(about.modalities, samples[0]!, options);
  const wholly = Object.keys(samples[0]!).filter((name) => !to.includes(name));
  const partly = Object.keys(samples[0]!).filter((name) => to.includes(name));

  const inputs = countsOf(model, wholly, samples);
  const weighted = conditions.map((condition) => countsOf(model, Object.keys(condition.inputs), [condition.inputs]));
  const given: Record<string, GivenPart> = {};
  for (const name of partly) {
    const info = tokenModality(model, name);
    given[info.name] = {
      known: longest(
        info,
        samples.map((own) => own[name]!),
      ),
      masked: info.maxTokens,
    };
  }
  const working = rememberedMemory(transformer, currentDevice(dtype), {
    inputs,
    conditions: conditions.length > 0 ? weighted : undefined,
    targets,
    given,
    details: options.onTokens && (options.details ?? {}),
  });
  const read = [inputs, ...weighted].flatMap(Object.keys);
  const outputs = targets.map(({ modality }) => modality);
  const parameters = taskParameters(transformer, read, outputs);
  const generating = (count: number): MemoryNeed => {
    const computation = { parameters, ...working(count) };
    const what = `generating ${to.join(', ')}${count > 1 ? ` for ${count} samples` : ''}`;
    return { what, ...computation, ...sizesOf(computation, dtype) };
  };
  const tokenized = [
    ...wholly.filter((name) => needsTokens(model, name, samples)),
    ...conditions.flatMap(({ inputs }) => Object.keys(inputs).filter((name) => needsTokens(model, name, [inputs]))),
    ...partly,
  ];
  const everything = [...samples, ...conditions.map((condition) => condition.inputs)];
  const tokenizing = [
    ...(await networkMemories(model, everything, options.signal)),
    ...(await codecMemories(model, tokenized, 'tokenize', options.signal)),
  ];
  const detokenizing = await codecMemories(model, to, 'detokenize', options.signal);
  return (count) => ({
    tokenizing: tokenizing.map((need) => need(count)),
    generating: generating(count),
    detokenizing: detokenizing.map((need) => need(count)),
  });
}

/** Sizes of generations that are remembered for each model. */
const REMEMBERED = 16;
const remembered = new WeakMap<FourM, Map<string, MemoryBySamples>>();

/** {@link generationMemory}, remembered: it takes tens of milliseconds, and programs repeat requests of the same sizes. */
function rememberedMemory(model: FourM, device: DeviceModel, size: GenerationSize): MemoryBySamples {
  const { backendName, named, dtype } = device;
  const key = JSON.stringify([memoryInfoVersion(), backendName, [...named], dtype, size]);
  const known = remembered.get(model) ?? new Map<string, MemoryBySamples>();
  const memory = known.get(key) ?? generationMemory(model, device, size);
  // The last one used stands last.
  known.delete(key);
  known.set(key, memory);
  if (known.size > REMEMBERED) known.delete(known.keys().next().value!);
  remembered.set(model, known);
  return memory;
}

/** All parts of a request. */
export function requestParts({ tokenizing, generating, detokenizing }: RequestMemory): MemoryNeed[] {
  return [...tokenizing, generating, ...detokenizing];
}

/** Memory of encoding and decoding images. @throws CancelledError when the signal fires */
export async function reconstructionMemory(
  model: ModelParts,
  name: string,
  samples: number,
  signal?: AbortSignal,
): Promise<MemoryNeed[]> {
  const there = await codecMemories(model, [name], 'tokenize', signal);
  const back = await codecMemories(model, [name], 'detokenize', signal);
  return [...there, ...back].map((need) => need(samples));
}

/** Memory of the tokenizers of some modalities; texts have none. */
async function codecMemories(
  model: ModelParts,
  names: readonly string[],
  way: CodecDirection,
  signal: AbortSignal | undefined,
): Promise<BySamples<MemoryNeed>[]> {
  const needs = names.map(async (name) => {
    const modality = modalityNamed(model.description, name);
    if (!isCoded(modality)) return [];
    const codec = await model.codec(modality, signal);
    return [codecMemory(codec, name, way, tokenModality(model, name))];
  });
  return (await Promise.all(needs)).flat();
}

/** Memory of the networks that compute features of inputs, one picture or text at a time. */
async function networkMemories(
  model: ModelParts,
  inputs: readonly Inputs[],
  signal: AbortSignal | undefined,
): Promise<BySamples<MemoryNeed>[]> {
  const lengths = new Map<string, number>();
  for (const [name, input] of inputs.flatMap(Object.entries) as [string, Input][]) {
    const modality = modalityNamed(model.description, name);
    if (!needsNetwork(modality, input)) continue;
    const length = typeof input === 'string' ? tokenModality(model, name).maxTokens : 1;
    lengths.set(networkOf(modality)!, Math.max(lengths.get(networkOf(modality)!) ?? 1, length));
  }
  const needs: BySamples<MemoryNeed>[] = [];
  for (const [file, length] of lengths) {
    const need = (await model.network(file, signal)).memoryNeed(length);
    needs.push(() => ({ what: `computing with ${file}`, ...need, ...sizesOf(need, 'f32') }));
  }
  return needs;
}

/** @param name what errors call that which is tokenized */
export function codecMemory(
  codec: Codec,
  name: string,
  way: CodecDirection,
  info: ModalityInfo,
): BySamples<MemoryNeed> {
  const need = codec.memoryNeed(way, info);
  return (samples) => directionMemory(need(samples), name, way);
}

/** @param name what errors call that which is tokenized */
export function directionMemory(need: Computation, name: string, way: CodecDirection): MemoryNeed {
  return { what: `${way.replace(/e$/, 'ing')} ${name}`, ...need, ...sizesOf(need, 'f32') };
}

function sizesOf(
  { parameters, largestTensor }: Computation,
  dtype: WeightDtype,
): Pick<MemoryNeed, 'weights' | 'largest'> {
  const bytes = parameters.map((parameter) => parameter.byteLengthAs(dtype));
  return { weights: bytes.reduce((a, b) => a + b, 0), largest: bytes.reduce((a, b) => Math.max(a, b), largestTensor) };
}

/** Storage type of the transformer's weights. */
export function dtypeOf({ transformer }: ModelParts): WeightDtype {
  return transformer.parameters.all.find(({ dtype }) => dtype !== 'f32')?.dtype ?? 'f32';
}

/** Tokens of the complete inputs, by the transformer's names. Invalid inputs are rejected elsewhere. */
function countsOf(model: ModelParts, names: readonly string[], samples: readonly Inputs[]): TokenCounts {
  return Object.fromEntries(
    names.map((name) => {
      const given = samples.map((inputs) => inputs[name]!);
      const info = inputModality(model, name, given);
      return [info.name, longest(info, given)];
    }),
  );
}

/** Whether inputs have to be tokenized: the transformer does not read their pixels, and not all are tokens. */
function needsTokens(model: ModelParts, name: string, samples: readonly Inputs[]): boolean {
  const given = samples.map((inputs) => inputs[name]!);
  return inputModality(model, name, given).kind !== 'pixels' && !given.every(isTokens);
}

/** Upper bound of the tokens of the longest text: a word has at least one letter and a separator. */
function longest(info: ModalityInfo, inputs: readonly Input[]): number {
  const lengths = inputs.map((input) => {
    // A text where none is expected is refused when it is read.
    if (typeof input === 'string' && info.kind.startsWith('sequence')) return input.length + 1;
    if (isTokens(input)) return input.tokens.length + 1;
    if (input instanceof Float32Array && info.embeddingDim) return input.length / info.embeddingDim;
    return info.maxTokens;
  });
  return Math.min(info.maxTokens, Math.max(1, ...lengths));
}
