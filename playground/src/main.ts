/** The page: connects the form, the worker and the outputs. */
import './style.css';
import {
  CancelledError,
  type HostInputs,
  loadModelInWorker,
  type RemoteModel,
  type RgbImage,
  type WorkerLoadOptions,
} from '../../src/client.js';
import { decodeCode } from './codes.js';
import { keepApart, readChoices, showChoices, showTexts } from './controls.js';
import { byId } from './dom.js';
import { drawStrokes, listenForStrokes } from './drawing.js';
import { record } from './generation.js';
import { listenForMasks } from './masks-form.js';
import { type LoadedModel, listenForModels } from './model-form.js';
import { fetchPackage, type Modality, type Package, packageOf } from './package.js';
import { greyPicture, picture, pixelsShown, showFile, showScene } from './picture.js';
import { Recording } from './recording.js';
import { codeOf, optionsOf, plannedOutputs } from './request.js';
import { type OnToken, showResults } from './results.js';
import { hasPeople, renderScene, scenePicture, sceneText, sceneValue } from './scene.js';
import { SettingsForm } from './settings-form.js';
import { readState, type Settings, type State, writeState } from './state.js';
import { tell, tellError } from './status.js';
import { Timeline } from './timeline.js';
import { type DecodeCode, TokenPanel } from './token-panel.js';

const MODEL = new URL('models/toybox/', document.baseURI).href;
const WASM = new URL('wasm/', document.baseURI).href;

const form = byId<HTMLFormElement>('controls');
const first = new SettingsForm(byId('first'), () => settingsChanged());
const second = new SettingsForm(byId('second'), () => settingsChanged());
const decode: DecodeCode = (name, id, signal) => decodeCode(model, modalityOf(name), id, signal);
const tokenPanel = new TokenPanel(byId('token-panel'), decode);

const opened = location.hash;
let state: State = readState(opened);
let scene = renderScene(state.scene, false);
let upload: File | undefined;
let about: Package;
let model: RemoteModel;
let modelId = 'toybox';
let modelWorker: Worker | undefined;
let running = new AbortController();
let redrawMasks = () => {};

function canGive(modality: Modality): boolean {
  const isText = sceneText(scene, modality) !== undefined;
  if (upload && !isText && modality.name !== 'rgb') return false;
  return sceneValue(scene, modality) !== undefined;
}

const modalityOf = (name: string) => about.modalities.find((modality) => modality.name === name)!;
const sceneValueOf = (name: string) => sceneValue(scene, modalityOf(name));

