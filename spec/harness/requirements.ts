/** The numbered requirements of the text, from its pages. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Requirement {
  readonly id: string;
  /** The page's file name. */
  readonly page: string;
  /** The requirement as written, on one line. */
  readonly text: string;
}

const PAGES = fileURLToPath(new URL('..', import.meta.url));

/** All requirements, page by page in the order of the text. */
export function readRequirements(folder = PAGES): Requirement[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .sort()
    .flatMap((page) => {
      const text = readFileSync(join(folder, page), 'utf8');
      const items = text.matchAll(/^- \*\*([A-Z]{2,3}-[1-9][0-9]*)\*\* (.*(?:\n {2}.*)*)/gm);
      return Array.from(items, ([, id, body]) => ({ id: id!, page, text: body!.replaceAll(/\s+/g, ' ') }));
    });
}
