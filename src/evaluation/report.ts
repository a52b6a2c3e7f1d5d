import { checkFinite } from './checks.js';

/** Whether a figure is an error (`lower` is better) or a score (`higher` is better). */
export type Better = 'lower' | 'higher';

/**
 * The share of the distance between the trivial predictor and the ceiling that a model closes: 0 for a model as good as the
 * trivial predictor, 1 for one as good as the ceiling. It is negative for a worse model, and above 1 for a better one.
 *
 * @param trivial the metric of a predictor without any input
 * @param ceiling the best attainable value, such as the metric of the tokenizer's own reconstruction
 * @returns       null where the ceiling is no better than the trivial predictor
 * @throws {InvalidInputError} for NaN or an infinity
 */
export function gapClosed(trivial: number, model: number, ceiling: number, better: Better): number | null {
  checkFinite("the trivial predictor's figure", trivial);
  checkFinite("the model's figure", model);
  checkFinite("the ceiling's figure", ceiling);
  const gap = better === 'lower' ? trivial - ceiling : ceiling - trivial;
  const gain = better === 'lower' ? trivial - model : model - trivial;
  return gap > 0 ? gain / gap : null;
}

/** A line of a score table. */
export interface ScoreRow {
  /** The predicted modality, such as `depth`. */
  readonly task: string;
  /** The figure and its unit, such as `RMSE (m)`. */
  readonly metric: string;
  readonly better: Better;
  /** The metric of a predictor without any input; null if there is none. */
  readonly trivial: number | null;
  /** null if the metric is undefined on the scenes. */
  readonly model: number | null;
  /** The metric of an ensemble of predictions; absent or null if there is none. */
  readonly ensemble?: number | null;
  /** The metric of the tokenizer's reconstruction of the truth; null if there is none. */
  readonly ceiling: number | null;
}

/** The entry for a metric that does not exist. */
const NOTHING = '–';

/**
 * The table of a model card, in Markdown: one line for each row, numbers with three digits, and the fraction of the gap
 * between trivial predictor and ceiling that the model closes.
 *
 * @throws {InvalidInputError} for NaN or an infinity where a gap is measured
 */
export function scoreTable(rows: readonly ScoreRow[]): string {
  const [head, ...body] = scoreCells(rows);
  const rule = head!.map((_, column) => (column < 2 ? '---' : '---:'));
  return [head!, rule, ...body].map((cells) => `| ${cells.map(escapeCell).join(' | ')} |\n`).join('');
}

/** The cells of {@link scoreTable}, the heading first. */
export function scoreCells(rows: readonly ScoreRow[]): string[][] {
  const isEnsemble = rows.some(({ ensemble }) => typeof ensemble === 'number');
  const optional = (cell: string) => (isEnsemble ? [cell] : []);
  return [
    ['Task', 'Metric', 'Trivial predictor', 'Model', ...optional('Ensemble'), 'Tokenizer reconstruction', 'Gap closed'],
    ...rows.map((row) => [
      row.task,
      `${row.metric} ${row.better === 'lower' ? '↓' : '↑'}`,
      figure(row.trivial),
      figure(row.model),
      ...optional(figure(row.ensemble ?? null)),
      figure(row.ceiling),
      percent(gapOf(row)),
    ]),
  ];
}

/** {@link gapClosed} of a row; null if one of its values is missing. */
export function gapOf({ trivial, model, ceiling, better }: ScoreRow): number | null {
  return trivial === null || model === null || ceiling === null ? null : gapClosed(trivial, model, ceiling, better);
}

function figure(value: number | null): string {
  if (value === null) return NOTHING;
  return Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}

function percent(share: number | null): string {
  return share === null ? NOTHING : `${(100 * share).toFixed(1)} %`;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
