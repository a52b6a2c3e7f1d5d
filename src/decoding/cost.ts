import type { Batch, ModalityBatch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import type { DecodingStep } from './chain-steps.js';
import { isGuided } from './guidance.js';

/** How much there is to do, for those who want to say how long it takes. */
export interface DecodingCost {
  /** Places that encoder and decoder go through side by side, in all samples and passes. */
  readonly dense: number;
  /** Tokens that are said one by one, at most: texts may end early. */
  readonly tokens: number;
}

/** How many tokens of a sequence can be said in the sample that has the most room; the first of its target is given. */
export function maxNewTokens({ targetMask }: ModalityBatch, size: number): number {
  const length = targetMask.length / size;
  const open = Array.from({ length: size }, (_, b) => {
    return targetMask.subarray(b * length, (b + 1) * length).filter((masked) => masked === 0).length;
  });
  return Math.max(...open) - 1;
}

/** The work of each step of a chain. @param batch as it is before the first */
export function stepCosts(model: FourM, { size, modalities }: Batch, steps: readonly DecodingStep[]): DecodingCost[] {
  const ofFirst = (mask: Uint8Array) => mask.subarray(0, mask.length / size).filter((hidden) => hidden === 0).length;
  const open = new Map(Object.entries(modalities).map(([name, { targetMask }]) => [name, ofFirst(targetMask)]));
  let known = 0;
  for (const [name, { inputMask }] of Object.entries(modalities)) {
    if (name in model.encoderEmbeddings) known += ofFirst(inputMask);
  }
  return steps.map(({ modality, method, tokens = 0, guidance, weights }) => {
    const rows = size * (1 + (weights ? weights.length : Number(isGuided(guidance))));
    const before = known;
    if (method === 'autoregressive') {
      const most = maxNewTokens(modalities[modality]!, size);
      known += most;
      return { dense: rows * before, tokens: most };
    }
    const asked = method === 'roar' ? tokens : open.get(modality)!;
    known += tokens;
    open.set(modality, open.get(modality)! - tokens);
    return { dense: rows * (before + asked), tokens: 0 };
  });
}

/** All of it together. */
export function totalCost(works: readonly DecodingCost[]): DecodingCost {
  const sum = (kind: keyof DecodingCost) => works.reduce((total, work) => total + work[kind], 0);
  return { dense: sum('dense'), tokens: sum('tokens') };
}
