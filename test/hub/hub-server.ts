import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request as a server saw it. */
export interface Recorded {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** Answers a request in a way of its own; false leaves it to the server. */
export type Fault = (request: IncomingMessage, response: ServerResponse, data: Buffer) => boolean | undefined;

/** A Hub of a few files, and the server of large files that it redirects to. */
export interface HubServer {
  readonly endpoint: string;
  /** Requests for files' bytes, to the server of large files. */
  readonly storage: Recorded[];
  /** Requests to the Hub itself. */
  readonly hub: Recorded[];
  /** Files by `owner/name/file`. */
  readonly files: Map<string, Buffer>;
  /** Called before the storage responds. */
  storageFault: Fault | undefined;
  /** Called before the Hub responds. */
  hubFault: Fault | undefined;
  /** False facts that the Hub sends instead of the true ones. */
  readonly lies: { sha256?: string | undefined; size?: number; commit?: string };
}

/** The commit that every branch stands for. */
export const COMMIT = 'c0ffee'.padEnd(40, '0');

/** Starts a Hub that ends with the test. */
export async function startHub(files: Readonly<Record<string, Buffer>>): Promise<HubServer> {
  const state = { storage: [] as Recorded[], hub: [] as Recorded[], files: new Map(Object.entries(files)), lies: {} };
  const hub: HubServer = { endpoint: '', storageFault: undefined, hubFault: undefined, ...state };
  const storage = await listen((request, response) => {
    hub.storage.push(recorded(request));
    const data = hub.files.get(decodeURIComponent(request.url!.slice(1).split('?')[0]!));
    if (!data) return void response.writeHead(404).end();
    if (hub.storageFault?.(request, response, data)) return;
    sendRange(request, response, data);
  });
  const front = await listen((request, response) => {
    hub.hub.push(recorded(request));
    const [, owner, name, revision, file] = /^\/([^/]+)\/([^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(request.url!) ?? [];
    const data = hub.files.get(`${owner}/${name}/${file}`);
    if (hub.hubFault?.(request, response, data ?? Buffer.alloc(0))) return;
    if (!data || !['main', COMMIT, 'v1'].includes(revision!)) {
      const known = [...hub.files.keys()].some((path) => path.startsWith(`${owner}/${name}/`));
      const code = known ? (data ? 'RevisionNotFound' : 'EntryNotFound') : 'RepoNotFound';
      return void response.writeHead(known ? 404 : 401, { 'x-error-code': code }).end();
    }
    response.setHeader('x-repo-commit', hub.lies.commit ?? COMMIT);
    if (data.length < 1000) return sendRange(request, response, data, tagOf(data).slice(0, 40));
    response.setHeader('x-linked-etag', `"${hub.lies.sha256 ?? tagOf(data)}"`);
    response.setHeader('x-linked-size', hub.lies.size ?? data.length);
    response.writeHead(302, { location: `${addressOf(storage)}/${owner}/${name}/${file}?signature=1` }).end();
  });
  Object.assign(hub, { endpoint: addressOf(front) });
  return hub;
}

/** Answers a range request as a good server does. */
export function sendRange(request: IncomingMessage, response: ServerResponse, data: Buffer, etag = 'storage'): void {
  response.setHeader('etag', `"${etag}"`);
  const [, start, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (start === undefined) return void response.writeHead(200, { 'content-length': data.length }).end(data);
  const end = Math.min(Number(last) + 1, data.length);
  if (Number(start) >= end) return void response.writeHead(416).end();
  response.writeHead(206, {
    'content-range': `bytes ${start}-${end - 1}/${data.length}`,
    'content-length': end - Number(start),
  });
  response.end(data.subarray(Number(start), end));
}

export function tagOf(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Starts a plain server that ends with the test. @returns its address */
export async function serve(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  return addressOf(await listen(handler));
}

async function listen(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(handler);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function recorded({ url, headers }: IncomingMessage): Recorded {
  return { path: url!, range: headers.range, authorization: headers.authorization };
}
