/** Messages from the page to its worker, besides the protocol of `src/worker`. */
import type { HostInputs } from '../../../src/client.js';
import type { RequestOptions } from '../request.js';
import type { FolderFiles } from './disk-folder.js';
import type { FilePart, PlannedModel } from './plan.js';

/** Serve a local folder. Sent before a model in it is loaded. */
export interface OpenFolder {
  readonly folder: FolderFiles;
}

/** Compute the downloads of a request, and send them to a port. */
export interface PlanDownloads {
  readonly reply: MessagePort;
  readonly model: PlannedModel;
  readonly inputs: HostInputs;
  readonly request: RequestOptions;
}

/** The reply to {@link PlanDownloads}; an error as a sentence. */
export type DownloadReply = { readonly parts: readonly FilePart[] } | { readonly problem: string };

/** The downloads of a request to a model in a worker. @throws Error with the reason if they cannot be computed */
export function planDownloads(worker: Worker, request: Omit<PlanDownloads, 'reply'>): Promise<readonly FilePart[]> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve, reject) => {
    port1.onmessage = ({ data }: MessageEvent<DownloadReply>) => {
      port1.close();
      if ('parts' in data) resolve(data.parts);
      else reject(new Error(data.problem));
    };
    worker.postMessage({ reply: port2, ...request } satisfies PlanDownloads, [port2]);
  });
}
