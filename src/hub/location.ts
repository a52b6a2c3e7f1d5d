import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { RemoteLocation } from './remote-file.js';
import { type HubRepository, hubUrl, isCommit } from './repository.js';

/** A file of a repository. @throws InvalidInputError for a name that leaves the repository, or an endpoint that is none */
export function hubFile(endpoint: string, repository: HubRepository, file: string): RemoteLocation {
  const { id, revision } = repository;
  const url = hubUrl(endpoint, repository, file);
  const version = revision === 'main' ? '' : `@${encodeURIComponent(revision)}`;
  return {
    name: `${id}${version}/${file}`,
    url,
    at: (commit) => (isCommit(commit) ? hubUrl(endpoint, { id, revision: commit }, file) : url),
    slot: `${hostFolder(url)}/${id}${version}/${file}`,
    immutable: isCommit(revision),
  };
}

/** A file anywhere else. */
export function webFile(url: URL): RemoteLocation {
  const digest = bytesToHex(sha256(utf8ToBytes(url.href))).slice(0, 16);
  const last = url.pathname
    .split('/')
    .at(-1)!
    .replaceAll(/[^\w.-]/g, '_')
    .slice(-80);
  return { name: url.href, url, slot: `${hostFolder(url)}/${digest}-${last}`, immutable: false };
}

/** A host's name as a folder's; ports have colons, which not every system allows. */
function hostFolder({ host }: URL): string {
  return host.replaceAll(/[^\w.-]/g, '_');
}
