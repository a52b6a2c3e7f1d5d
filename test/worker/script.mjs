// The worker's script from its sources.
import { register } from 'tsx/esm/api';

register();
await import('../../src/worker/script.ts');
