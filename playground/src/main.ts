/** The page: connects the form, the worker and the outputs. */
import './style.css';
import {
  CancelledError,
  type HostInputs,
  loadModelInWorker,
  type RemoteModel,
  type Result,
  type RgbImage,
} from '../../src/client.js';
import { keepApart, readControls, showChoices, showSettings, showTexts } from './controls.js';
import { byId } from './dom.js';
import { drawStrokes, listenForStrokes } from './drawing.js';
import { fetchPackage, type Modality, type Package } from './package.js';
import { Recording } from './recording.js';
import { codeOf, conditionsOf, decodingOf } from './request.js';
import { type ShowStep, showResults } from './results.js';
import { renderScene, sceneText, sceneValue } from './scene.js';
import { drawSchedule } from './schedule.js';
import { readState, type State, writeState } from './state.js';
import { pictureCanvas, type View } from './token-grid.js';

const MODEL = new URL('models/toybox/', document.baseURI).href;
const WASM = new URL('wasm/', document.baseURI).href;

const form = byId<HTMLFormElement>('controls');
const slider = byId<HTMLInputElement>('step');
const schedule = byId<HTMLCanvasElement>('schedule');

const opened = location.hash;
let state: State = readState(opened);
let scene = renderScene(state.scene);
let upload: File | undefined;
let about: Package;
let model: RemoteModel;
let recording: Recording | undefined;
let showStep: ShowStep = () => {};
let running = new AbortController();

function tell(text: string, failed = false): void {
  const status = byId('status');
  status.textContent = text;
  status.classList.toggle('failed', failed);
}

/** The picture beside the form; plain grey if the model was not given it. */
function shownPicture(): RgbImage {
  const { width, height } = byId<HTMLCanvasElement>('picture');
  const data = new Uint8Array(3 * width * height).fill(127);
  if (state.inputs.includes('rgb')) {
    const pixels = byId<HTMLCanvasElement>('picture').getContext('2d')!.getImageData(0, 0, width, height).data;
    for (let i = 0; i < width * height; i++) data.set(pixels.subarray(4 * i, 4 * i + 3), 3 * i);
  }
  return { width, height, channels: 3, data };
}

/** An error as a sentence. */
function tellError(error: unknown): void {
  const { message } = error as Error;
  tell(`${message[0]?.toUpperCase()}${message.slice(1)}${/[.?!]$/.test(message) ? '' : '.'}`, true);
}

function canGive(modality: Modality): boolean {
  const isText = modality.kind === 'text' || modality.kind === 'embeddings';
  if (upload && !isText && modality.name !== 'rgb') return false;
  return sceneValue(scene, modality) !== undefined;
}

