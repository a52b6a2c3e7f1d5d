import { startBackend } from '../api/loading/backend-choice.js';
import { loadModel } from '../api/loading/load-model.js';
import type { Model } from '../api/model.js';
import { InvalidInputError } from '../errors.js';
import { sentError } from './errors.js';
import type { Call, Cancel, ListenerCall, Reply, Requests } from './messages.js';
import { mapValues, memoryOf, sentResult } from './results.js';

/** A handler for each request. It returns the value, and the buffers to transfer. */
type RequestHandlers = {
  [Name in keyof Requests]: (
    args: Requests[Name]['args'],
    options: Requests[Name]['options'],
  ) => Promise<{ value: Requests[Name]['value']; memory?: ArrayBuffer[] }>;
};

/** The worker's end of a connection. */
export function serve(port: MessagePort): void {
  const handlers = modelHandlers();
  const running = new Map<number, AbortController>();
  const send = (message: ListenerCall | Reply, memory: ArrayBuffer[] = []) => port.postMessage(message, memory);
  port.onmessage = async ({ data }: MessageEvent<Call | Cancel>) => {
    if ('cancel' in data) return running.get(data.cancel)?.abort();
    const { call, request, args, options, listeners } = data;
    const controller = new AbortController();
    running.set(call, controller);
    const functions = listeners.map((listener) => [
      listener,
      (argument: unknown) => send({ call, listener, argument }),
    ]);
    try {
      const all = { ...options, ...Object.fromEntries(functions), signal: controller.signal };
      const handler = handlers[request] as (
        args: unknown,
        options: object,
      ) => ReturnType<RequestHandlers[keyof Requests]>;
      const { value, memory } = await handler(args, all);
      send({ call, value }, memory);
    } catch (error) {
      send({ call, error: sentError(error) });
    } finally {
      running.delete(call);
    }
  };
}

function modelHandlers(): RequestHandlers {
  let loading: Promise<Model> | undefined;
  let loaded: Model | undefined;
  const model = (): Model => {
    if (!loaded) throw new InvalidInputError('this connection has no model: it was not loaded, or it was disposed of');
    return loaded;
  };
  return {
    async load([id], { backend, device, wasmPath, threads, ...options }) {
      const choice = backend === undefined && device === undefined ? { backend: 'auto' as const } : { backend, device };
      const using = (await startBackend({ ...options, ...choice, wasmPath, threads }))!;
      loading = loadModel(id, options);
      loaded = await loading;
      const { name, modalities, description, infos } = loaded;
      return { value: { name, modalities, description, infos, backend: using } };
    },
    async generateMany([samples], options) {
      const value = (await model().generateMany(samples, options)).map((results) => mapValues(results, sentResult));
      return { value, memory: memoryOf(value.flatMap((results) => Object.values(results))) };
    },
    async reconstruct([name, values], options) {
      const value = (await model().reconstruct(name, values, options)).map(sentResult);
      return { value, memory: memoryOf(value) };
    },
    async features([name, pictures], options) {
      return { value: await model().features(name, pictures, options) };
    },
    async bodyPoses([people], options) {
      return { value: await model().bodyPoses(people, options) };
    },
    async masks([objects], options) {
      return { value: await model().masks(objects, options) };
    },
    async release() {
      await model().release();
      return { value: undefined };
    },
    async dispose(_, options) {
      // A page that has left a load does not wait for it.
      await (await loading?.catch(() => undefined))?.dispose(options);
      loaded = undefined;
      return { value: undefined };
    },
  };
}
