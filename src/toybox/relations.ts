/** Spatial words between two objects, in the camera's terms. */

/** Where an object's centre is: across the picture (0…1 from the left), down it (0…1 from the top), and in depth (metres). */
export interface Centre {
  readonly x: number;
  readonly y: number;
  readonly depth: number;
}

/** "A <relation> B". */
export const RELATIONS = ['to the left of', 'to the right of', 'in front of', 'behind', 'next to'] as const;
/** A spatial relation, as captions word it. */
export type Relation = (typeof RELATIONS)[number];

/** Least difference, in picture widths, between left and right. */
const ASIDE = 0.12;
/** Largest difference, in picture widths, between an object and another one in front of or behind it. */
const IN_LINE = 0.35;
/** Least difference in depth, metres, between front and back. */
const APART = 0.5;

/** Whether "a <relation> b" is clearly true. */
export function holds(relation: Relation, a: Centre, b: Centre): boolean {
  const right = a.x - b.x;
  const back = a.depth - b.depth;
  switch (relation) {
    case 'to the left of':
      return -right >= ASIDE;
    case 'to the right of':
      return right >= ASIDE;
    case 'in front of':
      return -back >= APART && Math.abs(right) <= IN_LINE;
    case 'behind':
      return back >= APART && Math.abs(right) <= IN_LINE;
    case 'next to':
      return Math.abs(right) >= ASIDE && Math.abs(right) <= IN_LINE && Math.abs(back) < APART;
  }
}
