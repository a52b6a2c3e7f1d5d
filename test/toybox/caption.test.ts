import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/random.js';
import { caption } from '../../src/toybox/caption.js';
import {
  ACTIONS,
  COLOURS,
  captionObjects,
  type Describable,
  holds,
  MATERIALS,
  MAX_CAPTION_WORDS,
  MAX_OBJECTS,
  RELATIONS,
  type Relation,
  SHAPES,
  SIZES,
  toyboxSample,
} from '../../src/toybox/index.js';

const VOCABULARY = new Set(
  [
    ...COLOURS,
    ...SHAPES,
    ...SIZES,
    ...MATERIALS,
    ...ACTIONS,
    ...RELATIONS.flatMap((relation) => relation.split(' ')),
    ...'large little a an and with there is are it them from left right front back middle on floor picture between person in'.split(
      ' ',
    ),
  ].concat([',', ';']),
);

const centre = fc.record({
  x: fc.double({ min: 0, max: 1, noNaN: true }),
  y: fc.double({ min: 0, max: 1, noNaN: true }),
  depth: fc.double({ min: 2, max: 11, noNaN: true }),
});
const colour = fc.constantFrom(...COLOURS);
const describable: fc.Arbitrary<Describable> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      shape: fc.constantFrom(...SHAPES),
      colour,
      size: fc.constantFrom(...SIZES),
      material: fc.constantFrom(...MATERIALS),
      centre,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      shape: fc.constant('person' as const),
      colour,
      action: fc.constantFrom(...ACTIONS),
      centre,
    }),
  },
);
const objects = fc.uniqueArray(describable, {
  minLength: 1,
  maxLength: MAX_OBJECTS,
  selector: (o) => `${o.colour} ${o.shape}`,
});

const RELATION = `(${RELATIONS.join('|')})`;
const NOUN = '(an? (?:(?:\\w+ ){1,3}(?:ball|box|cylinder|cone|ring)|(?:\\w+ )?person in \\w+))';

/** Every statement about two objects that a caption makes, as [object, relation, object]; objects by colour and shape. */
function statements(text: string): [string, Relation, string][] {
  const found: [string, Relation, string][] = [];
  const names = (part: string) => captionObjects(part).map(({ colour, shape }) => `${colour} ${shape}`);
  const state = (group: string, relation: string, others: string) => {
    for (const a of names(group)) for (const b of names(others)) found.push([a, relation as Relation, b]);
  };
  for (const [, a, relation, b] of text.matchAll(new RegExp(`${NOUN} ${RELATION} ${NOUN}`, 'g')))
    state(a!, relation!, b!);
  for (const [, b, a, relation] of text.matchAll(new RegExp(`${NOUN} with ${NOUN} ${RELATION} it`, 'g')))
    state(a!, relation!, b!);
  for (const match of text.matchAll(new RegExp(`; ${RELATION} them, ([^;]*?)(?=;|, with|$)`, 'g')))
    state(match[2]!, match[1]!, text.slice(0, match.index));
  for (const match of text.matchAll(new RegExp(`, with ((?:(?!, with)[^;])*?) ${RELATION} them`, 'g')))
    state(match[1]!, match[2]!, text.slice(0, match.index));
  const row = names(text);
  for (let i = 1; i < row.length; i++) {
    if (text.startsWith('from left to right')) found.push([row[i - 1]!, 'to the left of', row[i]!]);
  }
  const [, middle, left, right] = text.match(new RegExp(`${NOUN} between ${NOUN} and ${NOUN}`)) ?? [];
  if (middle) {
    state(middle, 'to the right of', left!);
    state(middle, 'to the left of', right!);
  }
  return found;
}

