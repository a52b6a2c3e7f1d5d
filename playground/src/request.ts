/** Calls of `generate` for the state of the page, and the source code of the same calls. */
import { decodingTarget, generationOrder } from '../../src/api/request/targets.js';
import type { DecodingSettings } from '../../src/api/types/package.js';
import type { GenerateOptions, HostInput, HostInputs, WeightedInputs } from '../../src/client.js';
import type { Package } from './package.js';
import type { Condition, Settings, State } from './state.js';

/** The values of a scene as inputs, by modality. */
export type SceneValue = (name: string) => HostInput | undefined;

/** A modality to generate, and the model's own decoding settings for it. */
export interface PlannedOutput {
  readonly name: string;
  readonly settings: DecodingSettings;
}

/** The outputs and the modalities generated before them, in order. */
export function plannedOutputs(
  { description }: Package,
  { inputs, outputs }: State,
  settings: Settings,
): PlannedOutput[] {
  const { modalities } = description;
  const conditions = settings.conditions.map(({ modality }) => modality);
  const given = [...inputs, ...conditions].filter((name) => Object.hasOwn(modalities, name));
  const order = generationOrder(modalities, given, outputs);
  return order.map((name) => {
    const { modality: _, ...own } = decodingTarget(modalities, given, name);
    return { name, settings: own as DecodingSettings };
  });
}

/** Options of `generate`, without listeners. */
export type RequestOptions = Pick<GenerateOptions<string, HostInputs>, 'to' | 'seed' | 'decoding' | 'conditions'>;

/** The options for a state. @param planned from {@link plannedOutputs} */
export function optionsOf(
  { outputs }: State,
  { seed, decoding, conditions }: Settings,
  planned: readonly PlannedOutput[],
  sceneValue: SceneValue,
): RequestOptions {
  const own = planned.flatMap(({ name }) => (decoding[name] ? [[name, decoding[name]] as const] : []));
  return {
    to: outputs,
    seed,
    ...(own.length > 0 && { decoding: Object.fromEntries(own) }),
    ...(conditions.length > 0 && { conditions: conditions.map((condition) => weighted(condition, sceneValue)) }),
  };
}

function weighted({ modality, weight, text }: Condition, sceneValue: SceneValue): WeightedInputs<HostInputs> {
  return { inputs: { [modality]: text ?? sceneValue(modality)! }, weight };
}

/** Values besides the state that the code of a request depends on. */
export interface CodeContext {
  /** The model, as `loadModel` takes it. */
  readonly id: string;
  readonly backend: string;
  /** Whether scenes have people. */
  readonly people: boolean;
  /** Whether the picture is a file of the user. */
  readonly uploaded: boolean;
}

/** The code of requests. */
export function codeOf(
  state: State,
  inputs: HostInputs,
  requests: readonly RequestOptions[],
  { id, backend, people, uploaded }: CodeContext,
): string {
  const codeOf = (name: string, value: HostInput) => codeOfInput(name, value, uploaded);
  const given = Object.entries(inputs).map(([name, value]) => {
    const isEdited = state.texts[name] !== undefined;
    return `  ${name}: ${isEdited ? JSON.stringify(value) : codeOf(name, value)},`;
  });
  const calls = requests.flatMap(({ to, seed, decoding, conditions }, i) => [
    `const ${i === 0 ? 'results' : 'others'} = await model.generate(inputs, {`,
    `  to: ${JSON.stringify(to)},`,
    `  seed: ${seed},`,
    ...(decoding ? [`  decoding: ${JSON.stringify(decoding)},`] : []),
    ...(conditions ?? []).map(({ inputs, weight }, at, all) => {
      const [[name, value]] = Object.entries(inputs) as [[string, HostInput]];
      const one = `{ inputs: { ${name}: ${codeOf(name, value)} }, weight: ${weight} }`;
      return `${at === 0 ? '  conditions: [' : '    '}${one}${at === all.length - 1 ? '],' : ','}`;
    }),
    '});',
  ]);
  const body = [given.length > 0 ? `const inputs = {\n${given.join('\n')}\n};` : 'const inputs = {};', ...calls];
  const usesScene = body.some((line) => line.includes('sample'));
  return [
    ...(uploaded ? ["import { readFile } from 'node:fs/promises';"] : []),
    `import { loadModel${usesScene ? ', toybox' : ''} } from 'fourm';`,
    '',
    `const model = await loadModel('${id}', { backend: '${backend}' });`,
    ...(usesScene ? [`const sample = toybox.toyboxSample(${state.scene}${people ? '' : ', { people: false }'});`] : []),
    ...body,
  ].join('\n');
}

const ANNOTATIONS: Readonly<Record<string, string>> = {
  det: 'toybox.toyboxDetections(sample)',
  metadata: 'toybox.toyboxMetadata(sample)',
  color_palette: 'toybox.toyboxPalette(sample)',
  canny_edge: 'toybox.cannyEdges(sample)',
  sam_edge: 'toybox.instanceEdges(sample)',
  human_poses: 'sample.people',
  sam_instance: [
    'toybox.toyboxInstances(sample).map(({ box, mask, point }) => {',
    '    const side = (at: number) => toybox.INSTANCE_GRID * at;',
    '    const { xmin, ymin, xmax, ymax } = box;',
    '    return { box: { xmin: side(xmin), ymin: side(ymin), xmax: side(xmax), ymax: side(ymax) }, mask, point };',
    '  })',
  ].join('\n'),
};

function codeOfInput(name: string, value: HostInput, uploaded: boolean): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (uploaded && name === 'rgb') return "await readFile('picture.png')";
  return ANNOTATIONS[name] ?? (['depth', 'normal', 'semseg'].includes(name) ? `sample.${name}` : 'sample.rgb');
}
