/** A generation step by step, so that the page can go back to any step. */
import type { GeneratedTokens, Result } from '../../src/client.js';

/** A token of an output, and when it was generated. */
export interface RecordedToken {
  readonly position: number;
  readonly id: number;
  readonly probability: number;
  /** Number of the step in the recording, from 1. */
  readonly step: number;
}

/** A step of one modality. */
export interface RecordedStep {
  readonly modality: string;
  /** Tokens of a sample that it committed. */
  readonly count: number;
}

export class Recording {
  readonly steps: RecordedStep[] = [];
  /** By sample, then by modality. */
  readonly #tokens: Map<string, RecordedToken[]>[];
  /** By sample; empty until the generation is complete. */
  results: readonly Readonly<Record<string, Result>>[] = [];

  constructor(
    readonly outputs: readonly string[],
    readonly samples: number,
  ) {
    this.#tokens = Array.from({ length: samples }, () => new Map());
  }

  add({ modality, samples }: GeneratedTokens): void {
    this.steps.push({ modality, count: Math.max(...samples.map((tokens) => tokens.length)) });
    const step = this.steps.length;
    samples.forEach((tokens, b) => {
      const own = this.#tokens[b]!;
      own.set(modality, [...(own.get(modality) ?? []), ...tokens.map((token) => ({ ...token, step }))]);
    });
  }

  /** The tokens of a modality that are committed after `step` steps, in order. */
  tokens(sample: number, modality: string, step: number): RecordedToken[] {
    return (this.#tokens[sample]!.get(modality) ?? []).filter((token) => token.step <= step);
  }

  /** All token ids of an image modality, [h·w]. */
  ids(sample: number, modality: string): Int32Array {
    const tokens = this.tokens(sample, modality, this.steps.length);
    return Int32Array.from(
      tokens.sort((a, b) => a.position - b.position),
      ({ id }) => id,
    );
  }

  /** What was generated, outputs and modalities in between, in order. */
  get modalities(): string[] {
    return [...new Set([...this.steps.map(({ modality }) => modality), ...this.outputs])];
  }
}
