/** The page: connects the form, the worker and the outputs. */
import './style.css';
import type { WorkerLoadOptions } from '../../src/client.js';
import { byId } from './dom.js';
import { drawStrokes, listenForStrokes } from './drawing.js';
import { RequestForm } from './form.js';
import { listenForMasks } from './masks-form.js';
import { type LoadedModel, listenForModels, loadGiven } from './models/model-form.js';
import { fetchPackage, type Package, packageOf } from './package.js';
import { picture, showFile, showScene } from './picture.js';
import { Session } from './session.js';
import { Stage } from './stage.js';
import { MAX_SEED, readState } from './state.js';
import { showError } from './status.js';

const MODEL = new URL('models/toybox/', document.baseURI).href;
const WASM = new URL('wasm/', document.baseURI).href;

/** The parts of the page. */
interface Page {
  readonly session: Session;
  readonly form: RequestForm;
  readonly stage: Stage;
  /** Redraws the masks of the training sample, for another scene. */
  readonly redrawMasks: () => void;
}

/** Restores the state from the address, loads the model in a worker, and generates at once if the address has a request. */
async function start(): Promise<void> {
  const opened = location.hash;
  const about = await fetchPackage(MODEL);
  const session = new Session(readState(opened), about);
  const form = new RequestForm(session);
  const stage = new Stage(session);
  const page = { session, form, stage, redrawMasks: listenForMasks(() => session) };
  openScene(page);
  listen(page);
  const query = new URLSearchParams(location.search);
  const backend = (['webgpu', 'wasm'] as const).find((name) => name === query.get('backend')) ?? 'auto';
  const options: WorkerLoadOptions = { backend, wasmPath: WASM };
  const use = (loaded: LoadedModel) => useModel(page, loaded, packageOf(loaded.model));
  listenForModels(options, query.get('endpoint') ?? undefined, use, showError);
  useModel(page, await loadGiven({ id: MODEL, name: 'toybox', options: {} }, options), about);
  if (opened) await generate(page);
}

/** Renders the scene of the state, and shows it in the form. */
function openScene({ session, form, redrawMasks }: Page): void {
  session.openScene();
  showScene(session.scene, session.state.strokes);
  redrawMasks();
  form.show();
}

/** Switches to a model. */
function useModel(page: Page, loaded: LoadedModel, about: Package): void {
  const { session, form, stage } = page;
  session.use(loaded, about);
  stage.begin([]);
  byId('masks').hidden = about.text === undefined;
  const { name, modalities, backend } = loaded.model;
  byId('model').textContent = `${name}: ${modalities.length} modalities, on ${backend.description}.`;
  byId<HTMLButtonElement>('generate').disabled = false;
  if (session.upload) form.show();
  else openScene(page);
}

async function generate({ form, stage }: Page): Promise<void> {
  if (!form.isValid) return;
  form.changed();
  await stage.generate();
}

async function openUpload({ session, form }: Page, file: File): Promise<void> {
  await showFile(file);
  session.upload = file;
  const outputs = session.state.outputs.filter((name) => name !== 'rgb');
  session.state = { ...session.state, strokes: '', inputs: ['rgb'], outputs };
  form.show();
}

function openSceneNumber(page: Page, scene: number): void {
  page.session.state = { ...page.session.state, texts: {}, strokes: '', scene };
  openScene(page);
}

function listen(page: Page): void {
  const { session, form, stage } = page;
  const controls = byId<HTMLFormElement>('controls');
  controls.addEventListener('input', ({ target }) => {
    const input = target as HTMLInputElement;
    if (input.closest('#model-choice') || input.id === 'upload') return;
    if (input.id === 'scene' && input.checkValidity() && input.value !== '') {
      return openSceneNumber(page, input.valueAsNumber);
    }
    if (input.closest('.choice')) form.choiceChanged(input);
    else form.changed();
  });
  controls.addEventListener('submit', (event) => {
    event.preventDefault();
    generate(page);
  });
  byId('next-scene').addEventListener('click', () => openSceneNumber(page, (session.state.scene + 1) % (MAX_SEED + 1)));
  byId('upload').addEventListener('change', ({ target }) => {
    const [file] = (target as HTMLInputElement).files ?? [];
    if (file) openUpload(page, file).catch(showError);
  });
  byId('compare').addEventListener('click', () => {
    const { second, ...alone } = session.state;
    const { settings } = alone;
    session.state = second ? alone : { ...alone, second: { ...settings, seed: (settings.seed + 1) % (MAX_SEED + 1) } };
    form.showSettings();
    form.changed();
  });
  listenForStrokes(picture, (point, begins) => {
    const { strokes = '' } = session.state;
    const colour = byId<HTMLInputElement>('pen').value.slice(1);
    const drawn = begins ? `${strokes && `${strokes};`}${colour}:${point}` : `${strokes},${point}`;
    session.state = { ...session.state, strokes: drawn };
    drawStrokes(picture, drawn);
    form.changed();
  });
  byId('clear').addEventListener('click', () => {
    session.state = { ...session.state, strokes: '' };
    openScene(page);
  });
  byId('stop').addEventListener('click', () => stage.stop());
  byId('copy').addEventListener('click', () =>
    navigator.clipboard.writeText(byId('code').querySelector('code')!.textContent),
  );
}

start().catch(showError);
