import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { Random } from '../../src/random.js';
import {
  DEPTH_RANGE,
  type Person,
  renderScene,
  type Scene,
  SEMSEG_CLASSES,
  sampleScene,
  type ToyboxSample,
  toyboxSample,
} from '../../src/toybox/index.js';
import { inOtherSurroundings } from '../../src/toybox/scene.js';

const SCENES = Array.from({ length: 24 }, (_, i) => sampleScene(1000 + i));

/** The point that pixel p shows, in camera space (z towards the camera). */
function pointAt({ camera: { tangent } }: Scene, { depth }: ToyboxSample, p: number): [number, number, number] {
  const { width, data } = depth;
  const u = (2 * ((p % width) + 0.5)) / width - 1;
  const v = 1 - (2 * (Math.floor(p / width) + 0.5)) / width;
  return [u * tangent * data[p]!, v * tangent * data[p]!, -data[p]!];
}

/** A camera space point in the world. */
function toWorld({ camera: { position, right, up, forward } }: Scene, [x, y, z]: readonly number[]): number[] {
  return [0, 1, 2].map((c) => position[c]! + x! * right[c]! + y! * up[c]! - z! * forward[c]!);
}

/** How far a point is from the nearest part of a person. */
function distanceToParts({ parts }: Person, x: number, y: number, z: number): number {
  const distances = parts.map(({ kind, start, end, radius, toUnit }) => {
    const offset = [x - start[0], y - start[1], z - start[2]];
    if (kind !== 'capsule') {
      const unit = [0, 3, 6].map((row) => offset.reduce((sum, value, c) => sum + value * toUnit[row + c]!, 0));
      return Math.abs(Math.hypot(...unit) - 1) * 0.2;
    }
    const axis = [end[0] - start[0], end[1] - start[1], end[2] - start[2]];
    const along = Math.min(1, Math.max(0, dot(offset, axis) / dot(axis, axis)));
    return Math.abs(Math.hypot(...offset.map((value, c) => value - along * axis[c]!)) - radius);
  });
  return Math.min(...distances);
}

const normalAt = ({ normal: { data } }: ToyboxSample, p: number) => data.subarray(3 * p, 3 * p + 3);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;

