/** Texts about two solids, and whether a picture matches them. */
import type { Raster, RgbImage } from '../../media/raster.js';
import type { Random } from '../../random.js';
import { COLOURS, type Colour, SHAPES, type Shape } from '../constants.js';
import type { Relation } from '../relations.js';
import { type FoundSolid, findSolids } from './find-solids.js';

/** A solid by its colour and shape. */
export interface NamedSolid {
  readonly colour: Colour;
  readonly shape: Shape;
}

/** Relations that a class map can verify; `next to` is left out, since it has no clear opposite. */
export const JUDGED_RELATIONS = [
  'to the left of',
  'to the right of',
  'in front of',
  'behind',
] as const satisfies Relation[];
/** One of {@link JUDGED_RELATIONS}. */
export type JudgedRelation = (typeof JUDGED_RELATIONS)[number];

/** "A is <relation> B". */
export interface Statement {
  readonly first: NamedSolid;
  readonly second: NamedSolid;
  readonly relation: JudgedRelation;
}

/** Whether a picture shows a statement. */
export interface Judgement {
  /** Both solids are there, in their colours. */
  readonly both: boolean;
  /** And the relation holds between them. */
  readonly related: boolean;
}

/** Least difference between left and right, in picture widths: half of that of captions, since centres are those of visible pixels. */
const ASIDE = 0.06;
/** Largest difference between left and right of two solids one of which is in front, in picture widths; captions allow 0.35. */
const IN_LINE = 0.4;
/** Least difference of the lower ends, in picture heights: one pixel of 64 and a half. */
const APART = 0.02;

/** A caption of the toybox that makes a statement. */
export function statementText({ first, second, relation }: Statement): string {
  const phrase = ({ colour, shape }: NamedSolid) => `${colour === 'orange' ? 'an' : 'a'} ${colour} ${shape}`;
  return `${phrase(first)} ${relation} ${phrase(second)}`;
}

/** A statement about two solids of different colours and shapes. */
export function randomStatement(random: Random): Statement {
  const [colours, shapes] = [random.permutation(COLOURS.length), random.permutation(SHAPES.length)];
  const solid = (i: number): NamedSolid => ({ colour: COLOURS[colours[i]!]!, shape: SHAPES[shapes[i]!]! });
  return { first: solid(0), second: solid(1), relation: random.pick(JUDGED_RELATIONS) };
}

/**
 * Scores a picture by a rule: solids are patches of the class map, and have the colours of the picture there. Of several that
 * match, the largest is used.
 *
 * @param semseg class ids; generated with the picture, or true
 */
export function judge(statement: Statement, semseg: Raster<Uint8Array>, rgb: RgbImage): Judgement {
  const found = findSolids(semseg, rgb).sort((a, b) => b.area - a.area);
  const find = ({ colour, shape }: NamedSolid) => found.find((own) => own.colour === colour && own.shape === shape);
  const [first, second] = [find(statement.first), find(statement.second)];
  if (!first || !second) return { both: false, related: false };
  return { both: true, related: isRelated(statement.relation, first, second) };
}

function isRelated(relation: JudgedRelation, first: FoundSolid, second: FoundSolid): boolean {
  const [right, nearer] = [first.x - second.x, first.base - second.base];
  switch (relation) {
    case 'to the left of':
      return right <= -ASIDE;
    case 'to the right of':
      return right >= ASIDE;
    case 'in front of':
      return nearer >= APART && Math.abs(right) <= IN_LINE;
    case 'behind':
      return nearer <= -APART && Math.abs(right) <= IN_LINE;
  }
}
