/** Replaces `installed.ts` in browsers, so that bundlers have nothing to resolve. */
export async function importInstalled(packageName: string): Promise<unknown> {
  throw new Error(`the package ${packageName} is for Node`);
}
