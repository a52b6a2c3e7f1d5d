/** The steps of a generation, so that the page can go back to any of them. */
import type { GeneratedToken, GeneratedTokens, Result } from '../../src/client.js';

/** A token of an output, and when it was generated. */
export interface RecordedToken extends GeneratedToken {
  /** Number of the step in the recording, from 1. */
  readonly step: number;
}

/** A step of one modality. */
export interface RecordedStep {
  readonly modality: string;
  /** Tokens that it committed. */
  readonly count: number;
}

export class Recording {
  readonly steps: RecordedStep[] = [];
  /** By modality. */
  readonly #tokens = new Map<string, RecordedToken[]>();
  /** By modality; empty until the generation is complete. */
  results: Readonly<Record<string, Result>> = {};

  constructor(readonly outputs: readonly string[]) {}

  /** Adds a step of a generation of one sample. */
  add({ modality, samples }: GeneratedTokens): void {
    const tokens = samples[0]!;
    this.steps.push({ modality, count: tokens.length });
    const step = this.steps.length;
    this.#tokens.set(modality, [...(this.#tokens.get(modality) ?? []), ...tokens.map((token) => ({ ...token, step }))]);
  }

  /** The tokens of a modality that are committed after `step` steps, in order. */
  tokens(modality: string, step: number): RecordedToken[] {
    return (this.#tokens.get(modality) ?? []).filter((token) => token.step <= step);
  }

  /** All token ids of an image modality, [h·w]. */
  ids(modality: string): Int32Array {
    const tokens = this.tokens(modality, this.steps.length);
    return Int32Array.from(
      tokens.sort((a, b) => a.position - b.position),
      ({ id }) => id,
    );
  }

  /** The generated modalities in order: outputs, and those generated before them. */
  get modalities(): string[] {
    return [...new Set([...this.steps.map(({ modality }) => modality), ...this.outputs])];
  }
}
