/**
 * fourm behind the protocol of the conformance kit (`spec/protocol.md`):
 *
 *     npm run -s conformance -- --impl 'node --import tsx spec/adapters/typescript/main.ts'
 *
 * Options: `--backend <name>`; `--mistake <name>`, which makes one of the mistakes of `mistakes.ts`; and `--edit <json>`, which
 * changes a place of a module (`tools/mutate.ts`).
 */
import { register } from 'node:module';
import { parseArgs } from 'node:util';
import type { BackendName } from '../../../backends/index.js';
import { MISTAKES } from './mistakes.js';

const { values: options } = parseArgs({
  options: {
    backend: { type: 'string', default: 'wasm' },
    mistake: { type: 'string' },
    edit: { type: 'string' },
  },
});
if (options.mistake !== undefined || options.edit !== undefined) {
  const edit = options.edit === undefined ? MISTAKES[options.mistake!] : JSON.parse(options.edit);
  if (!edit) throw new Error(`unknown mistake ${options.mistake}; known are ${Object.keys(MISTAKES).join(', ')}`);
  const root = new URL('../../../', import.meta.url).href;
  register('./edit-hook.mjs', import.meta.url, { data: { url: new URL(edit.file, root).href, ...edit } });
}
// Imported only now: the edit is of a module that is not loaded yet.
const { serve } = await import('./server.js');
await serve(options.backend as BackendName);
process.exit();
