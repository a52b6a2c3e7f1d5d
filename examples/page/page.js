// A model in a worker: the page draws every frame while it generates.
import { CancelledError, cacheSize, clearCache, loadModelInWorker } from 'fourm/client';

const element = (id) => document.getElementById(id);
const PHASES = {
  reading: 'reading',
  loading: 'loading the model',
  'warming up': 'warming up, for the first time only:',
  generating: 'generating',
  detokenizing: 'drawing',
};

function show({ phase, modality = '', share, secondsLeft }) {
  element('bar').value = share;
  const left = secondsLeft === undefined ? '' : `, ${Math.ceil(secondsLeft)} s left`;
  element('status').value = `${PHASES[phase]} ${modality}${left}`;
}

async function draw(model, caption, signal) {
  const results = await model.generate({ caption }, { to: ['semseg', 'rgb', 'depth'], signal, onProgress: show });
  for (const [name, picture] of Object.entries(results)) {
    const shown = element(name);
    URL.revokeObjectURL(shown.src);
    shown.src = URL.createObjectURL(new Blob([picture.toPng()], { type: 'image/png' }));
  }
}

/** Shows once a second how many frames were drawn, and how long the longest one took. */
function countFrames() {
  let [count, longest, since, last] = [0, 0, performance.now(), performance.now()];
  const frame = () => {
    const now = performance.now();
    count++;
    longest = Math.max(longest, now - last);
    last = now;
    if (now - since >= 1000) {
      const rate = (1000 * count) / (now - since);
      element('frames').textContent = `${rate.toFixed(0)} frames a second; the longest took ${longest.toFixed(0)} ms`;
      [count, longest, since] = [0, 0, now];
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

/** Shows how much of what was downloaded is kept, so that it need not be downloaded again. */
async function showKept() {
  element('kept').value = `${((await cacheSize()) / 1e6).toFixed(1)} MB`;
}

element('clear').addEventListener('click', async () => {
  await clearCache();
  await showKept();
});

countFrames();
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
const backend = new URLSearchParams(location.search).get('backend') ?? 'auto';
const model = await loadModelInWorker(worker, './models/toybox/', { backend, wasmPath: './wasm/' });
element('status').value = `${model.name} computes with ${model.backend.name}: ${model.backend.description}`;
element('draw').disabled = false;
await showKept();

element('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const stop = new AbortController();
  element('stop').onclick = () => stop.abort();
  element('draw').disabled = true;
  element('stop').disabled = false;
  try {
    await draw(model, element('text').value, stop.signal);
    element('status').value = 'done';
  } catch (error) {
    element('status').value = error instanceof CancelledError ? 'stopped' : error.message;
  }
  element('draw').disabled = false;
  element('stop').disabled = true;
  await showKept();
});
