import { blank, type Colour, drawText, fillRectangle, textSize } from '../../media/draw.js';
import type { RgbImage } from '../../media/raster.js';

const WIDTH = 960;
const HEIGHT = 540;
const PLOT = { left: 84, top: 40, right: WIDTH - 24, bottom: HEIGHT - 44 } as const;
const PAPER: Colour = [255, 255, 255];
const INK: Colour = [33, 37, 43];
const GRID: Colour = [225, 228, 232];
const EACH: Colour = [190, 205, 232];
const AVERAGE: Colour = [30, 80, 190];
/** Time constant of the running mean, as a fraction of the curve. */
const SMOOTHING = 1 / 100;

/**
 * Draws the losses of a run on a logarithmic scale: each step pale, the running mean dark.
 *
 * @param csv with a header that names `step` and `loss`
 */
export function drawLossCurve(csv: string): RgbImage {
  const points = parse(csv);
  const image = blank(WIDTH, HEIGHT, PAPER);
  drawText(image, 'loss', PLOT.left, 16, INK, 2);
  if (points.length === 0) return image;

  const losses = points.map(({ loss }) => loss);
  const [low, high] = [Math.min(...spread(losses)), Math.max(...spread(losses))];
  const lastStep = points.at(-1)!.step;
  const x = (step: number) => PLOT.left + ((PLOT.right - PLOT.left) * step) / lastStep;
  const y = (loss: number) => {
    const share = (Math.log(loss) - Math.log(low)) / (Math.log(high) - Math.log(low) || 1);
    return PLOT.bottom - (PLOT.bottom - PLOT.top) * share;
  };

  for (const value of ticks(low, high)) {
    const row = Math.round(y(value));
    const label = String(Number(value.toPrecision(2)));
    fillRectangle(image, PLOT.left, row, PLOT.right - PLOT.left, 1, GRID);
    drawText(image, label, PLOT.left - 8 - textSize(label, 2).width, row - 7, INK, 2);
  }
  for (const step of [0, lastStep / 2, lastStep].map(Math.round)) {
    const label = String(step);
    const left = Math.min(Math.round(x(step)), PLOT.right - textSize(label, 2).width);
    drawText(image, label, left, PLOT.bottom + 12, INK, 2);
  }
  drawLine(
    image,
    points.map(({ step, loss }) => [x(step), y(loss)]),
    EACH,
    1,
  );
  const averages = smooth(losses);
  drawLine(
    image,
    points.map(({ step }, i) => [x(step), y(averages[i]!)]),
    AVERAGE,
    2,
  );
  return image;
}

function parse(csv: string): { step: number; loss: number }[] {
  const [header = '', ...lines] = csv.trim().split('\n');
  const names = header.split(',');
  const [step, loss] = [names.indexOf('step'), names.indexOf('loss')];
  return lines
    .map((line) => line.split(',').map(Number))
    .map((cells) => ({ step: cells[step]!, loss: cells[loss]! }))
    .filter((point) => point.loss > 0);
}

/** All values without the highest hundredth, which belongs to the first steps and would flatten the rest. */
function spread(losses: readonly number[]): number[] {
  const sorted = [...losses].sort((a, b) => a - b);
  return [sorted[0]!, sorted[Math.floor(0.99 * (sorted.length - 1))]!];
}

/** Running geometric means, in which the high losses of the start decay fast. */
function smooth(losses: readonly number[]): number[] {
  const window = Math.max(1, Math.round(losses.length * SMOOTHING));
  let mean = 0;
  return losses.map((loss, i) => {
    mean += (Math.log(loss) - mean) / Math.min(i + 1, window);
    return Math.exp(mean);
  });
}

/** Round values to label: 1, 2 and 5 times powers of ten within the limits, or the limits where there are none. */
function ticks(low: number, high: number): number[] {
  const values: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const digit of [1, 2, 5]) values.push(digit * 10 ** power);
  }
  const within = values.filter((value) => value >= low && value <= high);
  return within.length > 0 ? within : [low];
}

/** Straight lines from point to point, kept inside the plot. */
function drawLine(
  image: RgbImage,
  points: readonly (readonly [number, number])[],
  colour: Colour,
  width: number,
): void {
  const dot = (px: number, py: number) => {
    const row = Math.min(Math.max(py, PLOT.top), PLOT.bottom);
    fillRectangle(image, Math.round(px), Math.round(row), width, width, colour);
  };
  dot(...points[0]!);
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i - 1]!, points[i]!];
    const dots = Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1));
    for (let d = 1; d <= dots; d++) dot(x0 + ((x1 - x0) * d) / dots, y0 + ((y1 - y0) * d) / dots);
  }
}
