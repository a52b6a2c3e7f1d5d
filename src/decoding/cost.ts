import type { Batch, ModalityBatch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import type { DecodingStep } from './chain-steps.js';
import { isGuided } from './guidance.js';

/** Cost of decoding steps, for progress estimates. */
export interface DecodingCost {
  /** Tokens processed in parallel by encoder and decoder, over all samples and passes. */
  readonly dense: number;
  /** Maximum number of tokens generated one by one; texts may end early. */
  readonly tokens: number;
}

/** Maximum number of tokens to generate in any sample of a sequence; the first token of its target is given. */
export function maxNewTokens({ targetMask }: ModalityBatch, size: number): number {
  const length = targetMask.length / size;
  const targetLengths = Array.from({ length: size }, (_, b) => {
    return targetMask.subarray(b * length, (b + 1) * length).filter((masked) => masked === 0).length;
  });
  return Math.max(...targetLengths) - 1;
}

/** The cost of each step of a chain. @param batch before the first step */
export function stepCosts(model: FourM, { size, modalities }: Batch, steps: readonly DecodingStep[]): DecodingCost[] {
  const ofFirst = (mask: Uint8Array) => mask.subarray(0, mask.length / size).filter((hidden) => hidden === 0).length;
  const masked = new Map(Object.entries(modalities).map(([name, { targetMask }]) => [name, ofFirst(targetMask)]));
  let known = 0;
  for (const [name, { inputMask }] of Object.entries(modalities)) {
    if (name in model.encoderEmbeddings) known += ofFirst(inputMask);
  }
  return steps.map(({ modality, method, tokens = 0, guidance, weights }) => {
    const rows = size * (1 + (weights ? weights.length : Number(isGuided(guidance))));
    const before = known;
    if (method === 'autoregressive') {
      const newTokens = maxNewTokens(modalities[modality]!, size);
      known += newTokens;
      return { dense: rows * before, tokens: newTokens };
    }
    const decoded = method === 'roar' ? tokens : masked.get(modality)!;
    known += tokens;
    masked.set(modality, masked.get(modality)! - tokens);
    return { dense: rows * (before + decoded), tokens: 0 };
  });
}

/** Sum of costs. */
export function totalCost(costs: readonly DecodingCost[]): DecodingCost {
  const sum = (kind: keyof DecodingCost) => costs.reduce((total, cost) => total + cost[kind], 0);
  return { dense: sum('dense'), tokens: sum('tokens') };
}
