/** `installed.ts` in browsers, where there are no such packages: no bundler finds anything to resolve. */
export async function importInstalled(packageName: string): Promise<unknown> {
  throw new Error(`the package ${packageName} is for Node`);
}
