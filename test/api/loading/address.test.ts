import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { addressIn, parseAddress } from '../../../src/api/loading/address.js';
import { type LoadOptions, loadModel } from '../../../src/api/loading/load-model.js';
import { loadTokenizer } from '../../../src/api/loading/load-tokenizer.js';
import { modelSource, openIfExists } from '../../../src/api/loading/model-source.js';
import { VOCABULARY_FILE } from '../../../src/api/loading/vocabulary.js';
import { DownloadError, FourMError, InvalidInputError } from '../../../src/errors.js';
import { sendRange, serve, startHub } from '../../hub/hub-server.js';
import { tinyModelFile } from './published/tiny-checkpoints.js';

const model = tinyModelFile('4M-7_B');

let folder: string;
let options: LoadOptions;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-address-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  options = { cache: join(folder, 'cache') };
});

/** A server of one folder, `/pub/`. @param deny answers requests for what is not there */
function serveFolder(
  deny: (response: ServerResponse, request: IncomingMessage) => void,
  allow: (request: IncomingMessage) => boolean = () => true,
): Promise<string> {
  return serve((request, response) => {
    if (!allow(request)) return void response.writeHead(401).end();
    if (request.url!.split('?')[0] === '/pub/model.safetensors') return sendRange(request, response, model);
    deny(response, request);
  });
}

const deny404 = (response: ServerResponse) => void response.writeHead(404).end();

