// A page that generates in itself and in a worker, and counts the frames that it draws meanwhile.
import { loadModel, toybox, useBackend } from 'fourm';
import { loadModelInWorker } from 'fourm/client';

/** Result and duration of a task, and frames drawn meanwhile: their number, and the longest time between two. In milliseconds. */
async function watched(work) {
  const start = performance.now();
  let [frames, longest, last, going] = [0, 0, start, true];
  const frame = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    frames++;
    if (going) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const result = await work();
  const took = performance.now() - start;
  going = false;
  await new Promise(requestAnimationFrame);
  return { ...result, frames, longest, took };
}

let inPage;
let inWorker;

/**
 * Starts the model in the page and in a worker.
 *
 * @param threads     that they compute with, where it is not for them to choose
 * @param relaxedSimd whether the page uses it; absent: where available
 */
globalThis.start = async (threads = {}, relaxedSimd) => {
  const wasmPath = new URL('/wasm/', location.href).href;
  const worker = new Worker('worker.js', { type: 'module' });
  const inBoth = { backend: 'wasm', wasmPath: '/wasm/', threads: threads.worker };
  inWorker = await loadModelInWorker(worker, '/models/toybox/', inBoth);
  const backend = await useBackend('wasm', { wasmPath, threads: threads.page, relaxedSimd });
  inPage = await loadModel(new URL('/models/toybox/', location.href).href);
  return { isolated: crossOriginIsolated, inPage: backend.description, inWorker: inWorker.backend.description };
};

/** Generates from several pictures at once, so that a step takes long. */
globalThis.generateIn = (where, count) => {
  const samples = Array.from({ length: count }, (_, i) => ({ rgb: toybox.toyboxSample(i).rgb }));
  const model = where === 'page' ? inPage : inWorker;
  return watched(async () => {
    const results = await model.generateMany(samples, { to: ['depth', 'caption'], seed: 1 });
    return { tokens: results.map(({ depth, caption }) => [...depth.tokens, ...caption.tokens]) };
  });
};
