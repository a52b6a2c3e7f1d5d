/**
 * Draws the gallery with a model, the entries that its modalities allow.
 *
 *     npm run gallery                               # the shipped model, into docs/gallery
 *     npm run gallery -- my-model out 07-editing    # another model, another folder, one entry
 */
import { join } from 'node:path';
import { loadModel, useBackend } from '../../src/index.js';
import { ensureFolder } from '../../src/io/folders.js';
import { writeFileAtomic } from '../../src/io/write-file.js';
import { encodePng } from '../../src/media/encode.js';
import { GALLERY } from './entries.js';

const [id = 'toybox', folder = 'docs/gallery', ...names] = process.argv.slice(2);
await useBackend('wasm');
const model = await loadModel(id);
await ensureFolder(folder);
for (const { name, modalities, draw } of GALLERY) {
  if (names.length > 0 && !names.includes(name)) continue;
  const missing = modalities.filter((modality) => !model.modalities.includes(modality));
  if (missing.length > 0) {
    console.log(`${name}: left out, ${model.name} has no ${missing.join(', ')}`);
    continue;
  }
  const file = join(folder, `${name}.png`);
  await writeFileAtomic(file, encodePng(await draw(model)));
  console.log(`written: ${file}`);
}
await model.dispose();
