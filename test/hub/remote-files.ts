import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect } from 'vitest';
import type { ByteSource } from '../../src/checkpoints/byte-source.js';
import { DownloadError } from '../../src/errors.js';
import { hubFile } from '../../src/hub/location.js';
import type { RemoteOptions } from '../../src/hub/remote-file.js';
import { BEGINNING, remoteSource } from '../../src/hub/remote-source.js';
import { parseHubId } from '../../src/hub/repository.js';
import { type Fault, type HubServer, startHub } from './hub-server.js';

export const ID = 'EPFL-VILAB/4M_tokenizers_depth_8k_224-448';
export const PATH = `${ID}/model.safetensors`;
/** The file at {@link PATH}. */
export const DATA = randomBytes(3 * BEGINNING);

type OpenOptions = RemoteOptions & { readonly id?: string; readonly file?: string };

/** A Hub with one file, read without a cache. */
export interface RemoteTest {
  readonly hub: HubServer;
  /** Seconds that were waited before each further attempt. */
  readonly waits: number[];
  open(options?: OpenOptions, signal?: AbortSignal): Promise<ByteSource>;
  /** Reads the whole file and must fail with a typed error in one line. @returns its message */
  failure(options?: OpenOptions): Promise<string>;
}

/** Starts a Hub that ends with the test. */
export async function startRemoteTest(): Promise<RemoteTest> {
  const hub = await startHub({ [PATH]: DATA });
  const waits: number[] = [];
  const sleep = async (seconds: number) => void waits.push(seconds);
  const open = ({ id = ID, file = 'model.safetensors', ...rest }: OpenOptions = {}, signal?: AbortSignal) =>
    remoteSource(hubFile(hub.endpoint, parseHubId(id)!, file), { sleep, ...rest }, signal);
  return {
    hub,
    waits,
    open,
    async failure(options) {
      const error = await open(options)
        .then((source) => source.read(0, source.size))
        .catch((e: unknown) => e);
      expect(error).toBeInstanceOf(DownloadError);
      const { message } = error as DownloadError;
      expect(message).not.toContain('\n');
      return message;
    },
  };
}

/** Expects a source to have the bytes of {@link DATA}. */
export async function expectWhole(source: ByteSource): Promise<void> {
  expect(Buffer.compare(await source.read(0, source.size), DATA)).toBe(0);
}

/** Gives `answer` to the first `count` requests; the server answers the others. */
export function times(count: number, answer: (request: IncomingMessage, response: ServerResponse) => void): Fault {
  let left = count;
  return (request, response) => {
    if (left-- <= 0) return false;
    answer(request, response);
    return true;
  };
}
