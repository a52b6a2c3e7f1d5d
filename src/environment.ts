/**
 * An environment variable. It is undefined where there are none, as in a page, and where the program may not read it, as in Deno
 * without its permission `env`.
 */
export function environmentVariable(name: string): string | undefined {
  try {
    return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name];
  } catch {
    return undefined;
  }
}
