/** The form's choices of inputs and outputs, and the fields of inputs with their editors. */
import type { RgbImage } from '../../src/client.js';
import { byId, element } from './dom.js';
import { editorFor } from './editors/index.js';
import type { Modality } from './package.js';
import type { State } from './state.js';

/** @param canGive whether a modality can be an input now */
export function showChoices(
  state: State,
  modalities: readonly Modality[],
  canGive: (modality: Modality) => boolean,
): void {
  const list = (id: string, checked: readonly string[], isEnabled: (modality: Modality) => boolean) => {
    const legend = byId(id).querySelector('legend')!;
    const choices = modalities.filter(isEnabled).map(({ name }) => {
      const label = element('label', { className: 'choice' });
      const box = element('input', { type: 'checkbox', value: name, checked: checked.includes(name) });
      label.append(box, element('span', { textContent: name }));
      return label;
    });
    byId(id).replaceChildren(legend, ...choices);
  };
  list('inputs', state.inputs, canGive);
  list('outputs', state.outputs, ({ about }) => about.kind !== 'embeddings');
}

/** A modality cannot be both input and output: choosing one removes the other. @param changed a checkbox */
export function keepApart(changed: HTMLInputElement): void {
  const other = changed.closest('#inputs') ? 'outputs' : 'inputs';
  if (!changed.checked) return;
  for (const box of checkedBoxes(other)) if (box.value === changed.value) box.checked = false;
}

/** Options of {@link showFields}. */
export interface FieldsOptions {
  readonly modalities: readonly Modality[];
  /** The texts that describe the scene, by modality: the fields' initial values. */
  readonly ofScene: ReadonlyMap<string, string>;
  /** The picture that boxes and people are edited over. */
  readonly picture: () => RgbImage;
}

/** Shows a field for every input whose value can be edited, and its editor. */
export function showFields({ inputs, texts }: State, { modalities, ofScene, picture }: FieldsOptions): void {
  const fields = inputs.flatMap((name) => {
    const text = texts[name] ?? ofScene.get(name);
    const modality = modalities.find((modality) => modality.name === name);
    if (text === undefined || !modality) return [];
    const field = element('textarea', { name, rows: Math.min(4, Math.ceil(text.length / 34)), value: text });
    const label = element('label', { className: 'block', textContent: `${name} ` });
    label.append(field);
    // The text format of people is this page's own; no model reads it.
    label.hidden = modality.about.kind === 'poses';
    const editor = editorFor(field, modality, picture);
    return editor ? [label, editor] : [label];
  });
  byId('texts').replaceChildren(...fields);
}

/**
 * The inputs, outputs and texts that the form shows.
 *
 * @param ofScene the fields' initial values, which are not written to the address
 */
export function readChoices(ofScene: ReadonlyMap<string, string>): Pick<State, 'inputs' | 'outputs' | 'texts'> {
  const names = (id: string) => checkedBoxes(id).map(({ value }) => value);
  const inputs = names('inputs');
  const fields = Array.from(byId('texts').querySelectorAll('textarea'), ({ name, value }) => [name, value] as const);
  const edited = fields.filter(([name, value]) => inputs.includes(name) && value !== ofScene.get(name));
  return { inputs, outputs: names('outputs'), texts: Object.fromEntries(edited) };
}

function checkedBoxes(id: string): HTMLInputElement[] {
  return Array.from(byId(id).querySelectorAll('input')).filter(({ checked }) => checked);
}
