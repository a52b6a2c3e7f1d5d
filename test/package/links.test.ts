import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../browser/site.js';

const [packed] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT, encoding: 'utf8' }),
) as [{ files: { path: string }[] }];
const paths = packed.files.map(({ path }) => path);

/** The anchors of a page's headings, as GitHub and npm make them. */
function anchors(page: string): string[] {
  const headings = Array.from(
    readFileSync(join(ROOT, page), 'utf8').matchAll(/^#+ (.*)$/gm),
    ([, heading]) => heading!,
  );
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.each(paths.filter((path) => path.endsWith('.md')))('every relative link of %s leads into the package', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  const targets = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => target!);
  const missing = targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? page : posix.join(posix.dirname(page), file);
    if (!paths.some((known) => known === path || known.startsWith(`${path}/`))) return true;
    return anchor !== undefined && !anchors(path).includes(anchor);
  });
  expect(missing).toEqual([]);
});
