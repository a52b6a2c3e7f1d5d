/** A model specified by the user: a repository name, an address, or a local folder. */
import type { WorkerLoadOptions } from '../../../src/client.js';
import { type FolderFiles, folderAddress } from './disk-folder.js';

/** File name of the official text tokenizer. */
const VOCABULARY = 'text_tokenizer_4m_wordpiece_30k.json';

/** `owner/name[@revision]` on the Hub. */
const REPOSITORY = /^([\w.-]+\/[\w.-]+?)(?:@([\w./-]+))?$/;

/** An id for `loadModel`, and options of it. */
export interface GivenModel {
  readonly id: string;
  /** As the user entered it. */
  readonly name: string;
  readonly options: Pick<WorkerLoadOptions, 'tokenizers' | 'text' | 'endpoint'>;
  /** The files, if the id is the address of a local folder. */
  readonly folder?: FolderFiles;
}

/** The properties of a `File` that are used. */
export type ChosenFile = Pick<File, 'name' | 'webkitRelativePath'> & Blob;

/**
 * A repository of the Hub, or an address.
 *
 * @param page      base of relative addresses
 * @param endpoint  the address of the Hub or of a mirror; its own if absent
 * @throws TypeError for an invalid address
 */
export function modelNamed(name: string, page: string, endpoint?: string): GivenModel {
  const options = endpoint === undefined ? {} : { endpoint };
  return { id: REPOSITORY.test(name) ? name : new URL(name, page).href, name, options };
}

/**
 * The model in a local folder: a package with `fourm.json`, or a published `model.safetensors` with its tokenizers in folders of
 * their names.
 *
 * @throws Error if there is none
 */
export function modelIn(files: readonly ChosenFile[]): GivenModel {
  const all = files.map((file) => ({ file, path: file.webkitRelativePath.split('/') }));
  const name = all[0]?.path[0] ?? '';
  const inFolder = new Map(all.map(({ file, path }) => [path.slice(1).join('/'), file]));
  if (inFolder.has('fourm.json')) return { id: folderAddress(name), name, options: {}, folder: inFolder };
  const own = inFolder.get('model.safetensors');
  if (!own) throw new Error(`The folder ${name && `'${name}' `}has neither a fourm.json nor a model.safetensors.`);
  const tokenizers = all.filter(({ path }) => path.length === 3 && path[2] === 'model.safetensors');
  const vocabulary = inFolder.get(VOCABULARY);
  // Large files stay on disk: a `File` is read by slices.
  return {
    id: URL.createObjectURL(own),
    name,
    options: {
      tokenizers: Object.fromEntries(
        tokenizers.map(({ file, path }) => [`EPFL-VILAB/${path[1]}`, URL.createObjectURL(file)]),
      ),
      ...(vocabulary && { text: URL.createObjectURL(vocabulary) }),
    },
  };
}

/** Whether a model's files are on this device. */
export function isOnDevice({ id, folder }: GivenModel): boolean {
  return folder !== undefined || id.startsWith('blob:');
}

/** Where the file of a model is: to be fetched by the page. */
export function fileAddress({ id, options }: GivenModel, file: string): string {
  const [, repository, revision = 'main'] = REPOSITORY.exec(id) ?? [];
  if (repository === undefined) return `${id.replace(/\/$/, '')}/${file}`;
  const endpoint = (options.endpoint ?? 'https://huggingface.co').replace(/\/$/, '');
  return `${endpoint}/${repository}/resolve/${encodeURIComponent(revision)}/${file}`;
}
