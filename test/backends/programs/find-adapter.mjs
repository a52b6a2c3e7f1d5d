// Ends with status 0 where Dawn finds an adapter.
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
process.exit((await create([]).requestAdapter()) === null ? 1 : 0);
