/**
 * fourm behind the protocol of the conformance kit (`spec/protocol.md`):
 *
 *     npm run -s conformance -- --impl 'node --import tsx spec/adapters/typescript/main.ts'
 *
 * Options: `--backend <name>`; and `--mistake <name>`, which makes one of the mistakes of `mistakes.ts`.
 */
import { register } from 'node:module';
import { parseArgs } from 'node:util';
import type { BackendName } from '../../../backends/index.js';
import { MISTAKES } from './mistakes.js';

const { values: options } = parseArgs({
  options: {
    backend: { type: 'string', default: 'wasm' },
    mistake: { type: 'string' },
  },
});
if (options.mistake !== undefined) {
  const edit = MISTAKES[options.mistake];
  if (!edit) throw new Error(`unknown mistake ${options.mistake}; known are ${Object.keys(MISTAKES).join(', ')}`);
  const root = new URL('../../../', import.meta.url).href;
  register('./edit-hook.mjs', import.meta.url, { data: { url: new URL(edit.file, root).href, ...edit } });
}
// Imported here, since modules can only be edited before they are loaded.
const { serve } = await import('./server.js');
await serve(options.backend as BackendName);
process.exit();
