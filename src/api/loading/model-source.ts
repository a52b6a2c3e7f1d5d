import type { ByteSource } from '../../checkpoints/byte-source.js';
import { DownloadError, InvalidInputError } from '../../errors.js';
import { hubFile, webFile } from '../../hub/location.js';
import type { RemoteLocation, RemoteOptions } from '../../hub/remote-file.js';
import { remoteSource } from '../../hub/remote-source.js';
import { HUB_ENDPOINT, parseHubId } from '../../hub/repository.js';
import { PACKAGE_ROOT } from '../../package-root.js';

/** Where files are fetched from and kept. */
export interface FileOptions extends RemoteOptions {
  /** The Hub, or a mirror of it; HF_ENDPOINT if absent, and else `https://huggingface.co`. */
  readonly endpoint?: string | undefined;
  /** Folder of what was downloaded, in Node; FOURM_CACHE if absent, and else the system's place for caches. */
  readonly cache?: string | undefined;
  /** No server is asked, in Node: what is not in the cache is not there. HF_HUB_OFFLINE=1 means the same. */
  readonly offline?: boolean | undefined;
}

/** Something that has files: a folder, a repository; or a file by itself. */
export interface ModelSource {
  /** What errors call it. */
  readonly id: string;
  /** Whether it is one file, which is what `open` opens whatever name it is given. */
  readonly single: boolean;
  /** Whether it is a repository of the Hub. */
  readonly hub: boolean;
  /** @throws MissingFile if there is no such file */
  open(name: string, signal?: AbortSignal): Promise<ByteSource>;
}

/** There is no such file. */
export class MissingFile extends InvalidInputError {}

/**
 * Where files are.
 *
 * @param id the name of a shipped model (`toybox`); a file or folder, by path or URL; or `owner/name[@revision]` on the Hub. A
 *           folder on disk goes before a repository of the same name; `../` in front of a path says that it is one
 * @throws InvalidInputError for an endpoint that is none
 */
export async function modelSource(id: string, given: FileOptions = {}): Promise<ModelSource> {
  const options = withEnvironment(given);
  if (isBare(id)) return folder(id, new URL(`models/${id}/`, packageRoot(id)), options);
  if (/^(https?|file):/.test(id)) {
    if (!URL.canParse(id)) throw new InvalidInputError(`'${id}' is not an address`);
    if (isFile(new URL(id).pathname)) return file(id, new URL(id), options);
    return folder(id, withSlash(new URL(id)), options);
  }
  const page = (globalThis as { location?: { href: string } }).location?.href;
  const there = page === undefined ? await (await import('./disk.js')).onDisk(id) : undefined;
  if (there?.kind === 'file') return file(id, there.url, options);
  const repository = there?.kind === 'folder' || isFile(id) ? undefined : parseHubId(id);
  if (repository) {
    const endpoint = options.endpoint ?? HUB_ENDPOINT;
    const open = (name: string, signal?: AbortSignal) => remote(hubFile(endpoint, repository, name), options, signal);
    return { id, single: false, hub: true, open };
  }
  const url = there?.url ?? new URL(id, page);
  return isFile(id) ? file(id, url, options) : folder(id, withSlash(url), options);
}

/** Opens a file where it is there. */
export async function openIfExists(
  place: ModelSource,
  name: string,
  signal?: AbortSignal,
): Promise<ByteSource | undefined> {
  try {
    return await place.open(name, signal);
  } catch (error) {
    if (error instanceof MissingFile) return undefined;
    throw error;
  }
}

function withSlash(url: URL): URL {
  return new URL(url.pathname.endsWith('/') ? url.href : `${url.href}/`);
}

function isFile(path: string): boolean {
  return /\.(safetensors|json)$/.test(path);
}

function folder(id: string, url: URL, options: FileOptions): ModelSource {
  return { id, single: false, hub: false, open: (name, signal) => openUrl(id, new URL(name, url), options, signal) };
}

function file(id: string, url: URL, options: FileOptions): ModelSource {
  return { id, single: true, hub: false, open: (_, signal) => openUrl(id, url, options, signal) };
}

async function openUrl(id: string, url: URL, options: FileOptions, signal?: AbortSignal): Promise<ByteSource> {
  // A token of the Hub is no business of other servers.
  if (url.protocol !== 'file:') return remote(webFile(url), { ...options, token: undefined }, signal);
  const { fromDisk } = await import('./disk.js');
  try {
    return await fromDisk(url);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    const Type = error.message.startsWith('no such file') ? MissingFile : InvalidInputError;
    const hint = isBare(id) ? `; a folder is './${id}', and a repository of the Hub 'owner/name'` : '';
    throw new Type(`cannot load the model '${id}': ${error.message}${hint}`);
  }
}

async function remote(location: RemoteLocation, options: FileOptions, signal?: AbortSignal): Promise<ByteSource> {
  // In browsers there is nothing in this file.
  const { folderStore }: Partial<typeof import('./disk.js')> = await import('./disk.js');
  const store = await folderStore?.(options.cache, location.slot);
  try {
    return await remoteSource(location, { ...options, store }, signal);
  } catch (error) {
    if (error instanceof DownloadError && error.status === 404) throw new MissingFile(error.message);
    throw error;
  }
}

/** Whether an id is the name of a shipped model. */
function isBare(id: string): boolean {
  return /^[\w-]+$/.test(id);
}

/** @throws InvalidInputError where there is none */
function packageRoot(id: string): URL {
  if (PACKAGE_ROOT) return PACKAGE_ROOT;
  throw new InvalidInputError(
    `'${id}' is a model of the package, which has no folder in a bundle; name the model's folder`,
  );
}

function withEnvironment(options: FileOptions): FileOptions {
  const env = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env ?? {};
  return {
    ...options,
    endpoint: options.endpoint ?? (env.HF_ENDPOINT || undefined),
    token: options.token ?? (env.HF_TOKEN || undefined),
    offline: options.offline ?? /^(1|true|yes|on)$/i.test(env.HF_HUB_OFFLINE ?? ''),
  };
}
