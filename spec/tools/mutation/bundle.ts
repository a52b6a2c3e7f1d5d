import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BuildContext, context } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Inside node_modules, so that bundles find packages. */
const FOLDER = join(ROOT, 'node_modules/.cache/fourm-mutation', String(process.pid));

/** Bundles of our implementation with changed modules. Packages are external. */
export class Bundler {
  readonly #context: Promise<BuildContext>;
  #texts: ReadonlyMap<string, string> = new Map();
  #made = 0;

  constructor() {
    mkdirSync(FOLDER, { recursive: true });
    this.#context = context({
      entryPoints: [join(ROOT, 'spec/adapters/typescript/implementation.ts')],
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      write: false,
      logLevel: 'silent',
      plugins: [
        {
          name: 'texts',
          setup: (build) =>
            build.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
              const contents = this.#texts.get(path.slice(ROOT.length));
              return contents === undefined ? undefined : { contents, loader: 'ts' };
            }),
        },
      ],
    });
  }

  /**
   * @param texts modules by path from the root
   * @returns     the URL of the bundle; undefined if a module is not valid TypeScript
   */
  async bundle(texts: ReadonlyMap<string, string>): Promise<string | undefined> {
    this.#texts = texts;
    const built = await (await this.#context).rebuild().catch(() => undefined);
    if (!built) return undefined;
    const path = join(FOLDER, `${this.#made++}.mjs`);
    writeFileSync(path, built.outputFiles![0]!.contents);
    return pathToFileURL(path).href;
  }

  async close(): Promise<void> {
    await (await this.#context).dispose();
    rmSync(FOLDER, { recursive: true, force: true });
  }
}