/** The texts of the scene, by modality. */
function sceneTexts(): Map<string, string> {
  const texts = about.modalities.map((modality) => [modality.name, sceneText(scene, modality)] as const);
  return new Map(texts.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function inputsOf({ inputs, texts, strokes }: State): HostInputs {
  const entries = inputs.map((name) => {
    const modality = about.modalities.find((modality) => modality.name === name)!;
    if (texts[name] !== undefined) return [name, texts[name]] as const;
    if (name === 'rgb' && (upload || strokes)) return [name, strokes ? shownPicture() : upload!] as const;
    return [name, sceneValue(scene, modality)!] as const;
  });
  return Object.fromEntries(entries);
}

/** Renders the scene of the state. */
function openScene(): void {
  scene = renderScene(state.scene);
  upload = undefined;
  const picture = byId<HTMLCanvasElement>('picture');
  picture.getContext('2d')!.drawImage(pictureCanvas(scene.rgb), 0, 0);
  drawStrokes(picture, state.strokes ?? '');
  picture.setAttribute('aria-label', `Scene ${state.scene}: ${scene.caption}`);
  byId('picture-note').textContent = 'A procedural scene, rendered here.';
}

function showState(): void {
  showSettings(state);
  showChoices(state, about.modalities, canGive);
  showTexts(state, sceneTexts());
  changed();
}

/** Reads the form, and updates the address and the code. */
function changed(): void {
  if (!form.checkValidity()) return;
  const { strokes } = state;
  state = { ...readControls(sceneTexts()), ...(strokes && { strokes }) };
  history.replaceState(null, '', writeState(state));
  const decoding = decodingOf(state, about.modalities);
  byId('code').querySelector('code')!.textContent = codeOf(
    state,
    decoding,
    conditionsOf(state, about.modalities),
    inputsOf(state),
    upload !== undefined || state.strokes !== undefined,
  );
}

function goTo(step: number): void {
  slider.value = String(step);
  const last = recording?.steps[step - 1];
  byId('step-text').textContent = recording
    ? `${step} of ${recording.steps.length}${last ? `: ${last.modality}, ${last.count}` : ''}`
    : '–';
  showStep(step, byId<HTMLSelectElement>('view').value as View);
  drawSchedule(schedule, recording?.steps ?? [], step);
}

async function generate(): Promise<void> {
  changed();
  const { seed, other, outputs } = state;
  const seeds = other === undefined ? [seed] : [seed, other];
  const own = new Recording(outputs, seeds.length);
  recording = own;
  let shown = '';
  const follow = () => {
    if (own.modalities.join() !== shown) {
      shown = own.modalities.join();
      const onToken = (text: string) => {
        byId('token').textContent = text;
      };
      showStep = showResults(byId('results'), {
        package: about,
        recording: own,
        seeds,
        picture: shownPicture(),
        onToken,
      });
    }
    slider.max = String(own.steps.length);
    slider.disabled = own.steps.length === 0;
    goTo(own.steps.length);
  };
  running = new AbortController();
  byId<HTMLButtonElement>('generate').disabled = true;
  byId<HTMLButtonElement>('stop').disabled = false;
  try {
    const inputs = inputsOf(state);
    const samples = seeds.map(() => inputs);
    const results = await model.generateMany(samples, {
      to: outputs,
      seed: seeds,
      decoding: decodingOf(state, about.modalities),
      conditions: conditionsOf(state, about.modalities),
      signal: running.signal,
      onTokens(tokens) {
        own.add(tokens);
        follow();
      },
      onProgress({ phase, modality = '', done, total, secondsLeft }) {
        const left = secondsLeft === undefined ? '' : `, ${Math.ceil(secondsLeft)} s left`;
        tell(`${phase} ${modality} ${phase === 'loading' ? '' : `${done} of ${total}`}${left}`);
      },
    });
    own.results = await withIntermediate(own, results, running.signal);
    follow();
    tell(`Done, after ${own.steps.length} step${own.steps.length === 1 ? '' : 's'}. Move the slider to go back.`);
  } catch (error) {
    if (error instanceof CancelledError) tell('Stopped.');
    else tellError(error);
  } finally {
    byId<HTMLButtonElement>('generate').disabled = false;
    byId<HTMLButtonElement>('stop').disabled = true;
  }
}

/** Adds the images that were generated before an output without being one, such as the classes before a picture. */
async function withIntermediate(
  own: Recording,
  results: readonly Readonly<Record<string, Result>>[],
  signal: AbortSignal,
): Promise<Readonly<Record<string, Result>>[]> {
  const all = results.map((result) => ({ ...result }));
  for (const name of own.modalities.filter((name) => !own.outputs.includes(name))) {
    const images = await model.reconstruct(
      name,
      all.map((_, sample) => ({ tokens: own.ids(sample, name) })),
      { signal },
    );
    for (const [sample, image] of images.entries()) all[sample]![name] = image;
  }
  return all;
}

async function openUpload(file: File): Promise<void> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`'${file.name}' is not a picture that this browser can read; PNG and JPEG are read.`);
  });
  const side = Math.min(bitmap.width, bitmap.height);
  const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2];
  const picture = byId<HTMLCanvasElement>('picture');
  picture.getContext('2d')!.drawImage(bitmap, left, top, side, side, 0, 0, picture.width, picture.height);
  picture.setAttribute('aria-label', `The picture ${file.name}`);
  byId('picture-note').textContent = `${file.name}. It stays on this device. The model knows toybox scenes alone.`;
  upload = file;
  state = { ...state, strokes: '', inputs: ['rgb'], outputs: state.outputs.filter((name) => name !== 'rgb') };
  showState();
}

function listen(): void {
  form.addEventListener('input', ({ target }) => {
    const input = target as HTMLInputElement;
    if (input.id === 'upload') return;
    if (input.type === 'checkbox') keepApart(input);
    if (input.id === 'scene' && input.checkValidity() && input.value !== '') {
      state = { ...state, strokes: '', scene: input.valueAsNumber };
      openScene();
      state = { ...state, texts: {} };
      showState();
      return;
    }
    changed();
    if (input.type === 'checkbox') showTexts(state, sceneTexts());
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    generate();
  });
  byId('next-scene').addEventListener('click', () => {
    state = { ...state, texts: {}, strokes: '', scene: (state.scene + 1) % 2 ** 32 };
    openScene();
    showState();
  });
  byId('upload').addEventListener('change', ({ target }) => {
    const [file] = (target as HTMLInputElement).files ?? [];
    if (file) openUpload(file).catch(tellError);
  });
  const picture = byId<HTMLCanvasElement>('picture');
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
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => goTo(slider.valueAsNumber));
}

/** Opens what the address holds, loads the model in a worker, and generates at once if the address has a request. */
async function start(): Promise<void> {
  openScene();
  about = await fetchPackage(MODEL);
  const known = (names: readonly string[]) => names.filter((name) => about.modalities.some((own) => own.name === name));
  state = { ...state, inputs: known(state.inputs), outputs: known(state.outputs) };
  showState();
  listen();
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const asked = new URLSearchParams(location.search).get('backend');
  const backend = (['webgpu', 'wasm'] as const).find((name) => name === asked) ?? 'auto';
  model = await loadModelInWorker(worker, MODEL, { backend, wasmPath: WASM });
  byId('model').textContent = `${model.name}: ${model.modalities.length} modalities, on ${model.backend.description}.`;
  byId<HTMLButtonElement>('generate').disabled = false;
  if (opened) await generate();
}

start().catch(tellError);
