/** The form: shows a state, and reads one from it. */
import { byId, element } from './dom.js';
import type { Modality } from './package.js';
import type { State } from './state.js';

const SETTINGS = ['steps', 'temperature', 'topP', 'guidance', 'weight', 'other'] as const;

const field = (id: string) => byId<HTMLInputElement>(id);

/** @param canGive whether a modality can be an input now */
export function showChoices(state: State, modalities: readonly Modality[], canGive: (name: Modality) => boolean): void {
  const list = (id: string, chosen: readonly string[], isEnabled: (modality: Modality) => boolean) => {
    const legend = byId(id).querySelector('legend')!;
    const choices = modalities.map((modality) => {
      const { name } = modality;
      const box = element('input', { type: 'checkbox', value: name, checked: chosen.includes(name) });
      box.disabled = !isEnabled(modality);
      if (box.disabled) box.checked = false;
      const label = element('label', { className: 'choice' });
      label.append(box, element('span', { textContent: name }));
      label.hidden = box.disabled;
      return label;
    });
    byId(id).replaceChildren(legend, ...choices);
  };
  list('inputs', state.inputs, canGive);
  list('outputs', state.outputs, ({ kind }) => kind !== 'embeddings');
}

export function showSettings(state: State): void {
  field('scene').value = String(state.scene);
  field('seed').value = String(state.seed);
  field('condition').value = state.condition ?? '';
  for (const name of SETTINGS) field(name).value = state[name] === undefined ? '' : String(state[name]);
}

/** A modality cannot be both input and output: choosing one removes the other. @param changed a checkbox */
export function keepApart(changed: HTMLInputElement): void {
  const other = changed.closest('#inputs') ? 'outputs' : 'inputs';
  if (!changed.checked) return;
  for (const box of chosen(other)) if (box.value === changed.value) box.checked = false;
}

/** Shows a field for every input whose text can be edited. @param own the texts of the scene, by modality */
export function showTexts({ inputs, texts }: State, own: ReadonlyMap<string, string>): void {
  const fields = inputs.flatMap((name) => {
    const text = texts[name] ?? own.get(name);
    if (text === undefined) return [];
    const label = element('label', { className: 'block', textContent: `${name} ` });
    label.append(element('textarea', { name, rows: Math.min(4, Math.ceil(text.length / 34)), value: text }));
    return [label];
  });
  byId('texts').replaceChildren(...fields);
}

/** The state that the form shows. @param own the texts of the scene, which are not written to the address */
export function readControls(own: ReadonlyMap<string, string>): State {
  const names = (id: string) => chosen(id).map(({ value }) => value);
  const settings = SETTINGS.flatMap((name) => (field(name).value === '' ? [] : [[name, field(name).valueAsNumber]]));
  const inputs = names('inputs');
  const fields = Array.from(byId('texts').querySelectorAll('textarea'), ({ name, value }) => [name, value] as const);
  const edited = fields.filter(([name, value]) => inputs.includes(name) && value !== own.get(name));
  const condition = field('condition').value.trim();
  return {
    scene: field('scene').valueAsNumber,
    inputs,
    outputs: names('outputs'),
    seed: field('seed').valueAsNumber,
    texts: Object.fromEntries(edited),
    ...(condition && { condition }),
    ...Object.fromEntries(settings),
  };
}

function chosen(id: string): HTMLInputElement[] {
  return Array.from(byId(id).querySelectorAll('input')).filter(({ checked }) => checked);
}
