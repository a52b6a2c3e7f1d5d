import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/random.js';
import { captionObjects } from '../../../src/toybox/caption.js';
import {
  JUDGED_RELATIONS,
  type JudgedRelation,
  judge,
  randomStatement,
  statementText,
} from '../../../src/toybox/evaluation/judge-text.js';
import { holds } from '../../../src/toybox/relations.js';
import { type ToyboxSample, toyboxSample } from '../../../src/toybox/sample.js';
import { toyboxSeed } from '../../../src/toybox/splits.js';

const OPPOSITE: Readonly<Record<JudgedRelation, JudgedRelation>> = {
  'to the left of': 'to the right of',
  'to the right of': 'to the left of',
  'in front of': 'behind',
  behind: 'in front of',
};

/** True statements about test scenes of two solids of different colours and shapes. */
function trueStatements(count: number) {
  const found: { sample: ToyboxSample; statement: Parameters<typeof judge>[0] }[] = [];
  for (let i = 0; found.length < count; i++) {
    const sample = toyboxSample(toyboxSeed('test', i), { people: false });
    const [a, b] = sample.objects;
    if (sample.scene.solids.length !== 2 || !a || !b || a.shape === 'person' || b.shape === 'person') continue;
    if (a.colour === b.colour || a.shape === b.shape) continue;
    for (const relation of JUDGED_RELATIONS) {
      if (!holds(relation, a.centre, b.centre)) continue;
      const [first, second] = [
        { colour: a.colour, shape: a.shape },
        { colour: b.colour, shape: b.shape },
      ];
      found.push({ sample, statement: { first, second, relation } });
    }
  }
  return found;
}

describe('the judge of texts about two solids', () => {
  const cases = trueStatements(200);

  it('is right on at least 95% of the true scenes', () => {
    const judged = cases.map(({ sample, statement }) => judge(statement, sample.semseg, sample.rgb));
    expect(judged.filter(({ both }) => both).length / judged.length).toBeGreaterThanOrEqual(0.95);
    expect(judged.filter(({ related }) => related).length / judged.length).toBeGreaterThanOrEqual(0.95);
  });

  it('rejects at least 95% of wrong texts: the opposite relation, another colour, another shape', () => {
    const wrong = cases.flatMap(({ sample, statement }) => {
      const opposite = { ...statement, relation: OPPOSITE[statement.relation] };
      const swapped = { ...statement, first: statement.second, second: statement.first };
      const colour = statement.first.colour === 'blue' ? 'yellow' : 'blue';
      const recoloured = { ...statement, first: { ...statement.first, colour } } as typeof statement;
      return [
        judge(opposite, sample.semseg, sample.rgb).related,
        judge(swapped, sample.semseg, sample.rgb).related,
        judge(recoloured, sample.semseg, sample.rgb).related && statement.second.colour !== colour,
      ];
    });
    expect(wrong.filter(Boolean).length / wrong.length).toBeLessThanOrEqual(0.05);
  });

  it('asks for solids of different colours and shapes in words of the captions', () => {
    const random = new Random(1);
    for (let i = 0; i < 50; i++) {
      const statement = randomStatement(random);
      expect(statement.first.colour).not.toBe(statement.second.colour);
      expect(statement.first.shape).not.toBe(statement.second.shape);
      expect(captionObjects(statementText(statement))).toEqual([statement.first, statement.second]);
    }
  });
});
