/** Access of the site to the repository: files, parts of them by name, and the pages that links to files lead to. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Folders whose files have pages on the site. */
const SHOWN = ['src', 'backends', 'examples', 'spec', 'docs/exercises', 'docs/.vitepress/figures'];

/** Text files of the repository that have a page on the site, below `/source/`. */
export function sourceFiles(): string[] {
  const all = SHOWN.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => posix.join(folder, path)),
  );
  const left = /^(backends\/generated|spec\/vectors)\//;
  return all.filter((path) => /\.(ts|js|mjs|json|py|html)$|\/VERSION$/.test(path) && !left.test(path)).sort();
}

/** A part of a source file. */
export interface Excerpt {
  readonly code: string;
  /** Number of its first line, from 1. */
  readonly line: number;
}

/**
 * A declaration at the top level of a source file, or a method of a class (`Model.generate`), with its comment.
 *
 * @throws Error naming the file and the symbol, if either does not exist
 */
export function excerpt(path: string, symbol: string): Excerpt {
  const file = parsed(path);
  const [name, member] = symbol.split('.');
  const found = file.statements.find((statement) => declaredNames(statement).includes(name!));
  const part = member === undefined || !found ? found : memberOf(found, member);
  if (!part) throw new Error(`${path} declares no '${symbol}'`);
  const comments = ts.getLeadingCommentRanges(file.text, part.getFullStart()) ?? [];
  // The first comment of a file may be the file's, with another behind it.
  const start = comments.at(-1)?.pos ?? part.getStart(file);
  const line = file.getLineAndCharacterOfPosition(start).line;
  const lines = file.text.slice(file.getPositionOfLineAndCharacter(line, 0), part.getEnd()).split('\n');
  const indent = /^ */.exec(lines[0]!)![0].length;
  return { code: lines.map((text) => text.slice(indent)).join('\n'), line: line + 1 };
}

/** Names that a file declares at the top level. */
export function declarations(path: string): string[] {
  return parsed(path).statements.flatMap(declaredNames);
}

const files = new Map<string, ts.SourceFile>();

function parsed(path: string): ts.SourceFile {
  const known = files.get(path);
  if (known) return known;
  const absolute = join(ROOT, path);
  if (!existsSync(absolute)) throw new Error(`the repository has no file ${path}`);
  const file = ts.createSourceFile(path, readFileSync(absolute, 'utf8'), ts.ScriptTarget.Latest, true);
  files.set(path, file);
  return file;
}

function declaredNames(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const named =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return named && statement.name ? [statement.name.text] : [];
}

function memberOf(statement: ts.Statement, name: string): ts.Node | undefined {
  if (!ts.isClassDeclaration(statement) && !ts.isInterfaceDeclaration(statement)) return undefined;
  return statement.members.find((member) => member.name?.getText() === name);
}

/** Documents outside `docs/` that are pages of the site, and which. */
export const DOCUMENTS: Readonly<Record<string, string>> = {
  'README.md': 'index.md',
  'models/toybox/README.md': 'model-card.md',
  'CHANGELOG.md': 'changelog.md',
  'spec/README.md': 'spec/index.md',
};

/**
 * The address on the site of what a document links to.
 *
 * @param from the document, from the root of the repository
 * @param link as it stands there
 * @returns    undefined for links to other sites and to anchors, and for those that begin with /, which stay as they are
 * @throws Error if the link leads to a file that does not exist, or that the site does not show
 */
export function addressOf(from: string, link: string): string | undefined {
  if (/^([a-z]+:|\/|#)/.test(link)) return undefined;
  const [file, anchor] = link.split('#') as [string, string | undefined];
  const path = posix.join(posix.dirname(from), file).replace(/\/$/, '');
  const absolute = join(ROOT, path);
  if (!existsSync(absolute)) throw new Error(`${from} links to ${path}, which does not exist`);
  const page = path.endsWith('.md')
    ? pageOf(path)
    : statSync(absolute).isDirectory()
      ? folderPage(path)
      : filePage(path);
  if (page === undefined) throw new Error(`${from} links to ${path}, which the site does not show`);
  return anchor === undefined ? page : `${page}#${anchor}`;
}

function pageOf(path: string): string | undefined {
  const page = DOCUMENTS[path] ?? (path.startsWith('docs/') ? path.slice('docs/'.length) : path);
  if (page === path && !path.startsWith('spec/')) return undefined;
  return `/${page.replace(/\.md$/, '')}`.replace(/\/index$/, '/');
}

/** The page of a source file. */
export function filePage(path: string): string | undefined {
  return isShown(path) ? `/source/${path}.html` : undefined;
}

function folderPage(path: string): string | undefined {
  return isShown(path) ? `/source/${path}/index.html` : undefined;
}

function isShown(path: string): boolean {
  return SHOWN.some((folder) => path === folder || path.startsWith(`${folder}/`));
}
