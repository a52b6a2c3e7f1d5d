/** What a visitor has chosen, all of it in the address, so that opening the address gives the same result. */

/** Decoding settings that apply to every output; those that are absent are the model's own. */
export interface Settings {
  readonly steps?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly guidance?: number;
}

export interface State extends Settings {
  /** Seed of the scene. */
  readonly scene: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Texts that were edited, by modality; of other inputs, the values of the scene are given. */
  readonly texts: Readonly<Record<string, string>>;
  /** Strokes drawn on the picture, as `drawing.ts` writes them. */
  readonly strokes?: string;
  /** A text that is a weighted condition. */
  readonly condition?: string;
  /** Its weight; -1 if absent. */
  readonly weight?: number;
  readonly seed: number;
  /** Seed of a second sample, shown beside the first. */
  readonly other?: number;
}

/** Prefix of the names of edited texts in the address. */
const TEXT = 'text.';

/** The settings that are numbers, with their limits. */
const NUMBERS = {
  steps: [1, 4096],
  temperature: [0, 100],
  topP: [0.01, 1],
  guidance: [-100, 100],
  weight: [-100, 100],
  other: [0, 2 ** 32 - 1],
} as const;

export const DEFAULTS: State = { scene: 7, inputs: ['rgb'], outputs: ['depth', 'caption'], texts: {}, seed: 0 };

/** @param hash of an address; what is missing or is no number in its limits is left at its default */
export function readState(hash: string): State {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  const number = (name: string, low: number, high: number) => {
    const value = Number(query.get(name) || Number.NaN);
    return value >= low && value <= high ? value : undefined;
  };
  const whole = (name: string) => {
    const value = number(name, 0, 2 ** 32 - 1);
    return Number.isInteger(value) ? value : undefined;
  };
  const names = (name: string) => query.get(name)?.split(',').filter(Boolean);
  const numbers = Object.entries(NUMBERS).flatMap(([name, [low, high]]) => {
    const value = number(name, low, high);
    return value === undefined ? [] : [[name, value] as const];
  });
  const condition = query.get('condition');
  const strokes = query.get('strokes');
  const texts = [...query]
    .filter(([name]) => name.startsWith(TEXT))
    .map(([name, text]) => [name.slice(TEXT.length), text]);
  return {
    scene: whole('scene') ?? DEFAULTS.scene,
    inputs: names('in') ?? DEFAULTS.inputs,
    outputs: names('out') ?? DEFAULTS.outputs,
    seed: whole('seed') ?? DEFAULTS.seed,
    texts: Object.fromEntries(texts),
    ...(strokes && { strokes }),
    ...(condition && { condition }),
    ...Object.fromEntries(numbers),
  };
}

export function writeState({ inputs, outputs, texts, ...rest }: State): string {
  const query = new URLSearchParams({ in: inputs.join(','), out: outputs.join(',') });
  for (const [name, text] of Object.entries(texts)) query.set(TEXT + name, text);
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) query.set(name, String(value));
  return `#${query}`;
}
