/** The form of a training sample's masks. */
import type { WordPiece } from '../../src/tokenizers/text/word-piece.js';
import type { ToyboxSample } from '../../src/toybox/sample.js';
import { byId, element } from './dom.js';
import { BUDGETS, componentName, mixtureOf, showMasks } from './masks.js';
import { loadVocabulary, type Package } from './package.js';
import { scenePicture, sceneText } from './scene.js';
import { MAX_SEED } from './state.js';
import { showError } from './status.js';

const details = byId<HTMLDetailsElement>('masks');
const form = byId<HTMLFormElement>('masks-form');
const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement;

/** The model, whose modalities are masked, and the scene. */
export interface MaskedScene {
  readonly about: Package;
  readonly scene: ToyboxSample;
}

let vocabulary: Promise<WordPiece> | undefined;

/**
 * Draws masks when the form is opened, changed or submitted. Submitting uses the next seed.
 *
 * @param current the model and scene that are shown
 * @returns       redraws the masks, for another scene
 */
export function listenForMasks(current: () => MaskedScene): () => void {
  const draw = () => {
    drawMasks(current()).catch(showError);
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

async function drawMasks({ about, scene }: MaskedScene): Promise<void> {
  if (!details.open || !form.checkValidity() || about.text === undefined) return;
  const { infos } = about;
  vocabulary ??= loadVocabulary(about.text);
  const component = field('component') as unknown as HTMLSelectElement;
  if (component.options.length === 0) {
    const options = mixtureOf(infos).map((each, i) => {
      return element('option', { value: String(i), textContent: `${componentName(each)} (weight ${each.weight})` });
    });
    component.append(element('option', { value: '', textContent: 'drawn by weight' }), ...options);
  }
  const named = (modality: string) =>
    about.modalities.find(({ about }) => about.tokens === modality || ('pixels' in about && about.pixels === modality));
  const source = {
    infos,
    vocabulary: await vocabulary,
    textOf: (modality: string) => named(modality) && sceneText(scene, named(modality)!),
    pictureOf: (modality: string) => named(modality) && scenePicture(scene, named(modality)!),
  };
  showMasks(byId('masks-drawn'), source, {
    component: component.value === '' ? undefined : Number(component.value),
    inputs: field('inputs').valueAsNumber,
    targets: field('targets').valueAsNumber,
    seed: field('seed').valueAsNumber,
  });
}
