import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import {
  ACTIONS,
  COLOURS,
  MATERIALS,
  MAX_OBJECTS,
  MAX_PEOPLE,
  renderScene,
  SHAPES,
  SIZES,
  sampleScene,
  toyboxDetections,
} from '../../src/toybox/index.js';

const SCENES = Array.from({ length: 150 }, (_, i) => sampleScene(5000 + i));

describe('sampleScene', () => {
  it('is a function of the seed', () => {
    expect(sampleScene(3)).toEqual(sampleScene(3));
    expect(sampleScene(3)).not.toEqual(sampleScene(4));
    expect(() => sampleScene(0.5)).toThrow(InvalidInputError);
  });

  it('puts one to four objects on the floor, apart from each other and in front of the wall', () => {
    for (const { solids, people, wallZ } of SCENES) {
      expect(solids.length + people.length).toBeGreaterThan(0);
      expect(solids.length + people.length).toBeLessThanOrEqual(MAX_OBJECTS);
      for (const [i, a] of people.entries()) {
        expect(a.z + a.reach).toBeLessThan(wallZ);
        for (const b of solids) expect(Math.hypot(a.x - b.x, a.z - b.z)).toBeGreaterThan(a.reach + reach(b) - 1e-9);
        for (const b of people.slice(i + 1)) {
          expect(Math.hypot(a.x - b.x, a.z - b.z)).toBeGreaterThan(a.reach + b.reach);
          expect(a.colour).not.toBe(b.colour);
        }
      }
      for (const [i, a] of solids.entries()) {
        const above = a.shape === 'ball' ? a.a : a.shape === 'ring' ? (a.upright ? a.a + a.b : a.b) : undefined;
        expect(a.y).toBeCloseTo(above ?? (a.shape === 'box' ? a.b : a.b / 2), 9);
        expect(a.z + a.bound).toBeLessThan(wallZ);
        for (const b of solids.slice(i + 1)) {
          expect(Math.hypot(a.x - b.x, a.z - b.z)).toBeGreaterThan(reach(a) + reach(b) - 1e-9);
          expect([a.shape, a.colour]).not.toEqual([b.shape, b.colour]);
        }
      }
    }
  });

  it('uses every number of solids and people, shape, colour, size, material and action', () => {
    const all = SCENES.flatMap(({ solids }) => solids);
    const persons = SCENES.flatMap(({ people }) => people);
    const upTo = (max: number) => new Set(Array.from({ length: max + 1 }, (_, i) => i));
    expect(new Set(SCENES.map(({ solids }) => solids.length))).toEqual(upTo(MAX_OBJECTS));
    expect(new Set(SCENES.map(({ people }) => people.length))).toEqual(upTo(MAX_PEOPLE));
    expect(new Set(persons.map(({ action }) => action))).toEqual(new Set(ACTIONS));
    expect(new Set(persons.map(({ colour }) => colour))).toEqual(new Set(COLOURS));
    expect(new Set(all.map((s) => s.shape))).toEqual(new Set(SHAPES));
    expect(new Set(all.map((s) => s.colour))).toEqual(new Set(COLOURS));
    expect(new Set(all.map((s) => s.size))).toEqual(new Set(SIZES));
    expect(new Set(all.map((s) => s.material))).toEqual(new Set(MATERIALS));
  });

  it('has no people with `people: false`', () => {
    for (let seed = 0; seed < 60; seed++) {
      const { solids, people } = sampleScene(seed, { people: false });
      expect(people).toEqual([]);
      expect(solids.length).toBeGreaterThan(0);
    }
  });

  it('has at most `maxSolids` solids, and the same scenes where there are no more', () => {
    for (let seed = 0; seed < 60; seed++) {
      const [scene, small] = [sampleScene(seed), sampleScene(seed, { maxSolids: 1 })];
      expect(small.solids.length).toBeLessThanOrEqual(1);
      expect(small.people).toHaveLength(scene.people.length);
      if (scene.solids.length <= 1) expect(small).toEqual(scene);
    }
    expect(sampleScene(3, { people: false, maxSolids: 1 }).solids).toHaveLength(1);
    for (const maxSolids of [0, 5, 1.5, Number.NaN]) expect(() => sampleScene(0, { maxSolids })).toThrow('maxSolids');
  });

  it('every object is visible, and solids are visible at their projected centres', () => {
    for (const scene of SCENES.slice(0, 60)) {
      const { objects } = renderScene(scene, { supersampling: 1 });
      expect(objects).toHaveLength(scene.solids.length + scene.people.length);
      const isAlone = scene.solids.length === 1 && scene.people.length === 0;
      for (const { box, centre } of isAlone ? objects : []) {
        if (box.xmin > 0 && box.xmax < 1) expect(Math.abs((box.xmin + box.xmax) / 2 - centre.x)).toBeLessThan(0.06);
      }
    }
  });
});

describe('toyboxDetections', () => {
  it('lists every visible object, those with the corner nearest to the upper left first', () => {
    for (const scene of SCENES.slice(0, 30)) {
      const sample = renderScene(scene, { supersampling: 1 });
      const detections = toyboxDetections(sample);
      expect(detections.map(({ label }) => label).sort()).toEqual(sample.objects.map(({ shape }) => shape).sort());
      const distances = detections.map(({ box }) => box.xmin ** 2 + box.ymin ** 2);
      expect(distances).toEqual([...distances].sort((a, b) => a - b));
    }
  });
});

/** How far a solid reaches from its vertical axis. */
function reach(s: (typeof SCENES)[number]['solids'][number]): number {
  if (s.shape === 'box') return Math.hypot(s.a, s.c);
  return s.shape === 'ring' ? s.a + s.b : s.a;
}
