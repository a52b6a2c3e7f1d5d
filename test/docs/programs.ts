/** The TypeScript in documents: as programs, run as they stand. */
import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';
import { expect } from 'vitest';
import * as fourm from '../../src/index.js';

/** The blocks of TypeScript in a document. */
export function blocksOf(document: string): string[] {
  const markdown = readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8');
  return Array.from(markdown.matchAll(/^```ts\n(.*?)^```/gms), ([, code]) => code!);
}

/** Declarations of what examples take as given. */
export const GIVEN = `
import type { CacheStore, GenerationProgress, Model, Raster, RgbImage, tokenizers } from 'fourm';
declare global {
  const pngBytes: Uint8Array;
  const file: File;
  const [photo, otherPhoto, image]: RgbImage[] & [RgbImage, RgbImage, RgbImage];
  const photos: RgbImage[];
  const mask: Raster<Uint8Array>;
  const map: Raster<Float32Array>;
  const model: Model;
  const sharper: Model;
  const tokenizer: tokenizers.VqVae;
  const signal: AbortSignal;
  const myStore: CacheStore;
  const myFetch: typeof fetch;
  function onProgress(progress: GenerationProgress): void;
}
export {};
`;

/** Examples of a page and its worker are left out: `test/browser` has such a page. */
function runsInNode(code: string): boolean {
  return !code.includes('fourm/client');
}

/** One program of the blocks of a document. Later blocks see what earlier ones declare. */
export function joined(blocks: readonly string[]): string {
  return blocks.join('\n{\n') + '}'.repeat(blocks.length - 1);
}

const AsyncFunction = (async () => {}).constructor as new (
  ...args: string[]
) => (...values: unknown[]) => Promise<void>;

/** Runs the examples of a document. */
export async function runExamples(document: string): Promise<void> {
  const examples = blocksOf(document).filter(runsInNode);
  expect(examples.length).toBeGreaterThan(0);
  const code = joined(examples);
  for (const [, names] of code.matchAll(/^import \{ (.*) \} from 'fourm';$/gm)) {
    for (const name of names!.split(', ')) expect(fourm).toHaveProperty(name);
  }
  const imported = code.replace(/^import \{ (.*) \} from 'fourm';$/gm, 'const { $1 } = fourm;');
  const { rgb } = fourm.toybox.toyboxSample(3);
  const given = { fourm, pngBytes: fourm.encodePng(rgb), photo: rgb, otherPhoto: fourm.toybox.toyboxSample(4).rgb };
  const program = transformSync(imported, { loader: 'ts', target: 'es2022' }).code;
  await new AsyncFunction(...Object.keys(given), program)(...Object.values(given));
}