describe('caption', () => {
  it('names every object once, and the names can be read back', () => {
    fc.assert(
      fc.property(objects, fc.nat(), (list, seed) => {
        const key = ({ colour, shape }: { colour: string; shape: string }) => `${colour} ${shape}`;
        const named = captionObjects(caption(list, new Random(seed))).map(key);
        expect(named.sort()).toEqual(list.map(key).sort());
      }),
    );
  });

  it('keeps to a small vocabulary and a bounded length', () => {
    expect(VOCABULARY.size).toBeLessThan(120);
    fc.assert(
      fc.property(objects, fc.nat(), (list, seed) => {
        const text = caption(list, new Random(seed));
        expect(text.split(' ').length).toBeLessThanOrEqual(MAX_CAPTION_WORDS);
        const unknown = text.match(/\w+|[^\w\s]/g)!.filter((word) => !VOCABULARY.has(word));
        expect(unknown).toEqual([]);
      }),
    );
  });

  it('states only true relations', () => {
    let count = 0;
    fc.assert(
      fc.property(objects, fc.nat(), (list, seed) => {
        const text = caption(list, new Random(seed));
        const find = (name: string) => list.find(({ colour, shape }) => `${colour} ${shape}` === name)!.centre;
        for (const [a, relation, b] of statements(text)) {
          count++;
          const [first, second] = [find(a), find(b)];
          if (relation === 'to the left of') expect(first.x, text).toBeLessThan(second.x);
          if (relation === 'to the right of') expect(first.x, text).toBeGreaterThan(second.x);
          if (relation === 'in front of') expect(first.depth, text).toBeLessThan(second.depth);
          if (relation === 'behind') expect(first.depth, text).toBeGreaterThan(second.depth);
          if (relation === 'next to') expect(Math.abs(first.x - second.x), text).toBeLessThan(0.4);
        }
      }),
      { numRuns: 400 },
    );
    expect(count).toBeGreaterThan(300);
  });

  it('is worded in many ways, one of which is the bare name', () => {
    const ball: Describable = {
      shape: 'ball',
      colour: 'red',
      size: 'big',
      material: 'shiny',
      centre: { x: 0.5, y: 0.5, depth: 4 },
    };
    const texts = new Set(Array.from({ length: 200 }, (_, seed) => caption([ball], new Random(seed))));
    expect(texts).toContain('a red ball');
    expect(texts).toContain('a big shiny red ball');
    expect(texts.size).toBeGreaterThan(15);
  });

  it('describes the visible objects', () => {
    for (let seed = 0; seed < 40; seed++) {
      const sample = toyboxSample(seed, { supersampling: 1 });
      const visible = sample.objects.map(({ colour, shape }) => ({ colour, shape }));
      const named = captionObjects(sample.caption);
      expect(named).toHaveLength(visible.length);
      expect(named).toEqual(expect.arrayContaining(visible));
    }
  });
});

describe('captionObjects', () => {
  it('finds colour and shape where they are adjacent, whatever is around them', () => {
    expect(captionObjects('A big RED ball, near a blue shiny box; green cone.')).toEqual([
      { colour: 'red', shape: 'ball' },
      { colour: 'green', shape: 'cone' },
    ]);
    expect(captionObjects('a sitting person in blue in front of a red ring')).toEqual([
      { colour: 'blue', shape: 'person' },
      { colour: 'red', shape: 'ring' },
    ]);
    expect(captionObjects('')).toEqual([]);
    expect(captionObjects('red')).toEqual([]);
    expect(captionObjects('a person in a red room')).toEqual([]);
  });
});

describe('holds', () => {
  const at = (x: number, depth: number) => ({ x, y: 0.5, depth });

  it('tells the relations apart', () => {
    expect(RELATIONS.filter((relation) => holds(relation, at(0.2, 5), at(0.6, 5.1)))).toEqual(['to the left of']);
    expect(RELATIONS.filter((relation) => holds(relation, at(0.5, 4), at(0.52, 6)))).toEqual(['in front of']);
    expect(RELATIONS.filter((relation) => holds(relation, at(0.5, 6), at(0.52, 4)))).toEqual(['behind']);
    expect(RELATIONS.filter((relation) => holds(relation, at(0.7, 5), at(0.5, 5)))).toEqual([
      'to the right of',
      'next to',
    ]);
    expect(RELATIONS.filter((relation) => holds(relation, at(0.5, 5), at(0.5, 5)))).toEqual([]);
  });
});
