/** How much each pass of the model sees, step by step of a chain. */
import type { DecodingStep } from '../decoding/chain-steps.js';
import { isGuided } from '../decoding/guidance.js';
import type { ModalityInfo } from '../modalities/modality.js';
import type { GenerationSize } from './generation.js';
import type { TokenCounts } from './transformer.js';

/** What one pass sees of a sample. */
export interface Pass {
  readonly tokens: TokenCounts;
  /** Whether it differs from sample to sample; where nothing is known it does not, and is read once for all. */
  readonly differs: boolean;
}

/** A step of a chain, and what the model is asked in it. */
export interface StepPasses {
  readonly step: DecodingStep;
  readonly passes: readonly Pass[];
  /** Tokens of the target that are open before the step; of a text, places of its target. */
  readonly remaining: number;
}

type Infos = Readonly<Record<string, ModalityInfo>>;

/** Goes through a chain as `runChain` does. */
export function passesBySteps(steps: readonly DecodingStep[], request: GenerationSize, infos: Infos): StepPasses[] {
  const { inputs, given = {}, targets } = request;
  /** What is decided of every target: nothing of a picture, of a text its one gap. */
  const seen: Record<string, number> = {};
  for (const { modality } of targets) seen[modality] = given[modality]?.known ?? emptyLength(infos[modality]!);
  const complete: string[] = [];
  let target: string | undefined;
  let left = 0;
  return steps.map((step) => {
    const { modality } = step;
    if (modality !== target) {
      if (target !== undefined) complete.push(target);
      target = modality;
      left = given[modality]?.masked ?? infos[modality]!.maxTokens;
    }
    const passes = request.conditions
      ? weightedPasses(request.conditions, { inputs, seen, target, complete }, infos)
      : guidedPasses(step, { ...inputs, ...seen }, infos);
    const result = { step, passes, remaining: left };
    const taken = step.tokens ?? left;
    seen[modality] = Math.min(infos[modality]!.maxTokens, seen[modality]! + taken);
    left -= taken;
    return result;
  });
}

/** With all that is known; and under guidance without conditions. */
function guidedPasses({ guidance }: DecodingStep, tokens: TokenCounts, infos: Infos): Pass[] {
  if (!isGuided(guidance)) return [{ tokens, differs: true }];
  const hidden = guidance.conditions.map((name) => [name, emptyLength(infos[name])] as const);
  const rest = Object.entries(tokens).filter(([name]) => !guidance.conditions.includes(name));
  const differs = rest.some(([name, count]) => count > emptyLength(infos[name]));
  return [
    { tokens, differs: true },
    { tokens: { ...tokens, ...Object.fromEntries(hidden) }, differs },
  ];
}

/** Under each condition, to which complete targets belong, and without any. */
function weightedPasses(
  conditions: readonly TokenCounts[],
  state: { inputs: TokenCounts; seen: TokenCounts; target: string; complete: readonly string[] },
  infos: Infos,
): Pass[] {
  const { inputs, seen, target, complete } = state;
  const own = { [target]: seen[target]! };
  const all = [...conditions, ...complete.map((name) => ({ [name]: seen[name]! }))];
  const hidden = Object.fromEntries(complete.map((name) => [name, emptyLength(infos[name])]));
  const differs = Object.keys(inputs).length > 0 || seen[target]! > emptyLength(infos[target]);
  return [
    ...all.map((known) => ({ tokens: { ...inputs, ...known, ...own }, differs: true })),
    { tokens: { ...inputs, ...seen, ...hidden }, differs },
  ];
}

/** Tokens that stand for nothing at all: a text is one gap, an embedded text one vector of zeros. */
function emptyLength(info: ModalityInfo | undefined): number {
  return info?.kind === 'sequence' || info?.kind === 'sequence-embedding' ? 1 : 0;
}
