import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scoreTable } from '../../src/evaluation/report.js';

test('a table of errors and scores, with missing values left empty', () => {
  const table = scoreTable([
    { task: 'depth', metric: 'RMSE (m)', better: 'lower', trivial: 1.5, model: 0.7, ceiling: 0.25 },
    { task: 'semseg', metric: 'mIoU', better: 'higher', trivial: 0.3, model: 0.648, ceiling: 1 },
    { task: 'caption', metric: 'recall of pairs', better: 'higher', trivial: null, model: 0.5, ceiling: null },
    { task: 'normal', metric: 'mean |angle| (°)', better: 'lower', trivial: 20, model: 12345, ceiling: 20 },
  ]);
  expect(table).toBe(
    [
      '| Task | Metric | Trivial predictor | Model | Tokenizer reconstruction | Gap closed |',
      '| --- | --- | ---: | ---: | ---: | ---: |',
      '| depth | RMSE (m) ↓ | 1.50 | 0.700 | 0.250 | 64.0 % |',
      '| semseg | mIoU ↑ | 0.300 | 0.648 | 1.00 | 49.7 % |',
      '| caption | recall of pairs ↑ | – | 0.500 | – | – |',
      '| normal | mean \\|angle\\| (°) ↓ | 20.0 | 12345 | 20.0 | – |',
      '',
    ].join('\n'),
  );
});

test('every row has the cells of the header', () => {
  const figure = fc.double({ min: -1e4, max: 1e4, noNaN: true });
  const row = fc.record({
    task: fc.constantFrom('depth', 'a|b'),
    metric: fc.constantFrom('RMSE', '|x|'),
    better: fc.constantFrom('lower' as const, 'higher' as const),
    trivial: fc.option(figure),
    model: figure,
    ceiling: fc.option(figure),
  });
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const lines = scoreTable(rows).trimEnd().split('\n');
      expect(lines).toHaveLength(rows.length + 2);
      for (const line of lines) expect(line.split(/(?<!\\)\|/)).toHaveLength(8);
    }),
  );
});
