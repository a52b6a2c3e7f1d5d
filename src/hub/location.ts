import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { withoutCredentials } from './authorization.js';
import { redactedAddress } from './redact.js';
import type { RemoteLocation } from './remote-file.js';
import { type HubRepository, hubUrl, isCommit } from './repository.js';

/**
 * A file of a repository.
 *
 * @throws InvalidInputError for a name outside the repository, or an endpoint that is not an http(s) URL
 */
export function hubFile(endpoint: string, repository: HubRepository, file: string): RemoteLocation {
  const { id, revision } = repository;
  const { url, authorization } = withoutCredentials(hubUrl(endpoint, repository, file));
  const version = revision === 'main' ? '' : `@${encodeURIComponent(revision)}`;
  const addressAt = (commit: string) => withoutCredentials(hubUrl(endpoint, { id, revision: commit }, file)).url;
  return {
    name: `${id}${version}/${file}`,
    url,
    authorization,
    at: (commit) => (isCommit(commit) ? addressAt(commit) : url),
    slot: `${hostFolder(url)}/${id}${version}/${file}`,
    immutable: isCommit(revision),
  };
}

/** A file at any other address. */
export function webFile(address: URL): RemoteLocation {
  const { url, authorization } = withoutCredentials(address);
  const digest = bytesToHex(sha256(utf8ToBytes(url.href))).slice(0, 16);
  const last = url.pathname
    .split('/')
    .at(-1)!
    .replaceAll(/[^\w.-]/g, '_')
    .slice(-80);
  const slot = `${hostFolder(url)}/${digest}-${last}`;
  return { name: redactedAddress(url.href), url, authorization, slot, immutable: false };
}

/** The name of a host as a folder; ports have colons, which not every system allows. */
function hostFolder({ host }: URL): string {
  return host.replaceAll(/[^\w.-]/g, '_') || '_';
}
