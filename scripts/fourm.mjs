// `npm start` and `npm run fourm`: the command as the sources of this checkout have it, so that a change shows without a build.
// Run with `node --import tsx`.
import { generateIfStale } from './generated.mjs';

await generateIfStale();
await import('../src/cli/main.ts');
