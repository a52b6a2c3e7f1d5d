import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { extendMarkdown } from './markdown.js';
import { DOCUMENTS, ROOT } from './repository.js';
import { reference } from './sidebar.js';

const { browser, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  browser: Record<string, false | string>;
  scripts: Record<string, string>;
};

const EMPTY = '\0empty';

/**
 * Replaces what `package.json` replaces in browsers, by the paths of the sources, since figures import those and not `dist`. Figures
 * run in the browser alone, so pages are rendered without them.
 */
function replaceModules() {
  const source = (path: string) => join(ROOT, path.replace('./dist/', '').replace(/\.js$/, '.ts'));
  const replaced = new Map(Object.entries(browser).map(([from, to]) => [source(from), to && source(to)]));
  return {
    name: 'fourm:replace-modules',
    enforce: 'pre' as const,
    resolveId(id: string, importer: string | undefined, { ssr }: { ssr?: boolean }) {
      if (!importer || !id.startsWith('.')) return undefined;
      if (ssr && /\/LiveFigure\.vue/.test(importer)) return EMPTY;
      const target = join(importer, '..', id.replace(/\.js$/, '.ts'));
      return replaced.has(target) ? replaced.get(target) || EMPTY : undefined;
    },
    load: (id: string) => (id === EMPTY ? 'export default {};' : undefined),
  };
}

const CHAPTERS = [
  ['pixels', 'Pixels'],
  ['patches', 'Patches'],
  ['codebook', 'The codebook'],
  ['memcodes', 'Memcodes'],
  ['words', 'Words and coordinates'],
  ['masked-sample', 'A masked sample'],
  ['embeddings', 'Embeddings'],
  ['encoder', 'The encoder'],
  ['decoder', 'The decoder'],
  ['losses', 'Losses'],
  ['roar-step', 'One step of ROAR'],
  ['orders', 'Three orders of decoding'],
  ['guidance', 'Guidance'],
  ['diffusion', 'Decoding by diffusion'],
  ['training', 'Training'],
] as const;

export default defineConfig({
  title: 'fourm',
  description: '4M-21, the any-to-any vision model, in TypeScript: read it, see it move, change it.',
  lang: 'en-GB',
  srcDir: '..',
  outDir: '../out/site',
  cacheDir: '../node_modules/.cache/vitepress',
  srcExclude: [
    'README.md',
    'CONTRIBUTING.md',
    'docs/typedoc.md',
    '{dist,out,runs,coverage,test,bench,examples,playground}/**',
    '{src,backends,scripts}/**',
  ],
  rewrites: { ...DOCUMENTS, 'docs/:path(.*)': ':path' },
  // Pages that are not VitePress's; `scripts/docs.mjs` checks the links to them.
  ignoreDeadLinks: [/^\/(source|playground)\//],
  markdown: {
    config: extendMarkdown,
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  vite: {
    plugins: [replaceModules()],
    build: { target: 'es2022', chunkSizeWarningLimit: 2000 },
    worker: { format: 'es' },
    logLevel: 'warn',
  },
  transformPageData: ({ relativePath, frontmatter }) =>
    relativePath.startsWith('tour/') ? { frontmatter: { ...frontmatter, aside: false } } : undefined,
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/learn/start' },
      { text: 'Tour', link: '/tour/' },
      ...(scripts.playground ? [{ text: 'Playground', link: '/playground/', target: '_self' }] : []),
      { text: 'Guides', link: '/checkpoints' },
      { text: 'Reference', link: '/reference/' },
    ],
    sidebar: {
      '/reference/': reference(),
      '/': [
        {
          text: 'Learn',
          items: [
            { text: 'Start in 15 minutes', link: '/learn/start' },
            { text: 'Concepts', link: '/learn/concepts' },
            { text: 'Small examples', link: '/learn/examples' },
            { text: 'Glossary', link: '/glossary' },
            { text: 'The papers and the code', link: '/learn/papers' },
            { text: 'Exercises', link: '/learn/exercises' },
            { text: 'Questions', link: '/learn/questions' },
          ],
        },
        {
          text: 'The tour',
          items: [
            { text: 'One scene through the model', link: '/tour/' },
            ...CHAPTERS.map(([file, text], i) => ({ text: `${i + 1}. ${text}`, link: `/tour/${file}` })),
          ],
        },
        {
          text: 'Guides',
          items: [
            { text: 'Load a published checkpoint', link: '/checkpoints' },
            { text: 'In Node', link: '/node' },
            { text: 'In a page and a worker', link: '/browser' },
            { text: 'The playground', link: '/learn/playground' },
            { text: 'Add a modality', link: '/learn/add-a-modality' },
            { text: 'Train your own', link: '/learn/train' },
            { text: 'On a GPU', link: '/learn/gpu' },
            { text: 'Scale out', link: '/learn/scale' },
            { text: 'Evaluation', link: '/evaluation' },
            { text: 'Data at scale', link: '/scale' },
            { text: 'Test your port', link: '/test-your-port' },
          ],
        },
        {
          text: 'More',
          items: [
            { text: 'Architecture', link: '/architecture' },
            { text: 'Performance', link: '/performance' },
            { text: 'Gallery', link: '/learn/gallery' },
            { text: 'Model card', link: '/model-card' },
            { text: 'Specification', link: '/spec/' },
            { text: 'Changelog', link: '/changelog' },
          ],
        },
      ],
    },
    docFooter: { prev: 'Before', next: 'Next' },
  },
});
