/** Runs the model, reads folders of this device, and foretells what requests fetch. */
import '../../src/worker/script.js';
import { fetchFromFolder } from './models/disk-folder.js';
import { DownloadPlan } from './models/plan.js';
import type { Foretell, Foretold, OpenFolder } from './models/worker-messages.js';

/** The plan of the model that was asked about last, and its questions one after the other. */
let plan: { readonly id: string; readonly of: DownloadPlan } | undefined;
let last: Promise<unknown> = Promise.resolve();

async function answer({ model, inputs, request }: Foretell): Promise<Foretold> {
  try {
    if (plan?.id !== model.id) plan = { id: model.id, of: new DownloadPlan(model) };
    return { parts: await plan.of.of(inputs, request) };
  } catch (error) {
    plan = undefined;
    return { problem: (error as Error).message };
  }
}

addEventListener('message', ({ data }: MessageEvent<Partial<OpenFolder & Foretell>>) => {
  if (data.folder) globalThis.fetch = fetchFromFolder(data.folder, globalThis.fetch.bind(globalThis));
  if (!data.foretell) return;
  const asked = data as Foretell;
  last = last.then(async () => asked.foretell.postMessage(await answer(asked)));
});
