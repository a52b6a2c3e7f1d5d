/** Captions: the objects of a scene and their positions in varied plain words; and parsing words back to objects. */
import type { Random } from '../random.js';
import { COLOURS, type Colour, type Material, type ObjectClass, SHAPES, type Shape, type Size } from './constants.js';
import type { Action } from './poses.js';
import { type Centre, holds, RELATIONS, type Relation } from './relations.js';

/** A solid as captions describe it. */
export interface DescribableSolid {
  readonly shape: Shape;
  readonly colour: Colour;
  readonly size: Size;
  readonly material: Material;
  readonly centre: Centre;
}

/** A person as captions describe it. */
export interface DescribablePerson {
  readonly shape: 'person';
  /** Of the clothes. */
  readonly colour: Colour;
  readonly action: Action;
  readonly centre: Centre;
}

/** An object as captions describe it. */
export type Describable = DescribableSolid | DescribablePerson;

/** No caption has more words than this. */
export const MAX_CAPTION_WORDS = 36;

const SIZE_WORDS: Readonly<Record<Size, readonly string[]>> = { small: ['small', 'little'], big: ['big', 'large'] };

/** An object with the words that this caption has for it. */
interface Named {
  readonly words: string;
  readonly centre: Centre;
}

/**
 * Describes objects. Every object is named once: a solid with its colour directly before its shape ("a big shiny red ball"),
 * a person with the colour of the clothes ("a walking person in blue"). Relations are only named if they hold by the margins of `holds`.
 *
 * @param objects at least one
 * @returns lower case, words and the marks `,` and `;`, at most {@link MAX_CAPTION_WORDS} words
 */
export function caption(objects: readonly Describable[], random: Random): string {
  const order = Array.from(random.permutation(objects.length), (i) => objects[i]!);
  const adjectives = [0.5, 0.4, 0.3, 0.2][order.length - 1] ?? 0.2;
  const named = order.map((object) => ({ words: nounPhrase(object, adjectives, random), centre: object.centre }));
  const text = named.length === 1 ? describeOne(named[0]!, random) : describeSeveral(named, random);
  if (text.split(' ').length <= MAX_CAPTION_WORDS) return text;
  return list(order.map((object) => ({ words: nounPhrase(object, 0, random), centre: object.centre })));
}

/** The objects that a caption names, in its order: every colour directly before a shape, and every "person in <colour>". */
export function captionObjects(text: string): { colour: Colour; shape: ObjectClass }[] {
  const words = text.toLowerCase().match(/[a-z]+/g) ?? [];
  return words.flatMap((word, i): { colour: Colour; shape: ObjectClass }[] => {
    const colour = COLOURS.find((name) => name === word);
    if (colour === undefined) return [];
    const shape = SHAPES.find((name) => name === words[i + 1]);
    if (shape !== undefined) return [{ colour, shape }];
    return words[i - 2] === 'person' && words[i - 1] === 'in' ? [{ colour, shape: 'person' }] : [];
  });
}

/** "a big shiny red ball" or "a walking person in blue", with each adjective with the probability `adjectives` (0…1). */
function nounPhrase(object: Describable, adjectives: number, random: Random): string {
  if (object.shape === 'person') {
    const isNamed = random.uniform() < Math.min(1, 1.5 * adjectives);
    return `a ${isNamed ? `${object.action} ` : ''}person in ${object.colour}`;
  }
  const words = [];
  if (random.uniform() < adjectives) words.push(random.pick(SIZE_WORDS[object.size]));
  if (random.uniform() < 0.7 * adjectives) words.push(object.material);
  words.push(object.colour, object.shape);
  return `${/^[aeiou]/.test(words[0]!) ? 'an' : 'a'} ${words.join(' ')}`;
}

function describeOne(a: Named, random: Random): string {
  const style = random.uniform();
  const position = positionOf(a);
  if (style < 0.45) return a.words;
  if (style < 0.7 && position) return `${a.words} ${position}`;
  if (style < 0.8) return `there is ${a.words}`;
  if (style < 0.9) return `a picture of ${a.words}`;
  return `${a.words} on the floor`;
}

function describeSeveral(all: readonly Named[], random: Random): string {
  const style = random.uniform();
  if (style < 0.1) return random.uniform() < 0.5 ? list(all) : `there are ${list(all)}`;
  if (style < 0.2) {
    const row = inOrder(all, (object) => object.centre.x, 0.1);
    if (row) return `from left to right, ${list(row)}`;
  }
  if (style < 0.28) {
    const row = inOrder(all, (object) => object.centre.depth, 0.4);
    if (row) return `from front to back, ${list(row)}`;
  }
  if (style < 0.42 && all.length === 2) {
    const positions = all.map(positionOf);
    if (positions[0] && positions[1] && positions[0] !== positions[1]) {
      return `${all[0]!.words} ${positions[0]} and ${all[1]!.words} ${positions[1]}`;
    }
  }
  if (style < 0.5 && all.length === 3) {
    const row = inOrder(all, (object) => object.centre.x, 0.12);
    if (row) return `${row[1]!.words} between ${row[0]!.words} and ${row[2]!.words}`;
  }
  let text = describePair(all[0]!, all[1]!, random);
  let named = 2;
  while (named < all.length) {
    const group = all.slice(named, named + (random.uniform() < 0.7 ? 2 : 3));
    text += addGroup(all.slice(0, named), group, random);
    named += group.length;
  }
  return text;
}

/** "A behind B", "B with A behind it", or "A and B" when no relation holds. */
function describePair(a: Named, b: Named, random: Random): string {
  const relation = pickRelation([a], [b], random);
  if (!relation) return `${a.words} and ${b.words}`;
  return random.uniform() < 0.75 ? `${a.words} ${relation} ${b.words}` : `${b.words} with ${a.words} ${relation} it`;
}

/** Continues a caption: the group in a relation to all objects named before if one holds, else in a list. */
function addGroup(named: readonly Named[], group: readonly Named[], random: Random): string {
  const relation = pickRelation(group, named, random);
  if (relation && random.uniform() < 0.8) {
    return random.uniform() < 0.5 ? `; ${relation} them, ${list(group)}` : `, with ${list(group)} ${relation} them`;
  }
  if (group.length === 2) return `; ${describePair(group[0]!, group[1]!, random)}`;
  return group.length === 1 ? `; and ${group[0]!.words}` : `; ${list(group)}`;
}

/** A relation that every object of one group has to every object of the other. */
function pickRelation(group: readonly Named[], others: readonly Named[], random: Random): Relation | undefined {
  const fitting = RELATIONS.filter((relation) =>
    group.every((a) => others.every((b) => holds(relation, a.centre, b.centre))),
  );
  return fitting.length > 0 ? random.pick(fitting) : undefined;
}

/** The objects sorted by a measure, or undefined when two neighbours differ by less than the margin. */
function inOrder(all: readonly Named[], measure: (object: Named) => number, margin: number): Named[] | undefined {
  const row = [...all].sort((a, b) => measure(a) - measure(b));
  return row.slice(1).every((object, i) => measure(object) - measure(row[i]!) >= margin) ? row : undefined;
}

/** The position of a single object in the picture, if it is clear. */
function positionOf({ centre: { x } }: Named): string | undefined {
  if (x < 0.38) return 'on the left';
  if (x > 0.62) return 'on the right';
  return Math.abs(x - 0.5) < 0.08 ? 'in the middle' : undefined;
}

/** "A", "A and B", "A, B and C". */
function list(all: readonly Named[]): string {
  const words = all.map((object) => object.words);
  return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
