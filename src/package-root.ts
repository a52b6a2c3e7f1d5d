// In a variable, since webpack takes `new URL(…, import.meta.url)` for a file that it has to bundle.
const here: string | undefined = import.meta.url;

/**
 * The folder of the installed package: the parent of `src/`, or of `dist/` once built. Shipped models lie in it. Undefined in
 * bundles of CommonJS, which do not know where they lie.
 */
export const PACKAGE_ROOT =
  here === undefined ? undefined : new URL(/\/dist\/src\/[^/]*$/.test(here) ? '../../' : '../', here);
