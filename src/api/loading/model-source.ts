import type { ByteSource } from '../../checkpoints/byte-source.js';
import { environmentVariable } from '../../environment.js';
import { DownloadError, InvalidInputError } from '../../errors.js';
import { blobSource } from '../../hub/blob-source.js';
import type { CacheStore } from '../../hub/cache-store.js';
import { hubFile, webFile } from '../../hub/location.js';
import { redactedAddress } from '../../hub/redact.js';
import type { RemoteLocation, RemoteOptions } from '../../hub/remote-file.js';
import { remoteSource } from '../../hub/remote-source.js';
import { HUB_ENDPOINT, parseHubId } from '../../hub/repository.js';
import { WebPageError } from '../../hub/web-page.js';
import { didYouMean } from '../../nearest-name.js';
import { PACKAGE_ROOT } from '../../package-root.js';
import { addressIn, isFileAddress, isFileName, parseAddress } from './address.js';
import { cacheStore } from './cache.js';
import { diskModule } from './disk-module.js';

/** Where files are fetched from and kept. */
export interface FileOptions extends RemoteOptions {
  /** The Hub, or a mirror of it; HF_ENDPOINT if absent, and else `https://huggingface.co`. */
  readonly endpoint?: string | undefined;
  /**
   * Where what was downloaded is kept: a folder, in Node; a store of one's own; false for nowhere. If absent, or true: in Node the
   * folder that FOURM_CACHE names, or else the system's folder for caches; in browsers the Cache API, where the page may use it.
   */
  readonly cache?: string | boolean | CacheStore | undefined;
  /** No requests to servers: files that are not in the cache count as absent. HF_HUB_OFFLINE=1 has the same effect. */
  readonly offline?: boolean | undefined;
}

/** Names of {@link FileOptions}. */
export const FILE_OPTIONS = ['endpoint', 'cache', 'offline', 'token', 'fetch', 'timeout', 'onDownload', 'sleep'];

/** Something that has files: a folder, a repository, or one file by itself. */
export interface ModelSource {
  /** The source in error messages; without secrets. */
  readonly id: string;
  /** Whether it is a single file, which `open` returns for every name. */
  readonly single: boolean;
  /** Whether it is a repository of the Hub. */
  readonly hub: boolean;
  /** Whether its files are on this machine. */
  readonly local: boolean;
  /** @throws InvalidInputError if there is no such file */
  open(name: string, signal?: AbortSignal): Promise<ByteSource>;
}

/** @throws InvalidInputError unless it is a string with characters */
export function checkId(id: unknown): asserts id is string {
  if (typeof id !== 'string') throw new InvalidInputError(`the id is a string, not a value of the type ${typeof id}`);
  if (id === '') throw new InvalidInputError('the id is empty');
}

/** There is no such file. */
class MissingFile extends InvalidInputError {}

/**
 * Finds where files are.
 *
 * @param id the name of a shipped model (`toybox`); a file or folder, by path or address (http:, https:, file:; of one file also
 *           blob: and data:); or `owner/name[@revision]` on the Hub. A folder on disk takes precedence over a repository of the same name;
 *           `./` in front of a path marks it as one
 * @throws InvalidInputError for an invalid endpoint or address
 */
export async function modelSource(id: string, given: FileOptions = {}): Promise<ModelSource> {
  const options = withEnvironment(given);
  if (isBare(id)) return folder(id, new URL(`models/${id}/`, packageRoot(id)), options);
  const address = parseAddress(id);
  if (address) return at(redactedAddress(id), address, isFileAddress(address), options);
  const page = (globalThis as { location?: { href: string } }).location?.href;
  const disk = page === undefined ? await diskModule() : undefined;
  const there = await disk?.onDisk(id);
  const repository = there?.kind === 'folder' || isFileName(id) ? undefined : parseHubId(id);
  if (repository && there?.kind !== 'file') {
    const endpoint = options.endpoint ?? HUB_ENDPOINT;
    const open = (name: string, signal?: AbortSignal) => remote(hubFile(endpoint, repository, name), options, signal);
    return { id, single: false, hub: true, local: false, open };
  }
  const url = there?.url ?? new URL(id, page);
  return at(redactedAddress(id), url, there?.kind === 'file' || isFileName(url.pathname), options);
}

/**
 * Opens an optional file. Servers report a missing file in different ways: with a web page, as single-page applications
 * respond to every address; or with 403, as object storage does.
 *
 * @returns undefined if there is no such file
 */
export async function openIfExists(
  source: ModelSource,
  name: string,
  signal?: AbortSignal,
): Promise<ByteSource | undefined> {
  try {
    return await source.open(name, signal);
  } catch (error) {
    if (error instanceof MissingFile || error instanceof WebPageError) return undefined;
    if (error instanceof DownloadError && error.status === 403) return undefined;
    throw error;
  }
}

function at(id: string, url: URL, isFile: boolean, options: FileOptions): ModelSource {
  return isFile ? file(id, url, options) : folder(id, url, options);
}

function folder(id: string, url: URL, options: FileOptions): ModelSource {
  const open = (name: string, signal?: AbortSignal) => openUrl(id, addressIn(url, name), options, signal);
  return { id, single: false, hub: false, local: url.protocol === 'file:', open };
}

function file(id: string, url: URL, options: FileOptions): ModelSource {
  const open = (_: string, signal?: AbortSignal) => openUrl(id, url, options, signal);
  return { id, single: true, hub: false, local: url.protocol === 'file:', open };
}

async function openUrl(id: string, url: URL, options: FileOptions, signal?: AbortSignal): Promise<ByteSource> {
  if (url.protocol === 'blob:' || url.protocol === 'data:') return blobSource(url, signal);
  // A token of the Hub is sent to no other server.
  if (url.protocol !== 'file:') return remote(webFile(url), { ...options, token: undefined }, signal);
  const disk = await diskModule();
  if (!disk) {
    throw new InvalidInputError(`cannot load the model '${id}': a page cannot read files (file:); serve it by http(s)`);
  }
  try {
    return await disk.fromDisk(url);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    const Type = error.message.startsWith('no such file') ? MissingFile : InvalidInputError;
    const hint = isBare(id) ? `; a folder is './${id}', and a repository of the Hub 'owner/name'` : '';
    throw new Type(`cannot load the model '${id}'${didYouMean(id, SHIPPED)}: ${error.message}${hint}`);
  }
}

async function remote(location: RemoteLocation, options: FileOptions, signal?: AbortSignal): Promise<ByteSource> {
  try {
    const store = await cacheStore(options.cache, location.slot);
    return await remoteSource(location, { ...options, store }, signal);
  } catch (error) {
    if (error instanceof DownloadError && (error.status === 404 || error.status === 410)) {
      throw new MissingFile(error.message);
    }
    throw error;
  }
}

/** Models of the package, in its folder `models`. */
const SHIPPED = ['toybox'];

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
  return {
    ...options,
    endpoint: options.endpoint ?? (environmentVariable('HF_ENDPOINT') || undefined),
    token: options.token ?? (environmentVariable('HF_TOKEN')?.trim() || undefined),
    offline: options.offline ?? /^(1|true|yes|on)$/i.test(environmentVariable('HF_HUB_OFFLINE') ?? ''),
  };
}
