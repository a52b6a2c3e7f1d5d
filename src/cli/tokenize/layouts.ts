/** The layouts of ml-4m: tar shards, a file for each modality with the same keys in the same order, and folders. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureFolder } from '../../io/folders.js';
import { type TarFile, writeTar } from '../../io/tar.js';
import { removeTemporariesOf, writeFileAtomic } from '../../io/write-file.js';
import { CROP_SETTINGS, type SampleFile } from './sample-files.js';

/** Samples that are written together. */
export interface Block {
  /** Its number in the dataset, from 0 on. */
  readonly number: number;
  /** First sample, and the one after the last. */
  readonly start: number;
  readonly end: number;
}

/** A sample, tokenized. */
export interface NamedSample {
  /** `<class>/<name>` */
  readonly key: string;
  readonly files: readonly SampleFile[];
}

/** How samples are written. Complete blocks and samples are not made again. */
export interface Layout {
  isComplete(block: Block, key: (index: number) => string): boolean;
  /** Writes a block, its last file last. @param samples yields them in order */
  write(block: Block, samples: AsyncIterable<NamedSample>): Promise<void>;
  /** Whether a sample of an unfinished block is there. */
  hasSample(key: string): boolean;
}

/** The names of layouts on the command line. */
export const LAYOUTS = ['shards', 'folders'] as const;
/** One of {@link LAYOUTS}. */
export type LayoutName = (typeof LAYOUTS)[number];

/** @param out the folder of the dataset */
export function layoutNamed(name: LayoutName, out: string): Layout {
  return name === 'shards' ? shards(out) : folders(out);
}

/** The file name of a shard. */
function shardName(number: number): string {
  return `shard-${String(number).padStart(5, '0')}.tar`;
}

/** `<modality>/<shard>.tar` with `<key>.<extension>`. */
function shards(out: string): Layout {
  return {
    isComplete: ({ number }) => existsSync(join(out, CROP_SETTINGS, shardName(number))),
    hasSample: () => false,
    async write({ number }, samples) {
      const modalities = new Map<string, TarFile[]>();
      for await (const { key, files } of samples) {
        for (const { modality, extension, content } of files) {
          const own = modalities.get(modality) ?? [];
          own.push({ name: `${key}.${extension}`, content });
          modalities.set(modality, own);
        }
      }
      // Without any sample, the shard is an empty one of the modality that marks it as complete.
      if (modalities.size === 0) modalities.set(CROP_SETTINGS, []);
      for (const [modality, files] of modalities) {
        await writeOwnFile(join(out, modality, shardName(number)), writeTar(files));
      }
    },
  };
}

/** `<modality>/<class>/<name>.<extension>`. */
function folders(out: string): Layout {
  const hasSample = (key: string) => existsSync(join(out, CROP_SETTINGS, `${key}.npy`));
  return {
    hasSample,
    isComplete: ({ start, end }, key) =>
      Array.from({ length: end - start }, (_, i) => key(start + i)).every((own) => hasSample(own)),
    async write(_, samples) {
      for await (const { key, files } of samples) {
        for (const { modality, extension, content } of files) {
          await writeOwnFile(join(out, modality, `${key}.${extension}`), content);
        }
      }
    },
  };
}

/** Writes a file that no other process writes, so that temporary files of it are of a killed one. */
async function writeOwnFile(path: string, content: Uint8Array): Promise<void> {
  await ensureFolder(dirname(path));
  await removeTemporariesOf(path);
  await writeFileAtomic(path, content);
}
