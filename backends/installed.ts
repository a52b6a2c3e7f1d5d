/** Imports optional packages. In browsers `package.json` replaces this file by `not-installed.ts`. */

/**
 * Imports a package that users install themselves. The name is an argument, so that no bundler resolves it at build time and
 * fails if the package is not installed.
 *
 * @throws Node's error if it is not installed
 */
export async function importInstalled(packageName: string): Promise<unknown> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ packageName);
}
