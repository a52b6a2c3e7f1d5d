/** From the state of the page to a call of `generateMany`, and to the code that makes the same call. */
import type { GenerateOptions, HostInput, HostInputs } from '../../src/client.js';
import type { Modality } from './package.js';
import type { State } from './state.js';

/** A text that guides, with its weight. */
export interface WeightedText {
  readonly inputs: Readonly<Record<string, string>>;
  readonly weight: number;
}

export type Decoding = NonNullable<GenerateOptions['decoding']>;

/** Decoding settings of the outputs. Numbers of steps apply to images alone. */
export function decodingOf(state: State, modalities: readonly Modality[]): Decoding {
  const { steps, temperature, topP, guidance } = state;
  const shared = {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(guidance !== undefined && { guidanceScale: guidance }),
  };
  const entries = state.outputs.map((name) => {
    const isImage = modalities.some((modality) => modality.name === name && modality.grid);
    return [name, { ...shared, ...(isImage && steps !== undefined && { steps }) }] as const;
  });
  return Object.fromEntries(entries.filter(([, settings]) => Object.keys(settings).length > 0));
}

/** The weighted condition, of the first modality that is a text. */
export function conditionsOf({ condition, weight }: State, modalities: readonly Modality[]): WeightedText[] {
  const text = modalities.find(({ kind }) => kind === 'text');
  return condition && text ? [{ inputs: { [text.name]: condition }, weight: weight ?? -1 }] : [];
}

/** The code that generates the same. @param uploaded whether the picture is a file of the visitor's */
export function codeOf(
  state: State,
  decoding: Decoding,
  conditions: readonly WeightedText[],
  inputs: HostInputs,
  uploaded: boolean,
): string {
  const given = Object.entries(inputs).map(([name, value]) => `  ${name}: ${codeOfInput(name, value, uploaded)},`);
  const seed = state.other === undefined ? state.seed : [state.seed, state.other];
  const samples = state.other === undefined ? 'inputs' : '[inputs, inputs]';
  const usesScene = given.some((line) => line.includes('sample.'));
  return [
    ...(uploaded ? ["import { readFile } from 'node:fs/promises';"] : []),
    `import { loadModel, ${usesScene ? 'toybox, ' : ''}useBackend } from 'fourm';`,
    '',
    "await useBackend('auto');",
    "const model = await loadModel('toybox');",
    ...(usesScene ? [`const sample = toybox.toyboxSample(${state.scene}, { people: false });`] : []),
    given.length > 0 ? `const inputs = {\n${given.join('\n')}\n};` : 'const inputs = {};',
    `const results = await model.generate${state.other === undefined ? '' : 'Many'}(${samples}, {`,
    `  to: ${JSON.stringify(state.outputs)},`,
    `  seed: ${JSON.stringify(seed)},`,
    ...(Object.keys(decoding).length > 0 ? [`  decoding: ${JSON.stringify(decoding)},`] : []),
    ...(conditions.length > 0 ? [`  conditions: ${JSON.stringify(conditions)},`] : []),
    '});',
  ].join('\n');
}

const ANNOTATIONS: Readonly<Record<string, string>> = {
  det: 'toybox.toyboxDetections(sample)',
  metadata: 'toybox.toyboxMetadata(sample)',
  color_palette: 'toybox.toyboxPalette(sample)',
  canny_edge: 'toybox.cannyEdges(sample)',
  sam_edge: 'toybox.instanceEdges(sample)',
};

function codeOfInput(name: string, value: HostInput, uploaded: boolean): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (uploaded && name === 'rgb') return "await readFile('picture.png')";
  return ANNOTATIONS[name] ?? (['depth', 'normal', 'semseg'].includes(name) ? `sample.${name}` : 'sample.rgb');
}
