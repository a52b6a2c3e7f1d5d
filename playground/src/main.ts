/** The page: connects the form, the worker and the outputs. */
import './style.css';
import {
  CancelledError,
  type HostInputs,
  loadModelInWorker,
  type RemoteModel,
  type RgbImage,
} from '../../src/client.js';
import type { WordPiece } from '../../src/tokenizers/text/word-piece.js';
import { decodeCode } from './codes.js';
import { keepApart, readChoices, showChoices, showTexts } from './controls.js';
import { byId, element } from './dom.js';
import { drawStrokes, listenForStrokes } from './drawing.js';
import { record } from './generation.js';
import type { MaskSource } from './masks.js';
import { listenForMasks } from './masks-form.js';
import { fetchPackage, loadVocabulary, type Modality, type Package } from './package.js';
import { greyPicture, picture, pixelsShown, showFile, showScene } from './picture.js';
import { Recording } from './recording.js';
import { codeOf, optionsOf, plannedOutputs } from './request.js';
import { type OnToken, type ShowStep, showResults } from './results.js';
import { hasPeople, renderScene, scenePicture, sceneText, sceneValue } from './scene.js';
import { drawSchedule } from './schedule.js';
import { SettingsForm } from './settings-form.js';
import { readState, type Settings, type State, writeState } from './state.js';
import type { View } from './token-grid.js';
import { TokenPanel } from './token-panel.js';

const MODEL = new URL('models/toybox/', document.baseURI).href;
const WASM = new URL('wasm/', document.baseURI).href;

const form = byId<HTMLFormElement>('controls');
const slider = byId<HTMLInputElement>('step');
const first = new SettingsForm(byId('first'), () => settingsChanged());
const second = new SettingsForm(byId('second'), () => settingsChanged());

const tokenPanel = new TokenPanel(byId('token-panel'), (name, id, signal) =>
  decodeCode(model, modalityOf(name), id, signal),
);

const opened = location.hash;
let state: State = readState(opened);
let scene = renderScene(state.scene, false);
let upload: File | undefined;
let about: Package;
let model: RemoteModel;
let recordings: readonly Recording[] = [];
let showStep: ShowStep = () => {};
let running = new AbortController();
let vocabulary: Promise<WordPiece> | undefined;
let redrawMasks = () => {};

function tell(text: string, failed = false): void {
  const status = byId('status');
  status.textContent = text;
  status.classList.toggle('failed', failed);
}

/** An error as a sentence. */
function tellError(error: unknown): void {
  const { message } = error as Error;
  tell(`${message[0]?.toUpperCase()}${message.slice(1)}${/[.?!]$/.test(message) ? '' : '.'}`, true);
}

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

function settingsOf({ settings, second }: State): Settings[] {
  return second ? [settings, second] : [settings];
}

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
  showTexts(state, sceneTexts());
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
    backend: model?.backend.name ?? 'auto',
    people: hasPeople(about.modalities),
    uploaded: upload !== undefined || Boolean(state.strokes),
  });
}

function goTo(step: number): void {
  slider.value = String(step);
  const [steps = []] = recordings.map((recording) => recording.steps);
  const last = steps[step - 1];
  byId('step-text').textContent =
    recordings.length > 0 ? `${step} of ${slider.max}${last ? `: ${last.modality}, ${last.count}` : ''}` : '–';
  showStep(step, byId<HTMLSelectElement>('view').value as View);
  byId('schedules')
    .querySelectorAll('canvas')
    .forEach((canvas, i) => {
      drawSchedule(canvas, recordings[i]?.steps ?? [], step);
    });
}

function showSchedules(count: number): void {
  const canvases = Array.from({ length: count }, () => {
    const canvas = element('canvas', { width: 640, height: 48 });
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', 'Tokens of each step');
    return canvas;
  });
  byId('schedules').replaceChildren(...canvases);
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

/** What the masks of a training sample are drawn from. */
async function maskSource(): Promise<MaskSource> {
  vocabulary ??= loadVocabulary(about.text);
  const named = (modality: string) =>
    about.modalities.find(({ about }) => about.tokens === modality || ('pixels' in about && about.pixels === modality));
  return {
    infos: about.infos,
    vocabulary: await vocabulary,
    textOf: (modality) => named(modality) && sceneText(scene, named(modality)!),
    pictureOf: (modality) => named(modality) && scenePicture(scene, named(modality)!),
  };
}

/** Follows recordings as they grow: new cards for new modalities, and the last step. */
function follow(): () => void {
  let shown = '';
  return () => {
    const modalities = recordings.map((recording) => recording.modalities.join()).join(';');
    if (modalities !== shown) {
      shown = modalities;
      showStep = showResults(byId('results'), {
        package: about,
        recordings,
        picture: state.inputs.includes('rgb') ? pixelsShown() : greyPicture(),
        onToken: showToken,
      });
    }
    const length = Math.max(...recordings.map(({ steps }) => steps.length));
    slider.max = String(length);
    slider.disabled = length === 0;
    goTo(length);
  };
}

async function generate(): Promise<void> {
  if (!form.reportValidity()) return;
  changed();
  const requests = settingsOf(state).map((own) =>
    optionsOf(state, own, plannedOutputs(about, state, own), sceneValueOf),
  );
  recordings = requests.map(() => new Recording(state.outputs));
  showSchedules(requests.length);
  tokenPanel.clear();
  const onRecorded = follow();
  running = new AbortController();
  tell('Reading the inputs.');
  byId<HTMLButtonElement>('generate').disabled = true;
  byId<HTMLButtonElement>('stop').disabled = false;
  try {
    const inputs = inputsOf(state);
    for (const [i, request] of requests.entries()) {
      await record(model, inputs, request, recordings[i]!, {
        signal: running.signal,
        onRecorded,
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
    showTexts(state, sceneTexts());
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
  slider.addEventListener('input', () => goTo(slider.valueAsNumber));
  byId('view').addEventListener('change', () => goTo(slider.valueAsNumber));
  byId('copy').addEventListener('click', () =>
    navigator.clipboard.writeText(byId('code').querySelector('code')!.textContent),
  );
  redrawMasks = listenForMasks(maskSource, tellError);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => goTo(slider.valueAsNumber));
}

/** Opens what the address holds, loads the model in a worker, and generates at once if the address has a request. */
async function start(): Promise<void> {
  about = await fetchPackage(MODEL);
  openScene();
  const known = (names: readonly string[]) => names.filter((name) => about.modalities.some((own) => own.name === name));
  state = { ...state, inputs: known(state.inputs), outputs: known(state.outputs) };
  showSchedules(1);
  showState();
  listen();
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const asked = new URLSearchParams(location.search).get('backend');
  const backend = (['webgpu', 'wasm'] as const).find((name) => name === asked) ?? 'auto';
  model = await loadModelInWorker(worker, MODEL, { backend, wasmPath: WASM });
  byId('model').textContent = `${model.name}: ${model.modalities.length} modalities, on ${model.backend.description}.`;
  byId<HTMLButtonElement>('generate').disabled = false;
  changed();
  if (opened) await generate();
}

start().catch(tellError);
