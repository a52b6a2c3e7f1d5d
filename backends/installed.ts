/** Optional packages, where they are installed. In browsers `package.json` puts `not-installed.ts` in this file's place. */

/**
 * Imports a package that users install themselves. The name is an argument, which no bundler takes for a constant: one that did would
 * look for the package, and fail where it is not.
 *
 * @throws whatever Node throws where it is not installed
 */
export async function importInstalled(packageName: string): Promise<unknown> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ packageName);
}
