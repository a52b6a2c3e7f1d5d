/** The state of the page. All of it is in the address, so that opening the address gives the same result. */
import type { DecodingSettings } from '../../src/api/types/package.js';

/** Settings of an output that differ from the model's own. */
export type OutputSettings = Partial<
  Pick<DecodingSettings, 'method' | 'schedule' | 'steps' | 'temperature' | 'topP' | 'topK' | 'guidanceScale'>
>;

/** A separate guidance condition, with its weight. */
export interface Condition {
  readonly modality: string;
  /** Below 0: guidance away from it. */
  readonly weight: number;
  /** Absent: the value of the scene. */
  readonly text?: string;
}

/** Settings of a generation. */
export interface Settings {
  readonly seed: number;
  /** By output. */
  readonly decoding: Readonly<Record<string, OutputSettings>>;
  readonly conditions: readonly Condition[];
}

export interface State {
  /** Seed of the scene. */
  readonly scene: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Edited texts, by modality. Other inputs have the values of the scene. */
  readonly texts: Readonly<Record<string, string>>;
  /** Strokes drawn on the picture, as `drawing.ts` writes them. */
  readonly strokes?: string;
  readonly settings: Settings;
  /** Settings of a second generation, shown beside the first. */
  readonly second?: Settings;
}

/** The highest seed. */
export const MAX_SEED = 2 ** 32 - 1;

/** Prefixes of names in the address. */
const [TEXT, DECODING, SECOND] = ['text.', 'decoding.', 'second.'];

export const DEFAULTS: State = {
  scene: 7,
  inputs: ['rgb'],
  outputs: ['depth', 'caption'],
  texts: {},
  settings: { seed: 0, decoding: {}, conditions: [] },
};

/** @param hash of an address; missing or invalid values are left at their defaults */
export function readState(hash: string): State {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  const names = (name: string) => query.get(name)?.split(',').filter(Boolean);
  const strokes = query.get('strokes');
  return {
    scene: seedIn(query.get('scene')) ?? DEFAULTS.scene,
    inputs: names('in') ?? DEFAULTS.inputs,
    outputs: names('out') ?? DEFAULTS.outputs,
    texts: Object.fromEntries(withPrefix(query, TEXT)),
    ...(strokes && { strokes }),
    settings: readSettings(query),
    ...(query.has(`${SECOND}seed`) && { second: readSettings(new URLSearchParams(withPrefix(query, SECOND))) }),
  };
}

export function writeState({ inputs, outputs, texts, scene, strokes, settings, second }: State): string {
  const query = new URLSearchParams({ in: inputs.join(','), out: outputs.join(','), scene: String(scene) });
  for (const [name, text] of Object.entries(texts)) query.set(TEXT + name, text);
  if (strokes) query.set('strokes', strokes);
  for (const [name, value] of settingsEntries(settings)) query.append(name, value);
  if (second) for (const [name, value] of settingsEntries(second)) query.append(SECOND + name, value);
  return `#${query}`;
}

function readSettings(query: URLSearchParams): Settings {
  const decoding = withPrefix(query, DECODING).flatMap(([name, values]) => {
    const settings = values.split(',').map((part) => {
      const [key, value] = part.split(':') as [string, string | undefined];
      return [key, value && Number.isFinite(Number(value)) ? Number(value) : value];
    });
    const known = settings.filter(([key, value]) => key && value !== undefined);
    return known.length > 0 ? [[name, Object.fromEntries(known)] as const] : [];
  });
  const conditions = query.getAll('condition').flatMap((written) => {
    const [, modality, weight, text] = /^([^:]+):(-?[\d.]+)(?::(.*))?$/s.exec(written) ?? [];
    return modality ? [{ modality, weight: Number(weight), ...(text !== undefined && { text }) }] : [];
  });
  return { seed: seedIn(query.get('seed')) ?? 0, decoding: Object.fromEntries(decoding), conditions };
}

function settingsEntries({ seed, decoding, conditions }: Settings): [string, string][] {
  const outputs = Object.entries(decoding).map(([name, settings]): [string, string] => {
    const values = Object.entries(settings).map(([key, value]) => `${key}:${value}`);
    return [DECODING + name, values.join(',')];
  });
  return [
    ['seed', String(seed)],
    ...outputs.filter(([, values]) => values !== ''),
    ...conditions.map(({ modality, weight, text }): [string, string] => {
      return ['condition', [modality, weight, ...(text === undefined ? [] : [text])].join(':')];
    }),
  ];
}

function withPrefix(query: URLSearchParams, prefix: string): [string, string][] {
  const own = [...query].filter(([name]) => name.startsWith(prefix));
  return own.map(([name, value]) => [name.slice(prefix.length), value]);
}

function seedIn(text: string | null): number | undefined {
  const seed = text ? Number(text) : Number.NaN;
  return Number.isInteger(seed) && seed >= 0 && seed <= MAX_SEED ? seed : undefined;
}
