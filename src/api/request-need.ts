/** What a request takes of a backend's memory, before any of it is read or computed. */
import { type GivenPart, generationBytes } from '../memory/generation.js';
import type { TokenCounts } from '../memory/transformer.js';
import { registeredKernels } from '../nn/kernels/kernel.js';
import type { WeightDtype } from '../nn/packing.js';
import type { Parameter } from '../nn/parameters.js';
import { taskParameters } from '../transformer/task-weights.js';
import type { Way } from './codec.js';
import { type CodedModality, modalityNamed } from './description.js';
import type { GenerateOptions, Input, Inputs } from './generate-options.js';
import { type ModelParts, tokensOf } from './model-parts.js';
import { requestedTargets } from './targets.js';

/** What something takes. */
export interface Need {
  /** All weights that it computes with, loaded or not. */
  readonly parameters: readonly Parameter[];
  /** Bytes of these. */
  readonly weights: number;
  /** The most that is there besides them at once, in bytes. */
  readonly working: number;
}

/**
 * What a request takes. Texts count at their full length. Tokenizers are opened for it: of their files the headers are read.
 *
 * @param dtype how the transformer's weights would be kept; as they are if not given
 */
export async function requestNeed(
  model: ModelParts,
  samples: readonly Inputs[],
  options: GenerateOptions,
  dtype: WeightDtype = dtypeOf(model),
): Promise<Need> {
  const { about, transformer } = model;
  const { to, conditions = [] } = options;
  const { targets } = requestedTargets(about.modalities, samples[0]!, options);
  const wholly = Object.keys(samples[0]!).filter((name) => !to.includes(name));
  const partly = Object.keys(samples[0]!).filter((name) => to.includes(name));

  const inputs = countsOf(model, wholly, samples);
  const weighted = conditions.map((condition) => countsOf(model, Object.keys(condition.inputs), [condition.inputs]));
  const given: Record<string, GivenPart> = {};
  for (const name of partly) {
    const info = tokensOf(model, name);
    given[info.name] = {
      known: longest(
        info,
        samples.map((own) => own[name]!),
      ),
      open: info.maxTokens,
    };
  }
  const working = generationBytes(
    transformer,
    { kernels: registeredKernels(), dtype },
    {
      size: samples.length,
      inputs,
      conditions: conditions.length > 0 ? weighted : undefined,
      targets,
      given,
    },
  );
  const read = [inputs, ...weighted].flatMap(Object.keys);
  const parameters = taskParameters(
    transformer,
    read,
    targets.map(({ modality }) => modality),
  );

  const conditionNames = conditions.flatMap((condition) => Object.keys(condition.inputs));
  const codecs = [
    ...[...wholly, ...conditionNames]
      .filter((name) => !takesPixels(model, name))
      .map((name) => [name, 'tokenize'] as const),
    ...partly.map((name) => [name, 'tokenize'] as const),
    ...to.map((name) => [name, 'detokenize'] as const),
  ];
  const needs = await Promise.all(codecs.map(([name, way]) => codecNeed(model, name, way, samples.length)));
  return needTogether(model, [{ parameters, working }, ...needs], dtype);
}

/** What several things take that are done one after the other, with the weights of all of them there. */
function needTogether(model: ModelParts, needs: readonly Omit<Need, 'weights'>[], dtype: WeightDtype): Need {
  const parameters = [...new Set(needs.flatMap((need) => need.parameters))];
  const own = new Set(model.transformer.parameters.all);
  const weights = parameters.reduce((sum, p) => sum + p.bytesAs(own.has(p) ? dtype : p.dtype), 0);
  return { parameters, weights, working: Math.max(...needs.map(({ working }) => working)) };
}

/** What a tokenizer takes to make tokens of images and images of those. */
export async function reconstructionNeed(model: ModelParts, name: string, samples: number): Promise<Need> {
  const ways = ['tokenize', 'detokenize'] as const;
  const needs = await Promise.all(ways.map((way) => codecNeed(model, name, way, samples)));
  return needTogether(model, needs, 'f32');
}

async function codecNeed(model: ModelParts, name: string, way: Way, samples: number): Promise<Omit<Need, 'weights'>> {
  const modality = modalityNamed(model.about, name);
  if (!('tokenizer' in modality)) return { parameters: [], working: 0 };
  const codec = await model.codec(name, modality as CodedModality);
  return codec.need(way, samples, tokensOf(model, name));
}

/** How the transformer's weights are kept. */
export function dtypeOf({ transformer }: ModelParts): WeightDtype {
  return transformer.parameters.all.find(({ dtype }) => dtype !== 'f32')?.dtype ?? 'f32';
}

/** Tokens of what is read whole, by the transformer's names; what it cannot read is refused elsewhere. */
function countsOf(model: ModelParts, names: readonly string[], samples: readonly Inputs[]): TokenCounts {
  return Object.fromEntries(
    names.map((name) => {
      const modality = modalityNamed(model.about, name);
      const pixels = 'pixels' in modality ? modality.pixels : undefined;
      const info = model.transformer.modalities[pixels ?? modality.tokens]!;
      return [
        info.name,
        longest(
          info,
          samples.map((inputs) => inputs[name]!),
        ),
      ];
    }),
  );
}

function takesPixels(model: ModelParts, name: string): boolean {
  const modality = modalityNamed(model.about, name);
  return 'pixels' in modality && modality.pixels !== undefined;
}

/** Tokens of the longest of some inputs: a word has at least a letter, and an end. */
function longest(info: { maxTokens: number; embeddingDim?: number | undefined }, inputs: readonly Input[]): number {
  const lengths = inputs.map((input) => {
    if (typeof input === 'string') return input.length + 1;
    if (input instanceof Float32Array && info.embeddingDim) return input.length / info.embeddingDim;
    return info.maxTokens;
  });
  return Math.min(info.maxTokens, Math.max(1, ...lengths));
}
