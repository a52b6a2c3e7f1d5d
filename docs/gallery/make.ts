/**
 * Draws the gallery with a model, the entries that its modalities allow; those of example programs, which train the shipped model
 * further, only by name.
 *
 *     npm run gallery                          # the shipped model, into docs/gallery
 *     npm run gallery -- toybox docs/gallery 07 11    # some entries, by the beginnings of their names
 *     npm run gallery -- my-model out          # another model, another folder
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidInputError, loadModel, useBackend } from '../../src/index.js';
import { ensureFolder } from '../../src/io/folders.js';
import { writeFileAtomic } from '../../src/io/write-file.js';
import { encodePng } from '../../src/media/encode.js';
import { GALLERY, PROGRAMS } from './entries.js';

const SHIPPED = 'toybox';
const [id = SHIPPED, folder = 'docs/gallery', ...names] = process.argv.slice(2);
const all = [...GALLERY, ...PROGRAMS].map(({ name }) => name);
const unknown = names.find((start) => !all.some((name) => name.startsWith(start)));
if (unknown !== undefined) {
  throw new InvalidInputError(`no entry of the gallery begins with '${unknown}'; they are ${all.join(', ')}`);
}
const isChosen = ({ name }: { readonly name: string }) =>
  names.length === 0 || names.some((start) => name.startsWith(start));

async function write(name: string, png: Uint8Array): Promise<void> {
  const file = join(folder, `${name}.png`);
  await writeFileAtomic(file, png);
  console.log(`written: ${file}`);
}

/** The picture of a program of `examples/`. */
async function pictureOf(program: string, picture: string): Promise<Uint8Array> {
  const path = fileURLToPath(new URL(`../../examples/${program}`, import.meta.url));
  const temporary = await mkdtemp(join(tmpdir(), 'fourm-gallery-'));
  try {
    const { status } = spawnSync(process.execPath, [path, temporary], { stdio: 'inherit' });
    if (status !== 0) throw new Error(`${path} failed`);
    return await readFile(join(temporary, picture));
  } finally {
    await rm(temporary, { recursive: true });
  }
}

await ensureFolder(folder);
if (GALLERY.some(isChosen)) {
  await useBackend('wasm');
  const model = await loadModel(id);
  for (const { name, modalities, draw } of GALLERY.filter(isChosen)) {
    const missing = modalities.filter((modality) => !model.modalities.includes(modality));
    if (missing.length > 0) console.log(`${name}: left out, ${model.name} has no ${missing.join(', ')}`);
    else await write(name, encodePng(await draw(model)));
  }
  await model.dispose();
}
for (const { name, program, picture } of names.length > 0 ? PROGRAMS.filter(isChosen) : []) {
  if (id === SHIPPED) await write(name, await pictureOf(program, picture));
  else console.log(`${name}: left out, it is of the shipped model`);
}
