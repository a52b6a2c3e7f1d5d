/** The form's choices of inputs and outputs, and the texts of inputs. */
import { byId, element } from './dom.js';
import type { Modality } from './package.js';
import type { State } from './state.js';
import { swatchesOf } from './swatches.js';

/** @param canGive whether a modality can be an input now */
export function showChoices(
  state: State,
  modalities: readonly Modality[],
  canGive: (modality: Modality) => boolean,
): void {
  const list = (id: string, chosen: readonly string[], isEnabled: (modality: Modality) => boolean) => {
    const legend = byId(id).querySelector('legend')!;
    const choices = modalities.filter(isEnabled).map(({ name }) => {
      const label = element('label', { className: 'choice' });
      const box = element('input', { type: 'checkbox', value: name, checked: chosen.includes(name) });
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
  for (const box of chosen(other)) if (box.value === changed.value) box.checked = false;
}

/** Shows a field for every input whose text can be edited. @param own the texts of the scene, by modality */
export function showTexts(
  { inputs, texts }: State,
  modalities: readonly Modality[],
  own: ReadonlyMap<string, string>,
): void {
  const fields = inputs.flatMap((name) => {
    const text = texts[name] ?? own.get(name);
    if (text === undefined) return [];
    const label = element('label', { className: 'block', textContent: `${name} ` });
    const field = element('textarea', { name, rows: Math.min(4, Math.ceil(text.length / 34)), value: text });
    label.append(field);
    const isPalette = modalities.some((modality) => modality.name === name && modality.about.kind === 'palette');
    return isPalette ? [label, swatchesOf(field)] : [label];
  });
  byId('texts').replaceChildren(...fields);
}

/** The inputs, outputs and texts that the form shows. @param own the texts of the scene, which are not written to the address */
export function readChoices(own: ReadonlyMap<string, string>): Pick<State, 'inputs' | 'outputs' | 'texts'> {
  const names = (id: string) => chosen(id).map(({ value }) => value);
  const inputs = names('inputs');
  const fields = Array.from(byId('texts').querySelectorAll('textarea'), ({ name, value }) => [name, value] as const);
  const edited = fields.filter(([name, value]) => inputs.includes(name) && value !== own.get(name));
  return { inputs, outputs: names('outputs'), texts: Object.fromEntries(edited) };
}

function chosen(id: string): HTMLInputElement[] {
  return Array.from(byId(id).querySelectorAll('input')).filter(({ checked }) => checked);
}
