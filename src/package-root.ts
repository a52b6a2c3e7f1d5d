// In a variable, since webpack takes `new URL(…, import.meta.url)` for a file that it has to bundle.
const here: string | undefined = import.meta.url;

/**
 * The folder of the installed package: the parent of `src/`, or of `dist/` once built or bundled. It contains the shipped models. Undefined in
 * CommonJS bundles, which do not know their location.
 */
export const PACKAGE_ROOT =
  here === undefined ? undefined : new URL(/\/dist\/(src|node)\/[^/]*$/.test(here) ? '../../' : '../', here);
