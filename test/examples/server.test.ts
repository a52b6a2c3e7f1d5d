import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { decodeImage } from '../../src/media/decode.js';
import { encodePng } from '../../src/media/encode.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { layOutPackage, ROOT } from '../browser/site.js';
import { writeTinyModel } from '../cli/tiny-model.js';

let folder: string;
let server: ChildProcess;
let url: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-server-'));
  await layOutPackage(join(folder, 'node_modules/fourm'));
  await cp(join(ROOT, 'examples/server/server.js'), join(folder, 'server.mjs'));
  await useBackend('cpu');
  await writeTinyModel(join(folder, 'model'));
  server = spawn(process.execPath, [join(folder, 'server.mjs'), join(folder, 'model'), '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(server.stdout!), 'line');
  url = /http:\S+$/.exec(line)![0];
});
afterAll(async () => {
  server.kill();
  await rm(folder, { recursive: true });
});

const post = (name: string, body: BodyInit, signal?: AbortSignal) =>
  fetch(`${url}/${name}`, { method: 'POST', body, ...(signal && { signal }) });
const picture = () => Uint8Array.from(encodePng(toyboxSample(3).rgb));

test('several pictures at once become maps and texts', async () => {
  const [depth, again, det] = await Promise.all([
    post('depth', picture()),
    post('depth', picture()),
    post('det', picture()),
  ]);
  const [first, second] = [await depth!.arrayBuffer(), await again!.arrayBuffer()].map(
    (bytes) => new Uint8Array(bytes),
  );
  expect(decodeImage(first!)).toMatchObject({ width: 64, height: 64 });
  expect(second).toEqual(first);
  expect(await det!.json()).toMatchObject({ kind: 'detections', text: expect.any(String), objects: expect.any(Array) });
});

test('an upload that does not end is refused', async () => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write('POST /depth HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
  const chunk = `100000\r\n${'x'.repeat(2 ** 20)}\r\n`;
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
  });
  for (let sent = 0; answer === '' && sent < 200; sent++) {
    socket.write(chunk);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await vi.waitFor(() => expect(answer).toMatch(/^HTTP\/1\.1 413 /), 30_000);
  socket.destroy();
  expect((await post('caption', picture())).status).toBe(200);
});

test('an impossible request gets an error, and the next one a result', async () => {
  const wrong = await post('smell', picture());
  expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining("unknown modality 'smell'")]);
  expect((await post('depth', 'no picture')).status).toBe(400);
  const controller = new AbortController();
  const left = post('caption', picture(), controller.signal);
  controller.abort();
  await expect(left).rejects.toThrow();
  expect((await post('caption', picture())).status).toBe(200);
});
