import { Worker } from 'node:worker_threads';
import type { TrialReply, TrialRequest } from './protocol.js';

/** Bundles stay in the memory of their thread. */
const MOST_BUNDLES = 60;

/** Minimum CPU time in milliseconds after which a mutant counts as not terminating; the limit is at least three times the usual time. */
const LEAST_LIMIT = 2_000;

/** A thread that runs vectors, and is replaced if it does not terminate. */
export class Trials {
  readonly #referenceData: string | undefined;
  #thread: Promise<Worker> | undefined;
  #bundles = 0;

  constructor(referenceData: string | undefined) {
    this.#referenceData = referenceData;
  }

  /**
   * Runs vectors until the first failure.
   *
   * @param usual their time without a mutant, in milliseconds
   */
  async run(request: TrialRequest, usual: number): Promise<TrialReply> {
    if (++this.#bundles > MOST_BUNDLES) await this.close();
    this.#thread ??= this.#start();
    const thread = await this.#thread;
    const limit = LEAST_LIMIT + 3 * usual;
    const start = process.cpuUsage();
    return new Promise((resolve) => {
      const end = (reply: TrialReply, isBroken: boolean) => {
        clearInterval(watch);
        for (const [event, listener] of Object.entries(listeners)) thread.off(event, listener);
        if (isBroken) void this.close();
        resolve(reply);
      };
      const broken = (reason: string) => end({ passed: 0, reason, milliseconds: 0, reached: [] }, true);
      // CPU time of this process, which does not depend on the load of the machine.
      const watch = setInterval(() => {
        const { user, system } = process.cpuUsage(start);
        if ((user + system) / 1000 > limit) broken('does not end');
      }, 500);
      const listeners = {
        message: (reply: TrialReply) => end(reply, false),
        error: (error: Error) => broken(`ends: ${error.message}`),
        exit: (code: number) => broken(`ends with ${code}`),
      };
      for (const [event, listener] of Object.entries(listeners)) thread.once(event, listener);
      thread.postMessage(request);
    });
  }

  #start(): Promise<Worker> {
    this.#bundles = 1;
    // Threads of Node 20 do not inherit the loader of TypeScript.
    const script = new URL('trial-thread.ts', import.meta.url).href;
    const thread = new Worker(
      `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(script)}); });`,
      {
        eval: true,
        workerData: { referenceData: this.#referenceData },
        stderr: true,
      },
    );
    return new Promise((resolve, reject) => {
      thread.once('message', () => resolve(thread));
      thread.once('error', reject);
    });
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await (await thread)?.terminate();
  }
}
