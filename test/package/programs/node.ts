/** A program for Node, as in docs/node.md. */
import { Worker } from 'node:worker_threads';
import { loadModel, useBackend } from 'fourm';
import { loadModelInWorker } from 'fourm/client';
import { readFile, writeFileAtomic } from 'fourm/node';

export async function main(): Promise<void> {
  await useBackend('wasm', { threads: 2 });
  const model = await loadModel('toybox');
  const { rgb } = await model.generate({ caption: 'a red ball' }, { to: ['rgb'], seed: 7 });
  await writeFileAtomic('ball.png', rgb.toPng());
  const worker = new Worker(new URL(import.meta.resolve('fourm/worker')));
  const remote = await loadModelInWorker(worker, 'toybox');
  const { depth } = await remote.generate({ rgb: await readFile('ball.png') }, { to: ['depth'] });
  await writeFileAtomic('depth.png', depth.toPng());
}
