/** Extensions of the pages' Markdown: links into the repository, and code taken from it. */
import { posix } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';
import { addressOf, excerpt, filePage } from './repository.js';

/** A line `@code(examples/one-file/fourm.ts#encode)`. */
const CODE = /^@code\(([^#)\s]+)#([\w.]+)\)\s*$/;

/** Extends the renderer. Both rules fail the build where the repository has not what a page refers to. */
export function extendMarkdown(md: MarkdownRenderer): void {
  md.block.ruler.before(
    'paragraph',
    'repository_code',
    (state, startLine, _endLine, silent) => {
      const line = state.src.slice(state.bMarks[startLine]! + state.tShift[startLine]!, state.eMarks[startLine]);
      const match = CODE.exec(line);
      if (!match) return false;
      if (silent) return true;
      const [, path, symbol] = match as unknown as [string, string, string];
      const { code, line: first } = excerpt(path, symbol);
      const fence = state.push('fence', 'code', 0);
      fence.info = 'ts';
      fence.content = `${code}\n`;
      fence.map = [startLine, startLine + 1];
      fence.markup = '```';
      const where = state.push('html_block', '', 0);
      where.content = `<p class="code-from"><a href="${filePage(path)}#L${first}" target="_self">${path}</a>, line ${first}</p>\n`;
      state.line = startLine + 1;
      return true;
    },
    { alt: ['paragraph'] },
  );

  // An empty cell of a table's head heads nothing.
  md.core.ruler.push('empty_heads', ({ tokens }) => {
    tokens.forEach((token, i) => {
      if (token.type !== 'th_open' || tokens[i + 1]!.content.trim() !== '') return;
      token.tag = 'td';
      tokens[i + 2]!.tag = 'td';
    });
  });

  md.core.ruler.push('repository_links', (state) => {
    const from = documentOf(state.env);
    if (from === undefined) return;
    for (const token of state.tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type !== 'link_open') continue;
      const href = token.attrGet('href') ?? '';
      const address = withAnchor(from, addressOf(from, href) ?? href);
      if (address === href) continue;
      token.attrSet('href', address);
      if (address.startsWith('/source/')) token.attrSet('target', '_self');
    }
  });
}

/** TypeDoc keeps the underscores of names in anchors; VitePress, which makes the headings' ids, does not. */
function withAnchor(from: string, address: string): string {
  if (!from.startsWith('docs/reference/') || /^[a-z]+:|#property-/.test(address)) return address;
  return address.replace(/#.*$/, (anchor) => anchor.replaceAll('_', '-'));
}

/** The document that is rendered, from the root of the repository. */
function documentOf({ realPath, path }: { realPath?: string; path?: string }): string | undefined {
  const file = realPath ?? path;
  return file === undefined ? undefined : posix.relative(ROOT_FOLDER, file);
}

const ROOT_FOLDER = posix.resolve(import.meta.dirname, '../..');
