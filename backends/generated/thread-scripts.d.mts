/** The script of `threads/node-worker.mjs`, with all that it imports, as CommonJS. */
export const NODE_WORKER: string;
/** The script of `threads/web-worker.mjs`, with all that it imports. */
export const WEB_WORKER: string;
