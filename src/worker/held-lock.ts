/** The name of {@link heldLock}, when it is held. */
let name: Promise<string | undefined> | undefined;

/**
 * A Web Lock that this worker holds until it ends, so that others can wait for its end.
 *
 * @returns its name; undefined where there are no Web Locks (over http, in sandboxes)
 */
export function heldLock(): Promise<string | undefined> {
  name ??= hold();
  return name;
}

async function hold(): Promise<string | undefined> {
  const { locks } = navigator as Partial<Navigator>;
  if (!locks) return undefined;
  const own = `fourm-worker-${crypto.randomUUID()}`;
  return new Promise((resolve) => {
    const holdForEver = () => {
      resolve(own);
      return new Promise(() => {});
    };
    locks.request(own, holdForEver).catch(() => resolve(undefined));
  });
}
