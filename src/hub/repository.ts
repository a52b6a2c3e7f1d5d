import { InvalidInputError } from '../errors.js';
import { redactedAddress } from './redact.js';

/** A repository of the Hugging Face Hub at one of its revisions. */
export interface HubRepository {
  /** `owner/name` */
  readonly id: string;
  /** A branch, a tag, or a commit. */
  readonly revision: string;
}

/** The address of the Hub, unless another one is given. */
export const HUB_ENDPOINT = 'https://huggingface.co';

const NAME = /^[A-Za-z0-9][\w.-]{0,95}$/;
const REVISION = /^[\w][\w./-]{0,199}$/;
const COMMIT = /^[0-9a-f]{40}$/;

/** @returns undefined for anything but `owner/name[@revision]` */
export function parseHubId(text: string): HubRepository | undefined {
  const at = text.indexOf('@');
  const [id, revision] = at < 0 ? [text, 'main'] : [text.slice(0, at), text.slice(at + 1)];
  const parts = id.split('/');
  if (parts.length !== 2 || !parts.every((part) => NAME.test(part) && !part.includes('..'))) return undefined;
  if (!REVISION.test(revision) || revision.includes('..')) return undefined;
  return { id, revision };
}

/** Whether a revision is a commit, whose files never change. */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/**
 * The address of a file.
 *
 * @throws InvalidInputError for a name outside the repository
 */
export function hubUrl(endpoint: string, { id, revision }: HubRepository, file: string): URL {
  const parts = file.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\\\0]/.test(part))) {
    throw new InvalidInputError(`'${file}' is not the name of a file in a repository`);
  }
  const path = `${id}/resolve/${encodeURIComponent(revision)}/${parts.map(encodeURIComponent).join('/')}`;
  return new URL(path, parseEndpoint(endpoint));
}

function parseEndpoint(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new InvalidInputError(`'${redactedAddress(endpoint)}' is not the address of a Hub, such as ${HUB_ENDPOINT}`);
  }
  return new URL(url.href.endsWith('/') ? url.href : `${url.href}/`);
}
