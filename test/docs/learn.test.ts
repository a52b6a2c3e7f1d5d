/** The examples of the pages for learners run as they stand. */
import { readdirSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { releaseBackend } from '../../backends/index.js';
import { blocksOf, runExamples } from './programs.js';

afterEach(releaseBackend);

const pages = ['learn', 'tour']
  .flatMap((folder) => readdirSync(`docs/${folder}`).map((file) => `docs/${folder}/${file}`))
  .filter((page) => page.endsWith('.md') && blocksOf(page).length > 0);

test('there are pages with examples', () => {
  expect(pages).toContain('docs/learn/start.md');
});

test.each(pages)('%s', runExamples, 120_000);
