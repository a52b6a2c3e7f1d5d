/** What the page asks of its worker besides running a model. */
import type { HostInputs } from '../../../src/client.js';
import type { RequestOptions } from '../request.js';
import type { FolderFiles } from './disk-folder.js';
import type { FilePart, PlannedModel } from './plan.js';

/** A folder of this device is to be answered from. Sent before a model of it is loaded. */
export interface OpenFolder {
  readonly folder: FolderFiles;
}

/** What a request fetches is to be told, to a port. */
export interface Foretell {
  readonly foretell: MessagePort;
  readonly model: PlannedModel;
  readonly inputs: HostInputs;
  readonly request: RequestOptions;
}

/** The answer to {@link Foretell}; an error as a sentence. */
export type Foretold = { readonly parts: readonly FilePart[] } | { readonly problem: string };

/** What a request to a model in a worker fetches. @throws Error saying why it cannot be told */
export function foretell(worker: Worker, question: Omit<Foretell, 'foretell'>): Promise<readonly FilePart[]> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve, reject) => {
    port1.onmessage = ({ data }: MessageEvent<Foretold>) => {
      port1.close();
      if ('parts' in data) resolve(data.parts);
      else reject(new Error(data.problem));
    };
    worker.postMessage({ foretell: port2, ...question } satisfies Foretell, [port2]);
  });
}
