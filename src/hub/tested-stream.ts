import { DownloadError } from '../errors.js';
import type { Range } from './range-response.js';
import type { RemoteFile } from './remote-file.js';
import { agrees, rangeOf, type Sample } from './sample.js';

/** Takes bytes of a file, which begin at `at`. */
export type Sink = (bytes: Uint8Array, at: number) => Promise<void> | void;

/**
 * Streams parts of a remote file from a server that may ignore the start of ranges. With the first range that does not start at 0,
 * bytes that are already known are fetched again and compared, before any bytes are passed on.
 */
export class TestedStream {
  readonly #name: string;
  readonly #file: RemoteFile;
  readonly #sample: () => Promise<Sample | undefined>;
  #tested: boolean;

  /**
   * @param sample finds bytes that are already known; without any, the server is not tested
   * @param tested whether the server has already been tested
   */
  constructor(name: string, file: RemoteFile, sample: () => Promise<Sample | undefined>, tested: boolean) {
    this.#name = name;
    this.#file = file;
    this.#sample = sample;
    this.#tested = tested;
  }

  /** As {@link RemoteFile.stream}. @throws DownloadError also if the server sends other bytes than those that are known */
  async stream(range: Range, sink: Sink, signal?: AbortSignal): Promise<void> {
    if (range.start === 0) return this.#file.stream(range, sink, signal);
    const tested = this.#test(signal);
    tested.catch(() => {});
    await this.#file.stream(
      range,
      async (bytes, at) => {
        await tested;
        await sink(bytes, at);
      },
      signal,
    );
  }

  async #test(signal: AbortSignal | undefined): Promise<void> {
    if (this.#tested) return;
    const sample = await this.#sample();
    if (sample && sample.start > 0) {
      const bytes = new Uint8Array(sample.bytes.length);
      const range = rangeOf(sample);
      await this.#file.stream(range, (part, at) => bytes.set(part, at - sample.start), signal);
      if (!agrees(sample, sample.start, bytes)) {
        throw new DownloadError(
          `cannot fetch ${this.#name}: the server sent other bytes for ${range.start}-${range.end - 1} than before`,
        );
      }
    }
    this.#tested = true;
  }
}
