/** The form of a training sample's masks. */
import { byId, element } from './dom.js';
import { BUDGETS, componentName, type MaskSource, mixtureOf, showMasks } from './masks.js';
import { MAX_SEED } from './state.js';

const details = byId<HTMLDetailsElement>('masks');
const form = byId<HTMLFormElement>('masks-form');
const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement;

/**
 * Draws masks when the form is opened, changed or sent; sending takes the next seed.
 *
 * @param source the scene as it is now
 * @returns       draws them again, for another scene
 */
export function listenForMasks(source: () => Promise<MaskSource>, onError: (error: unknown) => void): () => void {
  const draw = () => {
    drawMasks(source).catch(onError);
  };
  field('inputs').value = String(BUDGETS.inputs);
  field('targets').value = String(BUDGETS.targets);
  field('seed').value = '0';
  details.addEventListener('toggle', draw);
  form.addEventListener('input', draw);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    field('seed').value = String((field('seed').valueAsNumber + 1) % (MAX_SEED + 1));
    draw();
  });
  return draw;
}

async function drawMasks(source: () => Promise<MaskSource>): Promise<void> {
  if (!details.open || !form.checkValidity()) return;
  const known = await source();
  const component = field('component') as unknown as HTMLSelectElement;
  if (component.options.length === 0) {
    const options = mixtureOf(known.infos).map((each, i) => {
      return element('option', { value: String(i), textContent: `${componentName(each)} (weight ${each.weight})` });
    });
    component.append(element('option', { value: '', textContent: 'drawn by weight' }), ...options);
  }
  showMasks(byId('masks-drawn'), known, {
    component: component.value === '' ? undefined : Number(component.value),
    inputs: field('inputs').valueAsNumber,
    targets: field('targets').valueAsNumber,
    seed: field('seed').valueAsNumber,
  });
}