/** The texts of the scene, by modality. */
function sceneTexts(): Map<string, string> {
  const texts = about.modalities.map((modality) => [modality.name, sceneText(scene, modality)] as const);
  return new Map(texts.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function inputsOf({ inputs, texts, strokes }: State): HostInputs {
  const entries = inputs.map((name) => {
    if (texts[name] !== undefined) return [name, texts[name]] as const;
    if (name === 'rgb' && (upload || strokes)) return [name, strokes ? pixelsShown() : upload!] as const;
    return [name, sceneValueOf(name)!] as const;
  });
  return Object.fromEntries(entries);
}

const settingsOf = ({ settings, second }: State): Settings[] => (second ? [settings, second] : [settings]);

/** Renders the scene of the state. */
function openScene(): void {
  scene = renderScene(state.scene, hasPeople(about.modalities));
  upload = undefined;
  showScene(scene, state.strokes);
  redrawMasks();
}

function showSettings(): void {
  const isOutput = ({ name }: Modality) => state.outputs.includes(name);
  const choices = about.modalities
    .filter((modality) => canGive(modality) && !isOutput(modality))
    .map((modality) => {
      const text = sceneText(scene, modality);
      return { name: modality.name, ...(text !== undefined && { text }) };
    });
  first.show(state.settings, plannedOutputs(about, state, state.settings), choices);
  byId('second').hidden = state.second === undefined;
  byId('compare').textContent = state.second ? 'Compare no longer' : 'Compare with other settings';
  byId('second-title').hidden = state.second === undefined;
  if (state.second) second.show(state.second, plannedOutputs(about, state, state.second), choices);
}

function showState(): void {
  byId<HTMLInputElement>('scene').value = String(state.scene);
  showChoices(state, about.modalities, canGive);
  showTexts(state, about.modalities, sceneTexts());
  state = { ...state, ...readChoices(sceneTexts()) };
  showSettings();
  changed();
}

/** The settings have other fields now: conditions, or a second set of settings. */
function settingsChanged(): void {
  readForm();
  showSettings();
  changed();
}

function readForm(): void {
  const { second: _, ...rest } = state;
  state = {
    ...rest,
    ...readChoices(sceneTexts()),
    settings: first.read(),
    ...(state.second && { second: second.read() }),
  };
}

/** Reads the form, and updates the address and the code. */
function changed(): void {
  if (!form.checkValidity()) return;
  readForm();
  history.replaceState(null, '', writeState(state));
  const requests = settingsOf(state).map((own) =>
    optionsOf(state, own, plannedOutputs(about, state, own), sceneValueOf),
  );
  byId('code').querySelector('code')!.textContent = codeOf(state, inputsOf(state), requests, {
    id: modelId,
    backend: model?.backend.name ?? 'auto',
    people: hasPeople(about.modalities),
    uploaded: upload !== undefined || Boolean(state.strokes),
  });
}

/** The picture of a modality that a token attends to: as it was given, or as it was generated. */
function attendedPicture(name: string, recording: Recording): RgbImage | undefined {
  if (name === 'rgb' && state.inputs.includes('rgb')) return pixelsShown();
  const result = recording.results[name];
  if (result?.kind === 'image') return result.toImage();
  return state.inputs.includes(name) ? scenePicture(scene, modalityOf(name)) : undefined;
}

const showToken: OnToken = (what, name, token, recording) => {
  byId('token').textContent = what;
  tokenPanel.show(modalityOf(name), token, (modality) => ({
    grid: modalityOf(modality).grid,
    picture: attendedPicture(modality, recording),
  }));
};

const timeline = new Timeline((recordings) =>
  showResults(byId('results'), {
    package: about,
    recordings,
    picture: state.inputs.includes('rgb') ? pixelsShown() : greyPicture(),
    onToken: showToken,
  }),
);

async function generate(): Promise<void> {
  if (!form.reportValidity()) return;
  changed();
  const requests = settingsOf(state).map((own) =>
    optionsOf(state, own, plannedOutputs(about, state, own), sceneValueOf),
  );
  const recordings = requests.map(() => new Recording(state.outputs));
  timeline.begin(recordings);
  tokenPanel.clear();
  running = new AbortController();
  tell('Reading the inputs.');
  byId<HTMLButtonElement>('generate').disabled = true;
  byId<HTMLButtonElement>('stop').disabled = false;
  try {
    const inputs = inputsOf(state);
    for (const [i, request] of requests.entries()) {
      await record(model, inputs, request, recordings[i]!, {
        signal: running.signal,
        onRecorded: () => timeline.follow(),
        onProgress({ phase, modality = '', done, total, secondsLeft }) {
          const left = secondsLeft === undefined ? '' : `, ${Math.ceil(secondsLeft)} s left`;
          tell(`${phase} ${modality} ${phase === 'loading' ? '' : `${done} of ${total}`}${left}`);
        },
      });
    }
    const steps = recordings.map((recording) => recording.steps.length).join(' and ');
    tell(`Done, after ${steps} step${steps === '1' ? '' : 's'}. Move the slider to go back.`);
  } catch (error) {
    if (error instanceof CancelledError) tell('Stopped.');
    else tellError(error);
  } finally {
    byId<HTMLButtonElement>('generate').disabled = false;
    byId<HTMLButtonElement>('stop').disabled = true;
  }
}

async function openUpload(file: File): Promise<void> {
  await showFile(file);
  upload = file;
  state = { ...state, strokes: '', inputs: ['rgb'], outputs: state.outputs.filter((name) => name !== 'rgb') };
  showState();
}

function openSceneNumber(number: number): void {
  state = { ...state, texts: {}, strokes: '', scene: number };
  openScene();
  showState();
}

function listen(): void {
  form.addEventListener('input', ({ target }) => {
    const input = target as HTMLInputElement;
    if (input.id === 'upload') return;
    if (input.id === 'scene' && input.checkValidity() && input.value !== '')
      return openSceneNumber(input.valueAsNumber);
    if (input.type !== 'checkbox') return changed();
    keepApart(input);
    readForm();
    showTexts(state, about.modalities, sceneTexts());
    showSettings();
    changed();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    generate();
  });
  byId('next-scene').addEventListener('click', () => openSceneNumber((state.scene + 1) % 2 ** 32));
  byId('upload').addEventListener('change', ({ target }) => {
    const [file] = (target as HTMLInputElement).files ?? [];
    if (file) openUpload(file).catch(tellError);
  });
  byId('compare').addEventListener('click', () => {
    const { second, ...alone } = state;
    state = second ? alone : { ...alone, second: { ...state.settings, seed: (state.settings.seed + 1) % 2 ** 32 } };
    showSettings();
    changed();
  });
  listenForStrokes(picture, (point, begins) => {
    const { strokes = '' } = state;
    const colour = byId<HTMLInputElement>('pen').value.slice(1);
    state = { ...state, strokes: begins ? `${strokes && `${strokes};`}${colour}:${point}` : `${strokes},${point}` };
    drawStrokes(picture, state.strokes!);
    changed();
  });
  byId('clear').addEventListener('click', () => {
    state = { ...state, strokes: '' };
    openScene();
    showState();
  });
  byId('stop').addEventListener('click', () => running.abort());
  byId('copy').addEventListener('click', () =>
    navigator.clipboard.writeText(byId('code').querySelector('code')!.textContent),
  );
  redrawMasks = listenForMasks(() => ({ about, scene }));
}

/** Opens what the address holds, loads the model in a worker, and generates at once if the address has a request. */
async function start(): Promise<void> {
  about = await fetchPackage(MODEL);
  openScene();
  keepKnown();
  showState();
  listen();
  const newWorker = () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const asked = new URLSearchParams(location.search).get('backend');
  const backend = (['webgpu', 'wasm'] as const).find((name) => name === asked) ?? 'auto';
  const options: WorkerLoadOptions = { backend, wasmPath: WASM };
  listenForModels(options, newWorker, (loaded) => useModel(loaded, packageOf(loaded.model)), tellError);
  const worker = newWorker();
  useModel({ model: await loadModelInWorker(worker, MODEL, options), id: 'toybox', worker }, about);
  if (opened) await generate();
}

/** Generates with a model from now on. */
function useModel(loaded: LoadedModel, described: Package): void {
  modelWorker?.terminate();
  [model, modelId, modelWorker, about] = [loaded.model, loaded.id, loaded.worker, described];
  timeline.begin([]);
  tokenPanel.clear();
  byId('masks').hidden = about.text === undefined;
  const { name, modalities, backend } = model;
  byId('model').textContent = `${name}: ${modalities.length} modalities, on ${backend.description}.`;
  byId<HTMLButtonElement>('generate').disabled = false;
  keepKnown();
  // Scenes have people if the model knows them.
  if (!upload) openScene();
  showState();
}

/** Leaves out the inputs and outputs of the state that the model does not have. */
function keepKnown(): void {
  const known = (names: readonly string[]) => names.filter((name) => about.modalities.some((own) => own.name === name));
  state = { ...state, inputs: known(state.inputs), outputs: known(state.outputs) };
}

start().catch(tellError);
