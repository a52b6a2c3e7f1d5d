import { checkFinite } from './checks.js';

/** Whether a figure is an error (`lower` is better) or a score (`higher` is better). */
export type Better = 'lower' | 'higher';

/**
 * How much of the way from the trivial predictor to the ceiling a model has gone: 0 where it is as good as the trivial
 * predictor, 1 where it is as good as the ceiling; below 0 where it is worse than the one, above 1 where it is better than
 * the other.
 *
 * @param trivial the figure of a predictor that sees no input
 * @param ceiling the best that can be had, such as the figure of the tokenizer's own reconstruction
 * @returns       null where the ceiling is no better than the trivial predictor, so that there is no way to go
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
  /** What was predicted, such as `depth`. */
  readonly task: string;
  /** The figure and its unit, such as `RMSE (m)`. */
  readonly metric: string;
  readonly better: Better;
  /** What a predictor that sees no input reaches; null if there is none. */
  readonly trivial: number | null;
  readonly model: number;
  /** What the tokenizer's own reconstruction of the truth reaches; null if there is none. */
  readonly ceiling: number | null;
}

/** What stands for a figure that does not exist. */
const NOTHING = '–';

/**
 * The table of a model card, in Markdown: one line a row, figures to three digits, and how much of the way from the
 * trivial predictor to the ceiling the model has gone.
 *
 * @throws {InvalidInputError} for NaN or an infinity where a gap is measured
 */
export function scoreTable(rows: readonly ScoreRow[]): string {
  const lines = [
    ['Task', 'Metric', 'Trivial predictor', 'Model', 'Tokenizer reconstruction', 'Gap closed'],
    ['---', '---', '---:', '---:', '---:', '---:'],
    ...rows.map((row) => [
      row.task,
      `${row.metric} ${row.better === 'lower' ? '↓' : '↑'}`,
      figure(row.trivial),
      figure(row.model),
      figure(row.ceiling),
      percent(gapOf(row)),
    ]),
  ];
  return lines.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |\n`).join('');
}

function gapOf({ trivial, model, ceiling, better }: ScoreRow): number | null {
  return trivial === null || ceiling === null ? null : gapClosed(trivial, model, ceiling, better);
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
