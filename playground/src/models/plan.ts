/**
 * The downloads of a request, computed in advance: in the model's worker, the download steps of `generate` run with readers that only
 * count bytes.
 */

import { openNetwork } from '../../../src/api/codecs/network.js';
import { packageCodec } from '../../../src/api/codecs/package-codec.js';
import { codecOf } from '../../../src/api/codecs/published-codec.js';
import { checkpointAt, tokenizerCheckpoint } from '../../../src/api/loading/checkpoint.js';
import type { TokenizerOptions } from '../../../src/api/loading/load-codec.js';
import { packageAt } from '../../../src/api/loading/load-model.js';
import { type ModelSource, modelSource } from '../../../src/api/loading/model-source.js';
import { describePublished } from '../../../src/api/loading/published-package.js';
import { tokenizerFrom } from '../../../src/api/loading/tokenizer.js';
import { publishedVocabulary, wordPieceFrom } from '../../../src/api/loading/vocabulary.js';
import { ownConditions, ownInputs } from '../../../src/api/request/host-inputs.js';
import { downloadForRequest } from '../../../src/api/resources/download.js';
import { type ModelLoaders, type ModelParts, modelParts } from '../../../src/api/resources/model-parts.js';
import { parseModelPackage } from '../../../src/api/types/package.js';
import { readRuns } from '../../../src/checkpoints/read-runs.js';
import { openSafetensors, type SafetensorsSource } from '../../../src/checkpoints/safetensors.js';
import { storedConfig } from '../../../src/checkpoints/stored-config.js';
import type { HostInputs } from '../../../src/client.js';
import { blockRange, blocksOf } from '../../../src/hub/blocks.js';
import { LazyWeights } from '../../../src/nn/lazy-weights.js';
import { publishedTokenizer } from '../../../src/tokenizers/published/index.js';
import { buildTokenizer } from '../../../src/tokenizers/tokenizer.js';
import { parseFourMConfig } from '../../../src/transformer/config.js';
import { buildFourM } from '../../../src/transformer/model.js';
import { withLazyWeights } from '../../../src/transformer/task-weights.js';
import type { RequestOptions } from '../request.js';

/** A model as `loadModel` takes it. */
export interface PlannedModel {
  readonly id: string;
  readonly options: TokenizerOptions & { readonly text?: string | undefined };
}

/** The part of a file that a request needs. */
export interface FilePart {
  readonly file: string;
  /** Bytes to download: whole blocks, as the cache stores them. */
  readonly bytes: number;
  /** Bytes of the file. */
  readonly size: number;
}

/** A model of which only headers are read. */
export class DownloadPlan {
  readonly #parts: Promise<ModelParts>;
  /** By file: its size, and the blocks that were requested. */
  readonly #asked = new Map<string, { readonly size: number; readonly blocks: Set<number> }>();

  constructor({ id, options }: PlannedModel) {
    this.#parts = this.#open(id, options);
  }

  /**
   * The parts of files that a request needs. Calls must not overlap.
   *
   * @throws MemoryError if the request does not fit, and the errors of opening a tokenizer's file
   */
  async of(inputs: HostInputs, { to, conditions = [], ...rest }: RequestOptions): Promise<FilePart[]> {
    const parts = await this.#parts;
    this.#asked.clear();
    const options = { to, ...rest, conditions: await ownConditions(conditions) };
    await downloadForRequest(parts, [await ownInputs(inputs)], options);
    return Array.from(this.#asked, ([file, { size, blocks }]) => {
      const ranges = Array.from(blocks, (block) => blockRange(block, size));
      return { file, size, bytes: ranges.reduce((sum, { start, end }) => sum + end - start, 0) };
    });
  }

  async #open(id: string, options: PlannedModel['options']): Promise<ModelParts> {
    const files = await modelSource(id, options);
    const description = await packageAt(files);
    if (description === undefined) return this.#openPublished(files, options);
    const about = parseModelPackage(description, files.id);
    const checkpoint = await this.#openFile(files, about.model);
    const infos = Object.fromEntries(about.infos.map((info) => [info.name, info]));
    const transformer = withLazyWeights(buildFourM(parseFourMConfig(storedConfig(checkpoint)), infos), checkpoint);
    const text = async () => wordPieceFrom(await files.open(about.text));
    return modelParts(about, transformer, { text, ...this.#loaders(files, options) });
  }

  async #openPublished(files: ModelSource, options: PlannedModel['options']): Promise<ModelParts> {
    const { name, size, config: values, tensors } = await checkpointAt(files);
    const { about, config, infos } = describePublished(files.id, values, name);
    const transformer = withLazyWeights(buildFourM(config, infos), this.#counting(name, size, tensors));
    const text = () => publishedVocabulary(options.text, files, options);
    return modelParts(about, transformer, { text, ...this.#loaders(files, options) });
  }

  #loaders(files: ModelSource, options: PlannedModel['options']): Omit<ModelLoaders, 'text'> {
    return {
      codec: async (source) => {
        if (source.kind === 'published') {
          const own = await tokenizerCheckpoint(source.tokenizer, files, options.tokenizers ?? {}, options);
          const tensors = this.#counting(own.name, own.size, own.tensors);
          return codecOf(tokenizerFrom(publishedTokenizer(source.tokenizer), { ...own, tensors }));
        }
        const stored = await this.#openFile(files, source.tokenizer);
        const tokenizer = buildTokenizer(storedConfig(stored));
        return packageCodec(source, { tokenizer, weights: new LazyWeights(tokenizer.parameters.all, stored) });
      },
      network: async (file) => {
        const stored = await this.#openFile(files, file);
        return openNetwork(file, storedConfig(stored), stored);
      },
      local: false,
    };
  }

  async #openFile(files: ModelSource, file: string): Promise<SafetensorsSource> {
    const source = await files.open(file);
    return this.#counting(source.name, source.size, await openSafetensors(source));
  }

  /** A checkpoint whose `fetch` only counts bytes. */
  #counting(file: string, size: number, tensors: SafetensorsSource): SafetensorsSource {
    return {
      ...tensors,
      fetch: async (names) => {
        const asked = this.#asked.get(file) ?? { size, blocks: new Set<number>() };
        this.#asked.set(file, asked);
        const entries = Array.from(names, (name) => [name, tensors.tensors.get(name)!] as const);
        for (const { offset, byteLength } of readRuns(entries)) {
          for (const block of blocksOf({ start: offset, end: offset + byteLength })) asked.blocks.add(block);
        }
      },
    };
  }
}
