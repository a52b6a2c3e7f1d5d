import type { Raster } from '../../../media/raster.js';
import { contactSheet, type SheetRow, type Tile } from '../../../media/sheet.js';
import { Random } from '../../../random.js';
import { judge, randomStatement, statementText } from '../judge-text.js';
import type { Study } from '../study.js';

/** Largest number of texts, and texts in a batch. */
const MAX_TEXTS = 100;
const BATCH = 10;
/** The texts are the same for all models. */
const TEXT_SEED = 13;
/** Pictures on the sheet, and tiles a row. */
const SHOWN = 20;
const COLUMNS = 5;

/**
 * Text to picture with two solids: whether generated pictures show both in their colours and in the relation of the text. They are
 * generated through a class map, which is also used to score them.
 */
export const twoSolidsStudy: Study = {
  name: 'two-solids',
  modalities: ['caption', 'semseg', 'rgb'],
  hasPicture: true,
  async run(model, { scenes, seed = 0, signal, onProgress }) {
    const texts = Math.min(scenes, MAX_TEXTS);
    const random = new Random(TEXT_SEED);
    const statements = Array.from({ length: texts }, () => randomStatement(random));
    const tiles: Tile[] = [];
    let [both, related] = [0, 0];
    for (let start = 0; start < texts; start += BATCH) {
      const batch = statements.slice(start, start + BATCH);
      const results = await model.generateMany(
        batch.map((statement) => ({ caption: statementText(statement) })),
        {
          to: ['semseg', 'rgb'],
          seed: batch.map((_, i) => seed + start + i),
          signal,
          onProgress: ({ share }) => onProgress?.(start + share * batch.length, texts),
        },
      );
      batch.forEach((statement, i) => {
        const { semseg, rgb } = results[i]!;
        const judged = judge(statement, semseg.values as Raster<Uint8Array>, rgb.toImage());
        if (judged.both) both++;
        if (judged.related) related++;
        const verdict = judged.related ? 'all right' : judged.both ? 'other relation' : 'not both';
        tiles.push({ title: verdict, content: rgb.toImage(), caption: statementText(statement) });
      });
    }
    const rows: SheetRow[] = [];
    for (let start = 0; start < Math.min(texts, SHOWN); start += COLUMNS)
      rows.push({ tiles: tiles.slice(start, start + COLUMNS) });
    const row = { task: 'two-solids', better: 'higher', trivial: null, ceiling: null } as const;
    return {
      study: 'two-solids',
      rows: [
        { ...row, metric: 'both in their colours', model: both / texts },
        { ...row, metric: 'and in the right relation', model: related / texts },
      ],
      notes: [],
      figures: { texts, both, related },
      picture: contactSheet('Two solids and their relation, by text', rows),
    };
  },
};
