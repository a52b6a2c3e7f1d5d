// Builds the site into out/site: the reference (TypeDoc), the pages (VitePress), the source files, the model and the playground.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourceFiles } from '../docs/.vitepress/repository.ts';
import { generateIfStale } from './generated.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const site = join(root, 'out/site');
const require = createRequire(import.meta.url);

/** Runs a command of the project; what it prints is shown if it fails. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const printed = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => printed.push(data));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) return resolve();
      process.stderr.write(Buffer.concat(printed));
      reject(new Error(`${command} ${args.join(' ')} ended with ${code}`));
    });
  });
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function sourcePage(title, body) {
  return `<!doctype html>
<html lang="en-GB">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} – fourm</title>
<style>
:root { color-scheme: light dark; font: 14px/1.5 ui-monospace, Menlo, Consolas, monospace }
body { margin: 0 auto; max-width: 132ch; padding: 1rem }
h1 { font-size: 1.1rem }
ol { padding-left: 5ch; margin: 0 }
li { white-space: pre-wrap; overflow-wrap: anywhere; padding-left: 1ch }
li:target { background: light-dark(#fff3b0, #4a4210) }
a { color: light-dark(#1d4fd8, #93b4ff) }
</style>
<main>
<h1>${title}</h1>
${body}
</main>
</html>
`;
}

/** A page for every source file, with an anchor for every line, and one for every folder. */
async function writeSourcePages() {
  const folders = new Map();
  await Promise.all(
    sourceFiles().map(async (path) => {
      for (let at = path; at.includes('/'); at = dirname(at)) {
        const entries = folders.get(dirname(at)) ?? new Set();
        folders.set(dirname(at), entries.add(at));
      }
      const lines = (await readFile(join(root, path), 'utf8')).trimEnd().split('\n');
      const list = lines.map((line, i) => `<li id="L${i + 1}">${escaped(line)}</li>`).join('\n');
      const target = join(site, 'source', `${path}.html`);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, sourcePage(path, `<ol>\n${list}\n</ol>`));
    }),
  );
  for (const [folder, entries] of folders) {
    const items = [...entries].sort().map((path) => {
      const href = folders.has(path) ? `${basename(path)}/index.html` : `${basename(path)}.html`;
      return `<li><a href="${href}">${basename(path)}</a></li>`;
    });
    await writeFile(join(site, 'source', folder, 'index.html'), sourcePage(folder, `<ul>\n${items.join('\n')}\n</ul>`));
  }
}

async function build() {
  await rm(site, { recursive: true, force: true });
  await rm(join(root, 'docs/reference'), { recursive: true, force: true });
  await generateIfStale();
  await run(process.execPath, [join(dirname(require.resolve('typedoc/package.json')), 'bin/typedoc')]);
  await run(process.execPath, [
    join(dirname(require.resolve('vitepress/package.json')), 'bin/vitepress.js'),
    'build',
    'docs',
  ]);
  await writeSourcePages();
  await cp(join(root, 'models/toybox'), join(site, 'models/toybox'), { recursive: true });
  const wasm = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  await cp(join(wasm, 'wasm-out'), join(site, 'wasm'), { recursive: true });
  if (existsSync(join(root, 'docs/gallery'))) {
    await cp(join(root, 'docs/gallery'), join(site, 'gallery'), { recursive: true });
  }
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  if (!scripts.playground) return;
  await run('npm', ['run', '-s', 'playground']);
  await cp(join(root, 'out/playground'), join(site, 'playground'), { recursive: true });
}

await build();
console.log(`the site is in ${site}`);
