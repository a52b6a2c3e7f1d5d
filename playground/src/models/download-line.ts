/** The line with the download size of the form's request. */
import type { Session } from '../session.js';
import { describeParts } from './describe.js';
import { isOnDevice } from './given-model.js';
import { planDownloads } from './worker-messages.js';

/** Milliseconds without a change of the form before its request is planned. */
const DELAY = 300;

export class DownloadLine {
  readonly #line: HTMLElement;
  /** The request that the line describes: its model, inputs, outputs and conditions. */
  #request = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(line: HTMLElement) {
    this.#line = line;
  }

  /** Updates the line for the request of a session. */
  update(session: Session): void {
    const { state, loaded } = session;
    const conditions = [state.settings, state.second].map((own) => own?.conditions.map(({ modality }) => modality));
    const request = JSON.stringify([loaded?.given.id, state.inputs, state.outputs, conditions]);
    if (request === this.#request) return;
    this.#request = request;
    clearTimeout(this.#timer);
    this.#line.textContent = '';
    if (!loaded || isOnDevice(loaded.given) || state.outputs.length === 0) return;
    this.#timer = setTimeout(async () => {
      const text = await this.#describe(session);
      if (request === this.#request) this.#line.textContent = text;
    }, DELAY);
  }

  async #describe(session: Session): Promise<string> {
    const { worker, given } = session.loaded!;
    const model = { id: given.id, options: given.options };
    const inputs = session.inputs();
    try {
      const all = [];
      for (const request of session.requests()) all.push(...(await planDownloads(worker, { model, inputs, request })));
      // The second of two compared requests needs the same parts, or more of them.
      const largest = new Map(all.map((part) => [part.file, part]));
      for (const part of all) if (part.bytes > largest.get(part.file)!.bytes) largest.set(part.file, part);
      return describeParts([...largest.values()]);
    } catch (error) {
      return `The download size of this request is unknown: ${(error as Error).message}`;
    }
  }
}
