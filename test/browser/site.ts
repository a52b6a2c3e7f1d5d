/** Pages for tests: the package as it is installed, bundled, served, and opened in Chromium. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type Metafile } from 'esbuild';
import { bundleForNode } from '../../scripts/node-bundle.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The package as it is installed, from the present sources: `package.json` and what it points to. */
export async function layOutPackage(target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  await cp(join(ROOT, 'package.json'), join(target, 'package.json'));
  await symlink(join(ROOT, 'models'), join(target, 'models'));
  await linkDependencies(join(target, 'node_modules'));
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/**/*.ts', 'backends/**/*.ts'],
    outbase: '.',
    outdir: join(target, 'dist'),
    target: 'es2022',
  });
  for (const plain of ['wasm/threads/board.mjs', 'generated']) {
    await cp(join(ROOT, 'backends', plain), join(target, 'dist/backends', plain), { recursive: true });
  }
  await bundleForNode(target);
}

/** Links the package's dependencies, without optional packages, and esbuild, which the example needs. */
async function linkDependencies(target: string): Promise<void> {
  const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  for (const name of [...Object.keys(dependencies), 'esbuild']) {
    await mkdir(dirname(join(target, name)), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), join(target, name));
  }
}

/**
 * Lays out a page with one script, bundled as any web project would: no shims, nothing external.
 *
 * @param folder   has the package in `node_modules/fourm`; the page is its `index.html`
 * @param contents of the script
 */
export async function layOutPage(folder: string, contents: string): Promise<Metafile> {
  const { metafile } = await build({
    stdin: { contents, resolveDir: folder },
    nodePaths: [join(ROOT, 'node_modules')],
    outfile: join(folder, 'page.js'),
    bundle: true,
    format: 'esm',
    platform: 'browser',
    minify: true,
    metafile: true,
    logLevel: 'error',
  });
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><title>fourm</title><script type="module" src="page.js"></script>',
  );
  return metafile;
}

/** The `.wasm` files where a page finds them. */
export function layOutWasm(target: string): Promise<void> {
  return cp(join(ROOT, 'node_modules/@tensorflow/tfjs-backend-wasm/wasm-out'), target, { recursive: true });
}

/** The example page, as its users build it, and beside it `frames.html`, which counts frames. @returns what to serve */
export async function layOutExample(folder: string): Promise<string> {
  const example = join(folder, 'node_modules/fourm/examples/page');
  await layOutPackage(join(folder, 'node_modules/fourm'));
  await cp(join(ROOT, 'examples/page'), example, { recursive: true });
  const built = join(folder, 'site');
  await promisify(execFile)(process.execPath, [join(example, 'build.mjs'), built]);
  await cp(join(ROOT, 'test/browser/frames.js'), join(folder, 'frames.js'));
  await build({ entryPoints: [join(folder, 'frames.js')], outdir: built, bundle: true, format: 'esm' });
  await writeFile(join(built, 'frames.html'), '<!doctype html><script type="module" src="frames.js"></script>');
  return built;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** Result of a generation in `frames.html`. */
export interface Generated {
  readonly tokens: number[][];
  /** Frames that the page drew meanwhile. */
  readonly frames: number;
  /** How long it took, and the longest time between two frames, in milliseconds. */
  readonly took: number;
  readonly longest: number;
}

declare global {
  var start: (
    threads?: { page?: number; worker?: number },
    relaxedSimd?: boolean,
  ) => Promise<{ isolated: boolean; inPage: string; inWorker: string }>;
  var generateIn: (where: 'page' | 'worker', count: number) => Promise<Generated>;
}

/** A folder that is served. */
export interface Site {
  readonly url: string;
  close(): void;
}

/** With these, pages are cross-origin isolated, and so may have memory that threads share. */
export const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
} as const;

/** @param headers of every response */
export async function serveFolder(folder: string, headers: Readonly<Record<string, string>> = {}): Promise<Site> {
  const server = createServer(async ({ url = '' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const path = join(folder, pathname.endsWith('/') ? `${pathname}index.html` : pathname);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const content = await readFile(path).catch(() => undefined);
    if (content) response.setHeader('Content-Type', TYPES[extname(path)] ?? 'application/octet-stream');
    response.writeHead(content ? 200 : 404).end(content);
  });
  await new Promise<void>((listening) => server.listen(0, 'localhost', listening));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
