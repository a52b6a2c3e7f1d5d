/** Loads another model: a repository of the Hub, an address, or a folder of this device. */
import {
  cacheSize,
  clearCache,
  loadModelInWorker,
  type RemoteModel,
  type WorkerLoadOptions,
} from '../../src/client.js';
import { byId } from './dom.js';

const panel = byId<HTMLDetailsElement>('model-choice');
const id = byId<HTMLInputElement>('model-id');
const folder = byId<HTMLInputElement>('model-folder');
const plan = byId('model-plan');
const use = byId<HTMLButtonElement>('model-use');

/** The text tokenizer's name where people copy it to. */
const VOCABULARY = 'text_tokenizer_4m_wordpiece_30k.json';

/** `owner/name[@revision]` on the Hub. */
const REPOSITORY = /^[\w.-]+\/[\w.-]+(?:@[\w./-]+)?$/;

/** A model in a worker of its own. */
export interface LoadedModel {
  readonly model: RemoteModel;
  /** As the visitor gave it. */
  readonly id: string;
  readonly worker: Worker;
}

/** A model as it is given: an id for `loadModel`, and options of it. */
interface GivenModel {
  readonly id: string;
  readonly name: string;
  readonly options: Pick<WorkerLoadOptions, 'tokenizers' | 'text'>;
}

/**
 * Connects the form.
 *
 * @param options   of `loadModelInWorker`
 * @param newWorker starts a worker for another model
 * @param onUse     called with a model that the visitor has decided to use
 * @param onError   called with the error of a model or of its address
 */
export function listenForModels(
  options: WorkerLoadOptions,
  newWorker: () => Worker,
  onUse: (loaded: LoadedModel) => void,
  onError: (error: unknown) => void,
): void {
  let described: LoadedModel | undefined;
  const describe = async (find: () => GivenModel) => {
    const given = find();
    use.disabled = true;
    described?.worker.terminate();
    described = undefined;
    plan.textContent = 'The header is being read.';
    const sizes = new Map<string, number>();
    const onDownload: WorkerLoadOptions['onDownload'] = ({ file, size }) => sizes.set(file, size);
    const worker = newWorker();
    const model = await loadModelInWorker(worker, given.id, { ...options, ...given.options, onDownload });
    described = { model, id: given.name, worker };
    plan.textContent = await planOf(model, given, sizes);
    use.disabled = false;
  };
  const tell = (error: unknown) => {
    plan.textContent = '';
    onError(error);
  };
  byId('model-describe').addEventListener('click', () => {
    if (id.value.trim() !== '') describe(() => modelNamed(id.value.trim())).catch(tell);
  });
  folder.addEventListener('change', () => {
    describe(() => modelIn([...(folder.files ?? [])])).catch(tell);
  });
  use.addEventListener('click', () => {
    if (described) onUse(described);
    described = undefined;
    use.disabled = true;
  });
  byId('cache-clear').addEventListener('click', () => clearCache().then(showCache).catch(onError));
  panel.addEventListener('toggle', () => showCache().catch(onError));
}

/** Shows how much is kept. */
export async function showCache(): Promise<void> {
  byId('cache-size').textContent =
    `${formatBytes(await cacheSize())} are kept in this browser, so as not to be fetched again.`;
}

/** A repository of the Hub, or an address: relative to the page, not to the worker's script. @throws TypeError for one that is none */
function modelNamed(name: string): GivenModel {
  return { id: REPOSITORY.test(name) ? name : new URL(name, document.baseURI).href, name, options: {} };
}

/** A published model in a folder, with its tokenizers in folders of their names. @throws Error if there is none */
function modelIn(files: readonly File[]): GivenModel {
  const parts = files.map((file) => ({ file, path: file.webkitRelativePath.split('/') }));
  const own = parts.find(({ path }) => path.length === 2 && path[1] === 'model.safetensors');
  if (!own)
    throw new Error('The folder has no model.safetensors; a folder with a fourm.json is loaded by its address.');
  const tokenizers = parts.filter(({ path }) => path.length === 3 && path[2] === 'model.safetensors');
  const vocabulary = parts.find(({ file }) => file.name === VOCABULARY);
  return {
    id: URL.createObjectURL(own.file),
    name: own.path[0]!,
    options: {
      tokenizers: Object.fromEntries(
        tokenizers.map(({ file, path }) => [`EPFL-VILAB/${path[1]}`, URL.createObjectURL(file)]),
      ),
      ...(vocabulary && { text: URL.createObjectURL(vocabulary.file) }),
    },
  };
}

/** What using a model fetches, in sentences. */
async function planOf(
  { description }: RemoteModel,
  { id, name }: GivenModel,
  sizes: ReadonlyMap<string, number>,
): Promise<string> {
  const modalities = Object.values(description.modalities);
  const tokenizers = new Set(modalities.flatMap((own) => ('tokenizer' in own ? (own.tokenizer ?? []) : [])));
  const files = Array.from(sizes, ([file, size]) => `${file} (${formatBytes(size)})`);
  return [
    `${name} has ${modalities.length} modalities.`,
    files.length > 0
      ? `Of ${files.join(' and ')}, only the parts that a request needs are fetched, when it needs them.`
      : 'Its files are on this device; nothing is fetched.',
    tokenizers.size > 0 ? `Pictures, maps and features also need their tokenizers: ${[...tokenizers].join(', ')}.` : '',
    `Licence: ${await licenceOf(id)}.`,
  ].join(' ');
}

/** The licence in the front matter of a model card. */
async function licenceOf(id: string): Promise<string> {
  const unknown = 'not stated here; see where the model comes from';
  if (id.startsWith('blob:')) return unknown;
  const base = REPOSITORY.test(id)
    ? `https://huggingface.co/${id.replace('@', '/resolve/')}${id.includes('@') ? '' : '/resolve/main'}`
    : id;
  const card = await fetch(`${base.replace(/\/$/, '')}/README.md`).then(
    (answer) => (answer.ok ? answer.text() : ''),
    () => '',
  );
  const [, front = ''] = /^---\n(.*?)\n---/s.exec(card) ?? [];
  return /^license_name:\s*(\S+)/m.exec(front)?.[1] ?? /^license:\s*(\S+)/m.exec(front)?.[1] ?? unknown;
}

/** `3.4 GB` */
function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const unit = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** unit).toFixed(unit === 0 ? 0 : 1)} ${units[unit]}`;
}
