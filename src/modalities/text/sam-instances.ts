/**
 * Objects of a picture without names ("segment anything") as text. Around some points of the picture it says which objects
 * are there: `point v0=<y> v1=<x>`, then for each object that covers the point `polygon`, its box
 * `v0=<xmin> v1=<ymin> v2=<xmax> v3=<ymax>` and the 16 tokens of its mask, or `none`. (`SAMInstanceTokTransform` officially.)
 */
import { InvalidInputError } from '../../errors.js';
import { numberIn, tokenIn, tokenWord, wordsOf } from './words.js';

/** Tokens of a mask: a grid of 4 × 4. */
const TOKENS = 16;

/** A place in a picture, in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The part of an object that its text tells. */
export interface SamInstance {
  /** In pixels of the picture, of 224 × 224 officially. */
  readonly box: { readonly xmin: number; readonly ymin: number; readonly xmax: number; readonly ymax: number };
  /** Ids from 0 to 1023 of the mask inside the box, 4 rows of 4. */
  readonly tokens: ArrayLike<number>;
}

/** An object with its outline, which decides which points it covers. */
export interface OutlinedInstance extends SamInstance {
  readonly outline: readonly Point[];
}

/**
 * Writes which objects cover which points, in the orders given. (In training data both orders are random.) A point that
 * comes twice is told once.
 *
 * @throws {InvalidInputError} for an object that has not 16 tokens
 */
export function samInstancesToText(instances: readonly OutlinedInstance[], points: readonly Point[]): string {
  const distinct = new Map(points.map((point) => [`v0=${point.y} v1=${point.x}`, point]));
  return [...distinct]
    .map(([words, point]) => {
      const covering = instances.filter(({ outline }) => covers(outline, point)).map(instanceToText);
      return `point ${words} ${covering.length === 0 ? 'none' : covering.join(' ')}`;
    })
    .join(' ');
}

/**
 * Reads objects from text, largest box first; one that covers several points comes as often. What a model writes may be
 * malformed: objects with other than 16 tokens, or a box without area, are left out.
 */
export function textToSamInstances(text: string): SamInstance[] {
  return wordGroups(text)
    .filter((words) => words.length === 4 + TOKENS)
    .flatMap((words) => {
      const [xmin, ymin, xmax, ymax] = words.slice(0, 4).map(numberIn);
      const tokens = words.slice(4).map(tokenIn);
      if (xmin === undefined || ymin === undefined || xmax === undefined || ymax === undefined) return [];
      if (xmin >= xmax || ymin >= ymax || !tokens.every((token) => token !== undefined)) return [];
      return [{ box: { xmin, ymin, xmax, ymax }, tokens }];
    })
    .sort((a, b) => area(b) - area(a));
}

/** A grid of points, as far from the picture's borders as from each other, column by column; officially 7 × 7 in 224 × 224. */
export function gridPoints(width: number, height: number, columns: number, rows: number): Point[] {
  const places = (length: number, count: number) =>
    Array.from({ length: count }, (_, i) => Math.floor((i + 1) * (length / (count + 1))));
  return places(width, columns).flatMap((x) => places(height, rows).map((y) => ({ x, y })));
}

/** Whether a point lies inside an outline or on it; what an outline that crosses itself covers twice is outside. */
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

function instanceToText({ box, tokens }: SamInstance): string {
  if (tokens.length !== TOKENS) {
    throw new InvalidInputError(`the mask of an object must have ${TOKENS} tokens, not ${tokens.length}`);
  }
  const corners = [box.xmin, box.ymin, box.xmax, box.ymax].map((side, axis) => `v${axis}=${Math.trunc(side)}`);
  return ['polygon', ...corners, ...Array.from(tokens, tokenWord)].join(' ');
}

/** The words from every `point` or `polygon` to the next. */
function wordGroups(text: string): string[][] {
  const groups: string[][] = [];
  for (const word of wordsOf(text)) {
    if (word === 'point' || word === 'polygon') groups.push([]);
    else groups.at(-1)?.push(word);
  }
  return groups;
}

function area({ box }: SamInstance): number {
  return (box.xmax - box.xmin) * (box.ymax - box.ymin);
}
