import { writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../../backends/index.js';
import { type LoadOptions, loadModel } from '../../../src/api/loading/load-model.js';
import { loadTokenizer } from '../../../src/api/loading/load-tokenizer.js';
import { CancelledError } from '../../../src/errors.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { trainToyboxVocabulary } from '../../../src/toybox/training/vocabulary.js';
import { writeTinyModel } from '../../cli/tiny-model.js';
import { type HubServer, serve } from '../../hub/hub-server.js';
import { CLIP_ID, MODEL_FILE, MODEL_ID, startHubModel } from './published/hub-model.js';

const { rgb } = toyboxSample(3);

let hub: HubServer;
let folder: string;
let options: LoadOptions;

beforeAll(() => useBackend('wasm'));
afterAll(releaseBackend);
beforeEach(async () => {
  ({ hub, folder, options } = await startHubModel());
});

type Stall = (response: ServerResponse) => void;
/** Ways in which a server does not respond. None of them ends, and none counts as silence. */
const STALLS: [string, Stall][] = [
  ['sends nothing', () => {}],
  [
    'sends a byte now and then',
    (response) => {
      response.writeHead(206, {
        etag: '"storage"',
        'content-range': response.req.headers.range!.replace(/^bytes=(\d+)-(\d+)$/, `bytes $1-$2/${MODEL_FILE.length}`),
      });
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    },
  ],
];

/** Stalls requests for parts that do not begin the file, and lets a signal fire once one is made. */
function stallWeights(stall: Stall): AbortSignal {
  const controller = new AbortController();
  hub.storageFault = (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers.range?.startsWith('bytes=0-')) return false;
    stall(response);
    setTimeout(() => controller.abort(), 50);
    return true;
  };
  return controller.signal;
}

/** A signal that fires when a server is asked, and the address of that server, which never answers. */
async function silentServer(): Promise<{ address: string; signal: AbortSignal }> {
  const controller = new AbortController();
  const address = await serve(() => void setTimeout(() => controller.abort(), 50));
  return { address, signal: controller.signal };
}

describe.each(STALLS)('a server that %s', (_, stall) => {
  test('a signal ends waiting for weights', async () => {
    const loaded = await loadModel(MODEL_ID, options);
    const signal = stallWeights(stall);
    await expect(loaded.generate({ rgb }, { to: ['clip'], signal })).rejects.toThrow(CancelledError);
    await loaded.dispose();
  });

  test('other models can be used meanwhile', async () => {
    await writeTinyModel(folder);
    const [loaded, local] = [await loadModel(MODEL_ID, options), await loadModel(folder)];
    stallWeights(stall);
    const controller = new AbortController();
    const stalled = loaded.generate({ rgb }, { to: ['clip'], signal: controller.signal });
    stalled.catch(() => {});
    const { depth } = await local.generate({ rgb }, { to: ['depth'], decoding: { depth: { steps: 1 } } });
    expect(depth.kind).toBe('image');
    await local.dispose();
    controller.abort();
    await expect(stalled).rejects.toThrow(CancelledError);
    await loaded.dispose();
  });
});

describe('a signal ends waiting', () => {
  test('for the headers of a model and of a tokenizer', async () => {
    for (const load of [() => loadModel, () => loadTokenizer]) {
      const { address, signal } = await silentServer();
      const id = load() === loadTokenizer ? CLIP_ID : MODEL_ID;
      await expect(load()(id, { ...options, endpoint: address, signal })).rejects.toThrow(CancelledError);
    }
  });

  test('for a header longer than the first request', async () => {
    const controller = new AbortController();
    const length = new Uint8Array(new BigUint64Array([900_000n]).buffer);
    hub.files.set(`${MODEL_ID}/model.safetensors`, Buffer.concat([length, Buffer.alloc(1_000_000, 0x20)]));
    hub.storageFault = ({ headers }) => {
      if (headers.range?.startsWith('bytes=0-')) return false;
      setTimeout(() => controller.abort(), 50);
      return true;
    };
    await expect(loadModel(MODEL_ID, { ...options, signal: controller.signal })).rejects.toThrow(CancelledError);
  });

  test('for the vocabulary', async () => {
    const { address, signal } = await silentServer();
    const loaded = await loadModel(MODEL_ID, { ...options, text: `${address}/vocabulary.json` });
    await expect(loaded.generate({ caption: 'a ball' }, { to: ['clip'], signal })).rejects.toThrow(CancelledError);
  });

  test('for a tokenizer of a model, and for its weights', async () => {
    const { address, signal } = await silentServer();
    const tokenizers = { [CLIP_ID]: `${address}/clip.safetensors` };
    const loaded = await loadModel(MODEL_ID, { ...options, tokenizers });
    await expect(loaded.reconstruct('clip', [features()], { signal })).rejects.toThrow(CancelledError);
    const other = await loadModel(MODEL_ID, options);
    const firing = stallWeights(() => {});
    await expect(other.reconstruct('clip', [features()], { signal: firing })).rejects.toThrow(CancelledError);
  });

  test('for the weights of a tokenizer by itself', async () => {
    const tokenizer = await loadTokenizer(CLIP_ID, options);
    await expect(
      tokenizer.tokenize(
        features(),
        undefined,
        stallWeights(() => {}),
      ),
    ).rejects.toThrow(CancelledError);
  });

  test('of one request only, not of another one for the same tokenizer', async () => {
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      hub.hubFault = (request, response) => {
        if (!request.url!.includes('CLIP')) return false;
        hub.hubFault = undefined;
        answer = () => response.writeHead(302, { location: request.url! }).end();
        resolve();
        return true;
      };
    });
    const loaded = await loadModel(MODEL_ID, options);
    const controller = new AbortController();
    const first = loaded.reconstruct('clip', [features()], { signal: controller.signal });
    const second = loaded.reconstruct('clip', [features()]);
    await asked;
    controller.abort();
    await expect(first).rejects.toThrow(CancelledError);
    answer();
    expect((await second)[0]!.kind).toBe('features');
  });

  test('to dispose of a model that waits for its weights', async () => {
    const loaded = await loadModel(MODEL_ID, options);
    stallWeights(() => {});
    const controller = new AbortController();
    const stalled = loaded.generate({ rgb }, { to: ['clip'], signal: controller.signal });
    stalled.catch(() => {});
    await expect(loaded.dispose({ signal: AbortSignal.timeout(100) })).rejects.toThrow(CancelledError);
    controller.abort();
    await expect(stalled).rejects.toThrow(CancelledError);
    await loaded.dispose();
  });
});

test("without a cache, weights downloaded before a request's turn are not downloaded again", async () => {
  const text = join(folder, 'vocabulary.json');
  await writeFile(text, JSON.stringify(trainToyboxVocabulary(20)));
  const loaded = await loadModel(MODEL_ID, { ...options, cache: false, text });
  await loaded.generate({ caption: 'a ball' }, { to: ['clip'], decoding: { clip: { steps: 1 } } });
  const blocks = hub.storage.map(({ path, range }) => `${path} ${range}`);
  expect(new Set(blocks).size).toBe(blocks.length);
});

function features() {
  const data = Float32Array.from({ length: 196 * 512 }, (_, i) => Math.sin(i));
  return { width: 14, height: 14, channels: 512, data };
}