describe('optional files', () => {
  test.each<[string, Parameters<typeof serveFolder>[0]]>([
    ['404', deny404],
    ['410', (response) => void response.writeHead(410).end()],
    ['403, as object storage does', (response) => void response.writeHead(403).end('<Error>AccessDenied</Error>')],
    [
      'a web page, as single-page hosting does',
      (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>'),
    ],
    [
      'a part of a web page',
      (response, request) => {
        response.setHeader('content-type', 'text/html; charset=utf-8');
        sendRange(request, response, Buffer.from('<!doctype html><p>'));
      },
    ],
    ['a web page without a type', (response) => void response.end('\n<!-- app -->\n<HTML lang="en"><body>')],
  ])('a server that answers %s', async (_, deny) => {
    const address = await serveFolder(deny);
    const loaded = await loadModel(`${address}/pub`, options);
    expect(loaded.modalities).toContain('clip');
    const source = await modelSource(`${address}/pub`, options);
    for (const name of ['fourm.json', 'config.json', VOCABULARY_FILE, 'tok/model.safetensors']) {
      expect(await openIfExists(source, name)).toBeUndefined();
    }
    await expect(loadModel(`${address}/none`, options)).rejects.toThrow(FourMError);
  });
});

describe('addresses', () => {
  const key = (request: IncomingMessage) => request.url!.endsWith('?sig=abc%2Fd');

  test.each(['/pub/?sig=abc%2Fd', '/pub?sig=abc%2Fd', '/pub/model.safetensors?sig=abc%2Fd', '/pub?sig=abc%2Fd#x'])(
    'with a query, which goes to every file: %s',
    async (path) => {
      const address = await serveFolder(deny404, key);
      expect((await loadModel(address + path, options)).modalities).toContain('clip');
      expect((await loadModel(address.replace('http:', 'HTTP:') + path, options)).modalities).toContain('clip');
    },
  );

  test('with credentials, which are sent and not shown', async () => {
    const expected = `Basic ${Buffer.from('me:p@ss wörd').toString('base64')}`;
    const address = await serveFolder(deny404, ({ headers }) => headers.authorization === expected);
    const id = `${address.replace('//', '//me:p%40ss%20w%C3%B6rd@')}/pub`;
    const loaded = await loadModel(id, options);
    expect(loaded.name).not.toContain('p%40ss');
    const attempt = loadModel(id.replace('w%C3%B6rd', 'secret'), options);
    await expect(attempt).rejects.toThrow(DownloadError);
    await expect(attempt).rejects.toThrow(/^(?!.*secret).*\/pub\/fourm\.json: the server responded with 401$/);
  });

  test('of the schemes blob: and data:, as one file', async () => {
    const blob = URL.createObjectURL(new Blob([new Uint8Array(model)]));
    onTestFinished(() => URL.revokeObjectURL(blob));
    expect((await loadModel(blob, options)).modalities).toContain('clip');
    const data = `data:application/octet-stream;base64,${model.toString('base64')}`;
    const loaded = await loadModel(data, options);
    expect(loaded.modalities).toContain('clip');
    expect(loaded.name.length).toBeLessThan(100);
    URL.revokeObjectURL(blob);
    for (const gone of [blob, 'data:nothing']) await expect(loadModel(gone, options)).rejects.toThrow(DownloadError);
  });

  test('of the scheme file: in any case', async () => {
    const file = join(folder, 'a b.safetensors');
    await writeFile(file, model);
    const url = pathToFileURL(file).href;
    expect((await loadModel(url.replace('file:', 'FILE:'), options)).modalities).toContain('clip');
  });

  test.each(['ftp://h/x', 's3://bucket/model', 'hf://EPFL-VILAB/4M-7_B', 'chrome-extension://x/y'])(
    'of other schemes are refused: %s',
    async (id) => {
      await expect(loadModel(id, options)).rejects.toThrow(InvalidInputError);
      await expect(loadModel(id, options)).rejects.toThrow(/: is not read; http:, https:, file:, blob:, data: are/);
    },
  );

  test('that are none', async () => {
    await expect(loadModel('http://', options)).rejects.toThrow(new InvalidInputError("'http://' is not an address"));
    await expect(loadModel('https://me:secret@/x y', options)).rejects.toThrow(/^(?!.*secret)/);
    expect(parseAddress('C:\\models\\x')).toBeUndefined();
    expect(parseAddress('owner/name@rev:1')).toBeUndefined();
  });

  test('on a page that is itself a file', async () => {
    vi.stubGlobal('location', { href: 'file:///home/me/page.html' });
    vi.stubGlobal('process', { ...process, versions: {} });
    onTestFinished(() => void vi.unstubAllGlobals());
    for (const id of ['./model', './model.safetensors', 'file:///home/me/model']) {
      await expect(loadModel(id, options)).rejects.toThrow(InvalidInputError);
      await expect(loadModel(id, options)).rejects.toThrow(/a page cannot read files \(file:\); serve it by http/);
    }
  });

  test('of files in folders', () => {
    expect(addressIn(new URL('http://h/a%20b?x=1#y'), 'c/tok@64.json').href).toBe('http://h/a%20b/c/tok@64.json?x=1#y');
    expect(addressIn(new URL('file:///a%23b/'), 'c.json').href).toBe('file:///a%23b/c.json');
  });
});

describe('secrets', () => {
  const TOKEN = 'hf_supersecrettoken';
  const PASSWORD = 'hunter2secret';
  const SIGNATURE = 'f00dsignature';

  test.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['refuses', (_, response) => response.writeHead(401).end()],
    ['forbids', (_, response) => response.writeHead(403, { 'x-error-code': 'GatedRepo' }).end()],
    ['finds nothing', (_, response) => response.writeHead(404).end()],
    ['fails', (_, response) => response.writeHead(500).end()],
    ['breaks off', (_, response) => response.destroy()],
    ['is busy', (_, response) => response.writeHead(429, { 'retry-after': '9999' }).end()],
    ['sends a web page', (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
    ['sends nonsense', (_, response) => response.writeHead(200).end('nonsense')],
    ['sends too much', (_, response) => response.writeHead(200, { 'content-length': 2 ** 40 }).write('x')],
    ['contradicts itself', (_, response) => response.writeHead(206, { 'content-range': 'bytes 7-9/10' }).end('abc')],
    ['redirects in a circle', (request, response) => response.writeHead(302, { location: request.url! }).end()],
    [
      'redirects to elsewhere',
      (_, response) => response.writeHead(302, { location: `ftp://me:${PASSWORD}@h/?sig=${SIGNATURE}` }).end(),
    ],
    [
      'redirects to a place that is not there',
      (_, response) => response.writeHead(302, { location: `http://127.0.0.1:1/?sig=${SIGNATURE}` }).end(),
    ],
  ])('are in no message when a server %s', async (_, answer) => {
    const address = await serve(answer);
    const withSecrets = `${address.replace('//', `//me:${PASSWORD}@`)}/pub?X-Amz-Signature=${SIGNATURE}#${SIGNATURE}`;
    const sleep = async () => {};
    const messages: string[] = [];
    const log = (text: unknown) => messages.push(String(text));
    const more = { ...options, sleep, token: TOKEN, onDownload: ({ file }: { file: string }) => log(file) };
    const attempts = [
      () => loadModel(withSecrets, more),
      () => loadModel(withSecrets.replace('/pub', '/pub/model.safetensors'), more),
      () => loadTokenizer(withSecrets, more),
      () => loadTokenizer(withSecrets, { ...more, as: 'EPFL-VILAB/4M_tokenizers_CLIP-B16_8k_224-448' }),
      () => loadModel('EPFL-VILAB/4M-7_B_CC12M', { ...more, endpoint: withSecrets.replace(/[?#].*/, '') }),
      () => loadModel('EPFL-VILAB/4M-7_B_CC12M', { ...more, endpoint: `ftp://me:${PASSWORD}@h` }),
      () => loadModel(withSecrets, { ...more, offline: true }),
      () => loadModel(withSecrets, { ...more, signal: AbortSignal.abort() }),
      () => loadModel(withSecrets.replace('http:', 's3:'), more),
      () => loadModel(withSecrets.replace('127.0.0.1', '127.0.0.1:x'), more),
    ];
    for (const attempt of attempts) {
      const error = await attempt().then(
        () => undefined,
        (e: unknown) => e,
      );
      expect(error).toBeInstanceOf(FourMError);
      log((error as Error).message);
      log((error as Error).stack);
    }
    for (const message of messages) {
      for (const secret of [TOKEN, PASSWORD, SIGNATURE]) expect(message).not.toContain(secret);
    }
  });

  test.each([`${TOKEN}\n${TOKEN}`, 'tökensecret', ' '])(
    'a token that is not allowed in a header: %j',
    async (token) => {
      const hub = await startHub({});
      const attempt = loadModel('a/b', { ...options, endpoint: hub.endpoint, token });
      await expect(attempt).rejects.toThrow(InvalidInputError);
      await expect(attempt).rejects.toThrow(/^(?!.*secret).*HF_TOKEN/);
      expect(hub.hub).toEqual([]);
    },
  );

  test('a token with a line end, as it is read from a file', async () => {
    const hub = await startHub({ 'a/b/model.safetensors': model });
    expect((await loadModel('a/b', { ...options, endpoint: hub.endpoint, token: `${TOKEN}\n` })).name).toBe('a/b');
    expect(new Set(hub.hub.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${TOKEN}`]));
  });
});

test('permanent failures are not repeated', async () => {
  const waits: number[] = [];
  const sleep = async (seconds: number) => void waits.push(seconds);
  await expect(loadModel('http://127.0.0.1:1719/pub', { ...options, sleep })).rejects.toThrow(/bad port/);
  expect(waits).toEqual([]);
});

test('a custom fetch is used for all requests', async () => {
  const urls: string[] = [];
  const own: typeof fetch = async (input, init) => {
    urls.push(String(input));
    const name = new URL(String(input)).pathname.split('/').at(-1)!;
    if (name !== 'model.safetensors') return new Response(null, { status: 404 });
    const [, start, last] = /=(\d+)-(\d+)/.exec(new Headers(init?.headers).get('range')!)!.map(Number);
    const end = Math.min(last! + 1, model.length);
    const headers = { 'content-range': `bytes ${start}-${end - 1}/${model.length}` };
    return new Response(new Uint8Array(model.subarray(start, end)), { status: 206, headers });
  };
  expect((await loadModel('https://nowhere.invalid/pub', { ...options, fetch: own })).modalities).toContain('clip');
  expect(urls.every((url) => url.startsWith('https://nowhere.invalid/pub/'))).toBe(true);
});
