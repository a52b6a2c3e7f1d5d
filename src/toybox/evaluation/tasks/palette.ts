import * as v from 'valibot';
import type { Input } from '../../../api/types/inputs.js';
import { InvalidInputError } from '../../../errors.js';
import { PaletteMetric } from '../../../evaluation/palettes.js';
import { drawPalette, type Rgb } from '../../../modalities/text/palette.js';
import { toyboxPalette } from '../../annotations/palette.js';
import type { Task } from '../task.js';

/** The main colours of the picture, by their CIEDE2000 difference. */
export const paletteTask: Task<'color_palette', readonly Rgb[]> = {
  name: 'color_palette',
  target: 'color_palette',
  truths: async (samples) => samples.map(toyboxPalette),
  fromInput: coloursIn,
  input: (truth) => truth,
  valueOf: ({ values }) => values,
  metric() {
    const metric = new PaletteMetric();
    let palettes = 0;
    return {
      add(predicted, truth) {
        metric.add(predicted, truth);
        palettes++;
      },
      figures: () => [{ metric: 'CIEDE2000', better: 'lower', value: palettes > 0 ? metric.result() : null }],
    };
  },
  trivial() {
    const ranks: { sums: [number, number, number]; count: number }[] = [];
    let [scenes, colours] = [0, 0];
    return {
      learn(truth) {
        scenes++;
        colours += truth.length;
        truth.forEach((colour, i) => {
          const { sums, count } = ranks[i] ?? { sums: [0, 0, 0], count: 0 };
          ranks[i] = { sums: sums.map((sum, c) => sum + colour[c]!) as typeof sums, count: count + 1 };
        });
      },
      // The mean first colour, the mean second colour and so on, as many as palettes have on average.
      predict: () =>
        ranks.slice(0, Math.round(colours / scenes)).map(({ sums, count }): Rgb => {
          const [r, g, b] = sums.map((sum) => sum / count) as typeof sums;
          return [r, g, b];
        }),
    };
  },
  draw: (value) => (value.length === 0 ? 'no colours' : drawPalette(value)),
};

const channel = v.pipe(v.number(), v.minValue(0), v.maxValue(255));
const schema = v.array(v.tuple([channel, channel, channel]));

function coloursIn(input: Input): readonly Rgb[] {
  const { success, output, issues } = v.safeParse(schema, input);
  if (success) return output;
  throw new InvalidInputError(`colours, "${v.getDotPath(issues[0]) ?? ''}": ${issues[0].message}`);
}
