/** The folder of the installed package: the parent of `src/`, or of `dist/` once built. Shipped models lie in it. */
export const PACKAGE_ROOT = new URL(/\/dist\/src\/[^/]*$/.test(import.meta.url) ? '../../' : '../', import.meta.url);
