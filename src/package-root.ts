// In a variable, since webpack takes `new URL(…, import.meta.url)` for a file that it has to bundle.
const here = import.meta.url;

/** The folder of the installed package: the parent of `src/`, or of `dist/` once built. Shipped models lie in it. */
export const PACKAGE_ROOT = new URL(/\/dist\/src\/[^/]*$/.test(here) ? '../../' : '../', here);
