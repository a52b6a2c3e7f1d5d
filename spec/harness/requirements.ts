/** The numbered requirements of the text, from its pages. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Requirement {
  readonly id: string;
  /** The page's file name, and its heading. */
  readonly page: string;
  readonly title: string;
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
      const title = /^# (.*)$/m.exec(text)?.[1] ?? page;
      const items = text.matchAll(/^- \*\*([A-Z]{2,3}-[1-9][0-9]*)\*\* (.*(?:\n {2}.*)*)/gm);
      return Array.from(items, ([, id, body]) => ({ id: id!, page, title, text: body!.replaceAll(/\s+/g, ' ') }));
    });
}
