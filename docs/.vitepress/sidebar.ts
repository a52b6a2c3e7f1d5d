/** The sidebar of the reference, from the pages that TypeDoc has written. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DefaultTheme } from 'vitepress';
import { ROOT } from './repository.js';

const FOLDER = join(ROOT, 'docs/reference');

export function reference(): DefaultTheme.SidebarItem[] {
  if (!existsSync(FOLDER)) return [];
  const pages = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md') && path !== 'index.md')
    .sort();
  return [
    { text: 'Reference', link: '/reference/' },
    {
      text: 'Modules',
      items: pages.map((path) => ({ text: nameOf(path), link: `/reference/${path.replace(/(index)?\.md$/, '')}` })),
    },
  ];
}

function nameOf(path: string): string {
  return path
    .replace(/(\/index)?\.md$/, '')
    .replaceAll('/namespaces/', '.')
    .replaceAll(/^fourm\./g, '');
}