describe('renderScene', () => {
  it('draws the same sample again from the same seed', () => {
    expect(toyboxSample(7)).toEqual(toyboxSample(7));
    expect(toyboxSample(7).rgb.data).not.toEqual(toyboxSample(8).rgb.data);
  });

  it('keeps depth within the range and puts every point on its surface', () => {
    for (const scene of SCENES) {
      const sample = renderScene(scene, { size: 32, supersampling: 1 });
      let off = 0;
      let outside = 0;
      for (let p = 0; p < 32 * 32; p++) {
        const depth = sample.depth.data[p]!;
        if (!(depth >= DEPTH_RANGE[0] && depth <= DEPTH_RANGE[1])) outside++;
        const [x, y, z] = toWorld(scene, pointAt(scene, sample, p)) as [number, number, number];
        const index = sample.instance.data[p]! - 1;
        const solid = scene.solids[index];
        const person = scene.people[index - scene.solids.length];
        const name = SEMSEG_CLASSES[sample.semseg.data[p]!];
        expect(name).toBe(person ? 'person' : (solid?.shape ?? (name === 'floor' ? 'floor' : 'wall')));
        let error = 0;
        if (person) error = distanceToParts(person, x, y, z);
        else if (!solid) error = name === 'floor' ? y : z - scene.wallZ;
        else if (name === 'ball') error = Math.hypot(x - solid.x, y - solid.y, z - solid.z) - solid.a;
        else error = Math.max(0, Math.hypot(x - solid.x, y - solid.y, z - solid.z) - solid.bound, -y);
        if (Math.abs(error) > 1e-5) off++;
      }
      expect({ off, outside }).toEqual({ off: 0, outside: 0 });
    }
  });

  it('gives unit normals that face the camera and fit the depth', () => {
    for (const scene of SCENES) {
      const size = 96;
      const sample = renderScene(scene, { size, supersampling: 1 });
      let compared = 0;
      let wrong = 0;
      for (let p = 0; p < size * size - 1; p++) {
        const n = normalAt(sample, p);
        const point = pointAt(scene, sample, p);
        if (Math.abs(dot(n, n) - 1) > 1e-5 || dot(n, point) > 1e-5) wrong++;
        const m = normalAt(sample, p + 1);
        const smooth =
          (p + 1) % size !== 0 && sample.instance.data[p] === sample.instance.data[p + 1] && dot(n, m) > 0.995;
        if (!smooth) continue;
        compared++;
        const next = pointAt(scene, sample, p + 1);
        const step = next.map((value, c) => value - point[c]!);
        const mean = [0, 1, 2].map((c) => (n[c]! + m[c]!) / 2);
        // Across a gap in the same object (the hole of a ring, an arm before the chest) two similar normals mean nothing;
        // between the parts of a person the surface has a crease.
        const isPerson = sample.instance.data[p]! > scene.solids.length;
        const [gap, slope] = isPerson ? [0.05, 0.06] : [0.3, 0.02];
        if (Math.hypot(...step) < gap && Math.abs(dot(step, mean)) > slope * Math.hypot(...step)) wrong++;
      }
      expect(compared).toBeGreaterThan(size * size * 0.7);
      expect(wrong).toBe(0);
    }
  });

  it('boxes are tight around the instance map', () => {
    for (const scene of SCENES) {
      const { instance, objects } = renderScene(scene, { supersampling: 1 });
      for (const object of objects) {
        const pixels = [...instance.data.keys()].filter((p) => instance.data[p] === object.instance);
        const columns = pixels.map((p) => p % 64);
        const rows = pixels.map((p) => Math.floor(p / 64));
        expect(object.box).toEqual({
          xmin: Math.min(...columns) / 64,
          ymin: Math.min(...rows) / 64,
          xmax: (Math.max(...columns) + 1) / 64,
          ymax: (Math.max(...rows) + 1) / 64,
        });
        expect(object.share).toBe(pixels.length / 64 ** 2);
      }
    }
  });

  it('shows the same scene at every size', () => {
    for (const scene of SCENES.slice(0, 6)) {
      const small = renderScene(scene, { size: 40 });
      const large = renderScene(scene, { size: 120 });
      expect(large.caption).toBe(small.caption);
      let differing = 0;
      let light = 0;
      for (let p = 0; p < 40 * 40; p++) {
        // The middle of a pixel is the middle of the nine that it is at three times the size.
        const q = (3 * Math.floor(p / 40) + 1) * 120 + 3 * (p % 40) + 1;
        if (small.semseg.data[p] !== large.semseg.data[q] || small.depth.data[p] !== large.depth.data[q]) differing++;
        light += Math.abs(small.rgb.data[3 * p]! - large.rgb.data[3 * q]!);
      }
      expect(differing).toBeLessThan(20);
      expect(light / 1600).toBeLessThan(6);
    }
  });

  it('smooths edges and nothing else', () => {
    const rough = renderScene(SCENES[1]!, { supersampling: 1 });
    const smooth = renderScene(SCENES[1]!, { supersampling: 4 });
    expect(smooth.depth.data).toEqual(rough.depth.data);
    const changed = rough.rgb.data.filter((value, i) => value !== smooth.rgb.data[i]).length / rough.rgb.data.length;
    expect(changed).toBeGreaterThan(0.01);
    expect(changed).toBeLessThan(0.5);
  });

  it.each([7, 2049, 64.5, Number.NaN, -8])('refuses the size %s', (size) => {
    expect(() => toyboxSample(0, { size })).toThrow(InvalidInputError);
  });

  it('refuses a supersampling of 0', () => {
    expect(() => toyboxSample(0, { supersampling: 0 })).toThrow(/supersampling.*1 to 8, not 0/);
  });
});

it('other surroundings change colours alone', () => {
  for (const scene of SCENES.slice(0, 6)) {
    const [before, after] = [scene, inOtherSurroundings(scene, new Random(1))].map((each) => renderScene(each));
    for (const map of ['depth', 'normal', 'semseg', 'instance'] as const) expect(after![map]).toEqual(before![map]);
    expect(after!.caption).toBe(before!.caption);
    const moved = after!.rgb.data.filter((value, i) => Math.abs(value - before!.rgb.data[i]!) > 4).length;
    expect(moved / after!.rgb.data.length).toBeGreaterThan(0.3);
  }
});
