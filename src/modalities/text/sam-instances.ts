/**
 * Objects of an image without names ("segment anything") as text. For some points of the image it lists the objects there:
 * `point v0=<y> v1=<x>`, then for each object that covers the point `polygon`, its box
 * `v0=<xmin> v1=<ymin> v2=<xmax> v3=<ymax>` and the 16 tokens of its mask, or `none`. (`SAMInstanceTokTransform` officially.)
 */
import { InvalidInputError } from '../../errors.js';
import { type CompatOptions, numberIn, type ParsedText, tokenIn, tokenizedWords, tokenWord, wordsOf } from './words.js';

/** Tokens of a mask: a grid of 4 × 4. */
const TOKENS = 16;
const IDS = 1024;

/** The largest coordinate that the vocabulary has a word for. */
const HIGHEST = 999;

/** A point in a picture, in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The part of an object that its text contains. */
export interface SamInstance {
  /** In pixels of the picture, of 224 × 224 officially. */
  readonly box: { readonly xmin: number; readonly ymin: number; readonly xmax: number; readonly ymax: number };
  /** Ids from 0 to 1023 of the mask inside the box, 4 rows of 4. */
  readonly tokens: ArrayLike<number>;
  /** The point that it is listed at. */
  readonly point?: Point;
}

/** An object with its outline, which defines the points that it covers. */
export interface OutlinedInstance extends SamInstance {
  readonly outline: readonly Point[];
}

/**
 * Lists the objects that cover each point, in the given orders. (In training data both orders are random.) A repeated point is
 * listed once, and coordinates beyond 0…999 are clamped. (`official` writes words that the vocabulary lacks for them.)
 *
 * @throws {InvalidInputError} for an object without 16 tokens, and a coordinate that is not a number
 */
export function samInstancesToText(
  instances: readonly OutlinedInstance[],
  points: readonly Point[],
  options: CompatOptions = {},
): string {
  const pixel = options.compat === 'official' ? Math.trunc : nearestPixel;
  const distinct = new Map(points.map((point) => [pointToText(point, pixel), point]));
  return [...distinct]
    .map(([words, point]) => {
      const covering = instances
        .filter(({ outline }) => covers(outline, point))
        .map((instance) => instanceToText(instance, pixel));
      return `${words} ${covering.length === 0 ? 'none' : covering.join(' ')}`;
    })
    .join(' ');
}

/**
 * Writes objects, each at the point that it is listed at, or else at the middle of its box. {@link textToSamInstances} parses
 * the same objects again.
 *
 * @throws {InvalidInputError} as {@link samInstancesToText} does
 */
export function samInstancesAtPointsToText(instances: readonly SamInstance[]): string {
  const atPoints = new Map<string, string[]>();
  for (const instance of instances) {
    const words = pointToText(instance.point ?? middleOf(instance), nearestPixel);
    atPoints.set(words, [...(atPoints.get(words) ?? []), instanceToText(instance, nearestPixel)]);
  }
  return [...atPoints].map(([point, texts]) => [point, ...texts].join(' ')).join(' ');
}

/**
 * Reads objects from text, largest box first; one that covers several points comes as often. Generated text may be
 * malformed: objects with other than 16 tokens, or a box without area, are left out. (With `official`, `[PAD]` counts as a word.)
 */
export function textToSamInstances(text: string, options: CompatOptions = {}): SamInstance[] {
  return readSamInstances(text, options).values;
}

/** {@link textToSamInstances}, and the number of words that belong to neither a point nor an object. */
export function readSamInstances(text: string, { compat }: CompatOptions = {}): ParsedText<SamInstance[]> {
  const values: SamInstance[] = [];
  let unparsed = 0;
  let point: Point | undefined;
  for (const words of wordGroups(compat ? tokenizedWords(text) : wordsOf(text))) {
    if (words[0] === 'point') point = pointIn(words);
    const instance = instanceIn(words);
    if (instance) values.push(point ? { ...instance, point } : instance);
    else if (words[0] !== 'point' || !point) unparsed += words.length;
  }
  return { values: values.sort((a, b) => area(b) - area(a)), unparsed };
}

