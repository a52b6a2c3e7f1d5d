/** The report of `fourm eval`: a table in Markdown, all figures as JSON, and a page with the best and worst scenes. */
import { gapOf, scoreCells, scoreTable } from '../evaluation/report.js';
import { encodePng } from '../media/encode.js';
import type { RgbImage } from '../media/raster.js';
import type { EvaluationTask } from '../toybox/evaluation/evaluation-task.js';
import type { Study, StudyReport } from '../toybox/evaluation/study.js';
import type { Example, TaskReport } from '../toybox/evaluation/task-scores.js';

/** A task that the model cannot do. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/** All that was measured. */
export interface EvaluationReport {
  /** The model, and how it was evaluated. */
  readonly about: Readonly<Record<string, string | number>>;
  /** Sentences about how it was measured. */
  readonly notes: readonly string[];
  readonly tasks: readonly TaskReport[];
  readonly studies: readonly StudyReport[];
  readonly leftOut: readonly LeftOut[];
}

/** The files that a report can have. @param out the Markdown file */
export function filesOf(
  out: string,
  tasks: readonly Pick<EvaluationTask, 'name' | 'exportedFiles'>[],
  studies: readonly Pick<Study, 'name' | 'hasPicture'>[],
): string[] {
  const base = baseOf(out);
  const exported = tasks.flatMap(({ name, exportedFiles }) => exportedFiles.map((end) => `${base}-${name}-${end}`));
  const pictures = studies.filter(({ hasPicture }) => hasPicture).map(({ name }) => `${base}-${name}.png`);
  return [out, `${base}.json`, `${base}.html`, ...pictures, ...exported];
}

/** The files of a report and their contents. @param out the Markdown file */
export function pagesOf(report: EvaluationReport, out: string): [file: string, content: string | Uint8Array][] {
  const base = baseOf(out);
  const pictures = report.studies.flatMap(({ study, picture }): [string, Uint8Array][] =>
    picture ? [[`${base}-${study}.png`, encodePng(picture)]] : [],
  );
  const exported = report.tasks.flatMap(({ task, files = {} }) =>
    Object.entries(files).map(([end, content]): [string, string] => [
      `${base}-${task}-${end}`,
      `${JSON.stringify(content)}\n`,
    ]),
  );
  return [
    [out, `${markdownOf(report)}\n`],
    [`${base}.json`, `${jsonOf(report)}\n`],
    [`${base}.html`, htmlOf(report)],
    ...pictures,
    ...exported,
  ];
}

function baseOf(out: string): string {
  return out.replace(/\.md$/, '');
}

function rowsOf({ tasks, studies }: EvaluationReport) {
  return [...tasks, ...studies].flatMap(({ rows }) => rows);
}

/** The table, notes, and what was left out. */
export function markdownOf(report: EvaluationReport): string {
  const { studies, leftOut } = report;
  const notes = [report, ...studies].flatMap(({ notes }) => notes);
  const missing = leftOut.map(({ name, reason }) => `- \`${name}\`: ${reason}`);
  const parts = [
    scoreTable(rowsOf(report)),
    ...notes.map((line) => `${line}\n`),
    ...(missing.length > 0 ? [`Left out:\n\n${missing.join('\n')}\n`] : []),
  ];
  return parts.join('\n').trimEnd();
}

/** All figures, with the share of the gap that is closed. */
export function jsonOf(report: EvaluationReport): string {
  const rows = rowsOf(report).map((row) => ({ ...row, gapClosed: gapOf(row) }));
  const studies = Object.fromEntries(report.studies.map(({ study, figures }) => [study, figures]));
  return JSON.stringify({ ...report.about, rows, studies, leftOut: report.leftOut }, null, 2);
}

/** A page without any other file. */
function htmlOf(report: EvaluationReport): string {
  const { about, tasks, studies, leftOut } = report;
  const [head, ...body] = scoreCells(rowsOf(report));
  const line = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  const sections = [
    `<table><thead>${line('th', head!)}</thead><tbody>${body.map((cells) => line('td', cells)).join('\n')}</tbody></table>`,
    ...[report, ...studies].flatMap(({ notes }) => notes.map((text) => `<p>${escaped(text)}</p>`)),
    ...(leftOut.length === 0
      ? []
      : [
          '<h2>Left out</h2><ul>',
          ...leftOut.map(({ name, reason }) => `<li><code>${escaped(name)}</code>: ${escaped(reason)}</li>`),
          '</ul>',
        ]),
    ...tasks.map(taskSection),
    ...studies.map(({ study, picture }) =>
      picture ? `<h2>${escaped(study)}</h2>${imageTag(picture, study, 'sheet')}` : '',
    ),
  ];
  const facts = Object.entries(about).map(([name, value]) => `${name}: ${value}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>fourm eval: ${escaped(`${about.model}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Evaluation of ${escaped(`${about.model}`)}</h1>
<p>${escaped(facts.join(', '))}</p>
${sections.join('\n')}
</body>
</html>
`;
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #21252b; background: #f7f6f2 }
table { border-collapse: collapse; background: #fff } th, td { border: 1px solid #c4c7cc; padding: .25rem .6rem; text-align: right }
th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left }
.scenes { display: flex; flex-wrap: wrap; gap: 1rem } figure { margin: 0; background: #fff; border: 1px solid #c4c7cc; padding: .5rem }
figure div { display: flex; gap: .4rem } figure img, figure p { width: 128px; height: 128px; margin: 0; image-rendering: pixelated; object-fit: contain }
figure p { overflow: auto; font-size: 12px } figcaption { font-size: 12px; color: #606770 } .sheet { max-width: 100% }
`;

function taskSection({ task, rows, best, worst }: TaskReport): string {
  const metric = rows[0]?.metric ?? '';
  const group = (title: string, examples: readonly Example[]) =>
    examples.length === 0
      ? ''
      : `<h3>${title}</h3><div class="scenes">${examples.map((example) => exampleFigure(example, metric)).join('\n')}</div>`;
  return `<h2>${escaped(task)}</h2>${group('Best scenes', best)}${group('Worst scenes', worst)}`;
}

function exampleFigure({ name, score, input, predicted, truth }: Example, metric: string): string {
  const parts = [input, predicted, truth].map((content, i) => {
    const title = ['picture', 'predicted', 'true'][i]!;
    return typeof content === 'string' ? `<p>${escaped(content)}</p>` : imageTag(content, title);
  });
  const caption = `${name}: ${metric} ${score.toPrecision(3)}; picture, predicted, true`;
  return `<figure><div>${parts.join('')}</div><figcaption>${escaped(caption)}</figcaption></figure>`;
}

function imageTag(image: RgbImage, title: string, className = ''): string {
  const data = Buffer.from(encodePng(image)).toString('base64');
  return `<img class="${className}" alt="${escaped(title)}" src="data:image/png;base64,${data}">`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
