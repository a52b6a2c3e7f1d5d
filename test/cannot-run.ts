import { describe, inject, type TestFunction, test } from 'vitest';
import { SKIPPED } from './summary.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Why this machine has no browser that pages could be tested in. */
    noBrowser: string | undefined;
    /** Why Node has no WebGPU on this machine. */
    noWebGpu: string | undefined;
  }
}

/** `describe`, or, where there is a reason why its tests cannot run here, `describe.skip` with that reason in its name. */
export function describeUnless(reason: string | undefined, name: string, tests: () => void): void {
  if (reason === undefined) describe(name, tests);
  else describe.skip(`${name} (${SKIPPED}${reason})`, tests);
}

/** `test` in the same way. */
export function testUnless(reason: string | undefined, name: string, run: TestFunction): void {
  if (reason === undefined) test(name, run);
  else test.skip(`${name} (${SKIPPED}${reason})`, run);
}

/** Tests of pages, in a browser. */
export function describeInBrowser(name: string, tests: () => void): void {
  describeUnless(inject('noBrowser'), name, tests);
}