/** A grid of points, as far from the picture's borders as from each other, column by column; officially 7 × 7 in 224 × 224. */
export function gridPoints(width: number, height: number, columns: number, rows: number): Point[] {
  const coordinates = (length: number, count: number) =>
    Array.from({ length: count }, (_, i) => Math.floor((i + 1) * (length / (count + 1))));
  return coordinates(width, columns).flatMap((x) => coordinates(height, rows).map((y) => ({ x, y })));
}

/** Whether a point is inside an outline or on it (even–odd rule). */
export function covers(outline: readonly Point[], { x, y }: Point): boolean {
  let inside = false;
  for (let i = 0; i < outline.length; i++) {
    const a = outline[i]!;
    const b = outline[(i + 1) % outline.length]!;
    const side = (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x);
    const isWithin = (x - a.x) * (x - b.x) <= 0 && (y - a.y) * (y - b.y) <= 0;
    if (side === 0 && isWithin) return true;
    if (a.y > y !== b.y > y && side > 0 === b.y > a.y) inside = !inside;
  }
  return inside;
}

function instanceToText({ box, tokens }: SamInstance, pixel: (coordinate: number) => number): string {
  const ids = Array.from(tokens);
  if (ids.length !== TOKENS || !ids.every((id) => Number.isInteger(id) && id >= 0 && id < IDS)) {
    throw new InvalidInputError(
      `the mask of an object must have ${TOKENS} tokens, ids from 0 to ${IDS - 1}, not [${ids.join(', ')}]`,
    );
  }
  const corners = [box.xmin, box.ymin, box.xmax, box.ymax].map((side, axis) => `v${axis}=${pixel(side)}`);
  return ['polygon', ...corners, ...ids.map(tokenWord)].join(' ');
}

function pointToText({ x, y }: Point, pixel: (coordinate: number) => number): string {
  return `point v0=${pixel(y)} v1=${pixel(x)}`;
}

function nearestPixel(coordinate: number): number {
  if (Number.isNaN(coordinate)) throw new InvalidInputError('coordinates must be in pixels, not NaN');
  return Math.trunc(Math.min(Math.max(coordinate, 0), HIGHEST));
}

function middleOf({ box }: SamInstance): Point {
  return { x: (box.xmin + box.xmax) / 2, y: (box.ymin + box.ymax) / 2 };
}

/** The words from every `point` or `polygon` to the next; those before the first are a group as well. */
function wordGroups(words: readonly string[]): string[][] {
  const groups: string[][] = [];
  for (const word of words) {
    if (word === 'point' || word === 'polygon' || groups.length === 0) groups.push([]);
    groups.at(-1)!.push(word);
  }
  return groups;
}

/** The point of `point v0=<y> v1=<x>`, with or without `none`. */
function pointIn([, first, second, none, ...rest]: readonly string[]): Point | undefined {
  const [y, x] = [first?.startsWith('v0=') && numberIn(first), second?.startsWith('v1=') && numberIn(second)];
  const isWhole = rest.length === 0 && (none === undefined || none === 'none');
  return isWhole && typeof x === 'number' && typeof y === 'number' ? { x, y } : undefined;
}

function instanceIn([name, ...words]: readonly string[]): SamInstance | undefined {
  const [xmin, ymin, xmax, ymax] = words.slice(0, 4).map(numberIn);
  const tokens = words.slice(4).map(tokenIn);
  if (name !== 'polygon' || tokens.length !== TOKENS || !tokens.every((token) => token !== undefined)) return undefined;
  if (xmin === undefined || ymin === undefined || xmax === undefined || ymax === undefined) return undefined;
  return xmin < xmax && ymin < ymax ? { box: { xmin, ymin, xmax, ymax }, tokens } : undefined;
}

function area({ box }: SamInstance): number {
  return (box.xmax - box.xmin) * (box.ymax - box.ymin);
}
