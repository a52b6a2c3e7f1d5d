/** Loads another model: a repository of the Hub, an address, or a local folder. */
import {
  cacheSize,
  clearCache,
  loadModelInWorker,
  type RemoteModel,
  type WorkerLoadOptions,
} from '../../../src/client.js';
import { formatBytes } from '../../../src/memory/format-bytes.js';
import { byId } from '../dom.js';
import { describeModel } from './describe.js';
import { type GivenModel, modelIn, modelNamed } from './given-model.js';
import type { OpenFolder } from './worker-messages.js';

const panel = byId<HTMLDetailsElement>('model-choice');
const id = byId<HTMLInputElement>('model-id');
const folder = byId<HTMLInputElement>('model-folder');
const about = byId('model-plan');
const use = byId<HTMLButtonElement>('model-use');

/** A model in a worker of its own. */
export interface LoadedModel {
  readonly model: RemoteModel;
  readonly given: GivenModel;
  readonly worker: Worker;
}

/** Loads a model in a new worker. */
export async function loadGiven(given: GivenModel, options: WorkerLoadOptions): Promise<LoadedModel> {
  const worker = new Worker(new URL('../worker.ts', import.meta.url), { type: 'module' });
  try {
    if (given.folder) worker.postMessage({ folder: given.folder } satisfies OpenFolder);
    return { model: await loadModelInWorker(worker, given.id, { ...options, ...given.options }), given, worker };
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

/**
 * Connects the form.
 *
 * @param options  of `loadModelInWorker`
 * @param endpoint the address of the Hub or of a mirror; its own if absent
 * @param onUse    called with the model when the user confirms it
 * @param onError  called with the error of a model or of its address
 */
export function listenForModels(
  options: WorkerLoadOptions,
  endpoint: string | undefined,
  onUse: (loaded: LoadedModel) => void,
  onError: (error: unknown) => void,
): void {
  let described: LoadedModel | undefined;
  const describe = async (find: () => GivenModel) => {
    const given = find();
    use.disabled = true;
    described?.worker.terminate();
    described = undefined;
    about.textContent = 'The header is being read.';
    const sizes = new Map<string, number>();
    const onDownload: WorkerLoadOptions['onDownload'] = ({ file, size }) => sizes.set(file, size);
    described = await loadGiven(given, { ...options, onDownload });
    about.textContent = await describeModel(described.model, given, sizes);
    use.disabled = false;
  };
  const report = (error: unknown) => {
    about.textContent = '';
    onError(error);
  };
  byId('model-describe').addEventListener('click', () => {
    const name = id.value.trim();
    if (name !== '') describe(() => modelNamed(name, document.baseURI, endpoint)).catch(report);
  });
  folder.addEventListener('change', () => {
    describe(() => modelIn([...(folder.files ?? [])])).catch(report);
  });
  use.addEventListener('click', () => {
    if (described) onUse(described);
    described = undefined;
    use.disabled = true;
  });
  byId('cache-clear').addEventListener('click', () => clearCache().then(showCache).catch(onError));
  panel.addEventListener('toggle', () => showCache().catch(onError));
}

/** Shows the size of the cache. */
async function showCache(): Promise<void> {
  byId('cache-size').textContent =
    `${formatBytes(await cacheSize())} are kept in this browser, so as not to be fetched again.`;
}
