/** The worker: runs the model, serves local folders, and computes the downloads of requests in advance. */
import '../../src/worker/script.js';
import { fetchFromFolder } from './models/disk-folder.js';
import { DownloadPlan } from './models/plan.js';
import type { DownloadReply, OpenFolder, PlanDownloads } from './models/worker-messages.js';

/** The plan of the last model, whose requests are queued. */
let plan: { readonly id: string; readonly of: DownloadPlan } | undefined;
let last: Promise<unknown> = Promise.resolve();

async function planned({ model, inputs, request }: PlanDownloads): Promise<DownloadReply> {
  try {
    if (plan?.id !== model.id) plan = { id: model.id, of: new DownloadPlan(model) };
    return { parts: await plan.of.of(inputs, request) };
  } catch (error) {
    plan = undefined;
    return { problem: (error as Error).message };
  }
}

addEventListener('message', ({ data }: MessageEvent<Partial<OpenFolder & PlanDownloads>>) => {
  if (data.folder) globalThis.fetch = fetchFromFolder(data.folder, globalThis.fetch.bind(globalThis));
  if (!data.reply) return;
  const message = data as PlanDownloads;
  last = last.then(async () => message.reply.postMessage(await planned(message)));
});
