/**
 * The browser that pages are tested in, and the software Vulkan driver that WebGPU is tested on without a GPU. On Linux both come out of
 * the npm package `@sparticuz/chromium`; elsewhere an installed Chrome or Edge is taken.
 */
import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { access, chmod, constants, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createBrotliDecompress } from 'node:zlib';
import { type Browser, chromium, type LaunchOptions } from 'playwright-core';
import tar from 'tar-fs';

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** Contents of the package, unpacked. */
export interface Unpacked {
  readonly executable: string;
  /** Has `libvulkan.so.1`, the Vulkan loader, and SwiftShader, a Vulkan driver that computes on the CPU. */
  readonly folder: string;
  /** Says where SwiftShader is, for `VK_DRIVER_FILES`. */
  readonly vulkanDriver: string;
}

/** @returns undefined where the package has nothing that runs here */
export async function unpackChromium(): Promise<Unpacked | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const packed = join(MODULES, '@sparticuz/chromium/bin');
  const { version } = JSON.parse(await readFile(join(packed, '../package.json'), 'utf8'));
  const folder = join(await cacheFolder(), `chromium-${version}`);
  if (!existsSync(folder)) await unpackOnce(packed, folder);
  const executable = join(folder, 'chromium');
  return { executable, folder, vulkanDriver: join(folder, 'vk_swiftshader_icd.json') };
}

/** Below `node_modules`, or in the temporary folder where that may not be written. */
async function cacheFolder(): Promise<string> {
  const parent = await access(MODULES, constants.W_OK).then(
    () => join(MODULES, '.cache'),
    () => tmpdir(),
  );
  return join(parent, 'fourm-tests');
}

/** Whoever renames first wins, so processes that unpack at the same time, or die at it, do no harm. */
async function unpackOnce(packed: string, folder: string): Promise<void> {
  const partial = `${folder}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  try {
    await Promise.all([
      pipeline(decompressed(join(packed, 'chromium.br')), createWriteStream(join(partial, 'chromium'))),
      // Beside the executable, where Chromium looks for them.
      pipeline(decompressed(join(packed, 'swiftshader.tar.br')), unpackedInto(partial)),
      pipeline(decompressed(join(packed, 'fonts.tar.br')), unpackedInto(join(partial, 'fonts'))),
    ]);
    await chmod(join(partial, 'chromium'), 0o755);
    await useOwnFonts(join(partial, 'fonts'), join(folder, 'fonts'));
    await addMissingLibraries(packed, partial);
    await rename(partial, folder).catch((error) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Files get the owner that runs the tests: root of a user namespace may not give them away. */
function unpackedInto(folder: string) {
  // The option is missing in the types.
  const options: tar.ExtractOptions & { chown: boolean } = { chown: false };
  return tar.extract(folder, options);
}

function decompressed(file: string) {
  return createReadStream(file).pipe(createBrotliDecompress());
}

async function useOwnFonts(fonts: string, later: string): Promise<void> {
  const config = join(fonts, 'fonts.conf');
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replaceAll('/tmp/fonts', later));
}

/** NSS and expat, where the system has none. */
async function addMissingLibraries(packed: string, folder: string): Promise<void> {
  if (spawnSync(join(folder, 'chromium'), ['--version']).status === 0) return;
  await pipeline(decompressed(join(packed, 'al2023.tar.br')), unpackedInto(folder));
}

/** How to start the browser, or why there is none. `FOURM_CHROMIUM` names another one. */
export async function findBrowser(): Promise<LaunchOptions | string> {
  const named = process.env.FOURM_CHROMIUM;
  if (named !== undefined) return { executablePath: named };
  const unpacked = await unpackChromium();
  if (unpacked !== undefined) return { executablePath: unpacked.executable, env: environmentOf(unpacked) };
  for (const channel of ['chrome', 'msedge', 'chromium']) {
    const browser = await chromium.launch({ channel }).catch(() => undefined);
    if (browser === undefined) continue;
    await browser.close();
    return { channel };
  }
  return (
    `no Chrome, Edge or Chromium was found on ${process.platform}-${process.arch}: install one, or give its path in the ` +
    'environment variable FOURM_CHROMIUM'
  );
}

function environmentOf({ folder }: Unpacked): Record<string, string> {
  const env = { ...process.env, LD_LIBRARY_PATH: join(folder, 'lib') } as Record<string, string>;
  return existsSync('/etc/fonts') ? env : { ...env, FONTCONFIG_PATH: join(folder, 'fonts') };
}

/** @throws where no browser is found */
export async function startBrowser(): Promise<Browser> {
  const found = await findBrowser();
  if (typeof found === 'string') throw new Error(found);
  return chromium.launch({ ...found, args: ['--no-sandbox', '--enable-unsafe-webgpu', '--disable-quic'] });
}
