/** Runs vectors with a bundle of the implementation. `referenceData` of the thread's data is the folder with the vocabulary. */
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../../backends/index.js';
import type { runTask } from '../../adapters/typescript/implementation.js';
import { findVectors } from '../../harness/find-vectors.js';
import { runVector } from '../../harness/judge.js';
import type { Vector } from '../../harness/vector.js';
import { REACHED } from './instrument.js';
import type { TrialReply, TrialRequest } from './protocol.js';

// A bundle registers the same kernels again.
console.warn = () => {};
const { referenceData } = workerData as { readonly referenceData: string | undefined };
const opened = await Promise.all(
  findVectors(fileURLToPath(new URL('../../vectors', import.meta.url))).map((place) => place.open()),
);
const vectors = new Map<string, Vector>(opened.map((vector) => [vector.name, vector]));
let reached = new Set<number>();
(globalThis as Record<string, unknown>)[REACHED] = (index: number) => reached.add(index);

parentPort!.on('message', async (request: TrialRequest) => parentPort!.postMessage(await answer(request)));
parentPort!.postMessage('ready');

async function answer({ bundle, trials }: TrialRequest): Promise<TrialReply> {
  const start = performance.now();
  reached = new Set();
  let [passed, reason]: [number, string | undefined] = [0, undefined];
  try {
    const implementation = (await import(bundle)) as { runTask: typeof runTask };
    for (const { vector: name, backend } of trials) {
      if (tf.getBackend() !== backend) await useBackend(backend);
      const vector = vectors.get(name)!;
      const outcome = await runVector(vector, {
        name: 'mutant',
        run: (task) => implementation.runTask(task, referenceData),
        close: async () => {},
      });
      vector.forget();
      if (outcome.status !== 'pass') reason = `${outcome.status} ${name} on ${backend}: ${outcome.reason}`;
      if (reason !== undefined) break;
      passed++;
    }
  } catch (error) {
    reason = `does not start: ${(error as Error).message}`;
  }
  return {
    passed,
    ...(reason !== undefined && { reason }),
    milliseconds: performance.now() - start,
    reached: [...reached],
  };
}
