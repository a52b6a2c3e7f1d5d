import { describe, expect, it } from 'vitest';
import { readHumanPoses } from '../../../src/modalities/text/human-poses.js';
import { METADATA_KEYS, METADATA_RULES, readMetadata } from '../../../src/modalities/text/metadata.js';
import { readPalette } from '../../../src/modalities/text/palette.js';
import { readSamInstances } from '../../../src/modalities/text/sam-instances.js';
import { Random } from '../../../src/random.js';
import {
  cannyEdges,
  instanceEdges,
  instanceText,
  metadataText,
  paletteText,
  poseOf,
  poseText,
  TOYBOX_MASK_TOKENS,
  TOYBOX_POSE_TOKENS,
  type ToyboxSample,
  toyboxDetections,
  toyboxInstances,
  toyboxMetadata,
  toyboxPalette,
  toyboxSample,
  toyboxShadows,
} from '../../../src/toybox/index.js';

const SAMPLES = Array.from({ length: 60 }, (_, i) => toyboxSample(9000 + i));

const ids = (random: Random, { count, codebook }: { count: number; codebook: number }) =>
  Array.from({ length: count }, () => random.integer(0, codebook - 1));

/** Pixels next to another segment, diagonally too. */
function borders({ instance, semseg }: ToyboxSample): Set<number> {
  const [{ width, data }, classes] = [instance, semseg.data];
  const differ = (p: number, q: number) => data[p] !== data[q] || classes[p] !== classes[q];
  const found = new Set<number>();
  for (let p = 0; p < data.length; p++) {
    for (const step of [1, width - 1, width, width + 1]) {
      const isNeighbour = p + step < data.length && Math.abs((p % width) - ((p + step) % width)) <= 1;
      if (isNeighbour && differ(p, p + step)) found.add(p).add(p + step);
    }
  }
  return found;
}

describe('edges', () => {
  it('of instances run along the borders of segments, and along all of them', () => {
    for (const sample of SAMPLES) {
      const { data, width } = instanceEdges(sample);
      const border = borders(sample);
      expect(data.every((value) => value === 0 || value === 255)).toBe(true);
      data.forEach((value, p) => {
        if (value > 0) expect(border.has(p)).toBe(true);
      });
      // A pixel on either side of a border is an edge, or one nearby.
      const near = [...border].filter((p) =>
        [-1, 0, 1].some((dy) => [-1, 0, 1].some((dx) => (data[p + dy * width + dx] ?? 0) > 0)),
      );
      expect(near.length / border.size).toBeGreaterThan(0.95);
    }
  });

  it('of pictures show most outlines of objects', () => {
    let shown = 0;
    let all = 0;
    for (const sample of SAMPLES) {
      const { data, width } = cannyEdges(sample);
      expect(data.every((value) => value === 0 || value === 255)).toBe(true);
      instanceEdges(sample).data.forEach((value, p) => {
        const isObject = [-1, 0, 1].some((dy) =>
          [-1, 0, 1].some((dx) => (sample.instance.data[p + dy * width + dx] ?? 0) > 0),
        );
        if (value === 0 || !isObject) return;
        all++;
        if ([-1, 0, 1].some((dy) => [-1, 0, 1].some((dx) => (data[p + dy * width + dx] ?? 0) > 0))) shown++;
      });
    }
    expect(shown / all).toBeGreaterThan(0.75);
  });
});

describe('instances', () => {
  it('are the boxes of the sample, with masks that agree with the instance map', () => {
    for (const sample of SAMPLES) {
      const instances = toyboxInstances(sample);
      expect(instances.map(({ box }) => box)).toEqual(toyboxDetections(sample).map(({ box }) => box));
      for (const { instance, box, mask, point } of instances) {
        expect([mask.width, mask.height]).toEqual([64, 64]);
        expect(mask.data.every((value) => value === 0 || value === 1)).toBe(true);
        expect(sample.instance.data[64 * point.y + point.x]).toBe(instance);
        const object = sample.objects.find((other) => other.instance === instance)!;
        const filled = mask.data.reduce((sum, value) => sum + value, 0) / 64 ** 2;
        const area = (box.xmax - box.xmin) * (box.ymax - box.ymin);
        expect(Math.abs(filled - object.share / area)).toBeLessThan(0.08);
      }
    }
  });

  it('are read back from their string', () => {
    const random = new Random(1);
    for (const sample of SAMPLES) {
      const instances = toyboxInstances(sample);
      const tokens = instances.map(() => ids(random, TOYBOX_MASK_TOKENS));
      const { values, unparsed } = readSamInstances(instanceText(sample, instances, tokens));
      expect(unparsed).toBe(0);
      expect(values).toHaveLength(instances.length);
      for (const [i, { box, point }] of instances.entries()) {
        expect(values).toContainEqual({
          box: { xmin: 64 * box.xmin, ymin: 64 * box.ymin, xmax: 64 * box.xmax, ymax: 64 * box.ymax },
          tokens: tokens[i],
          point,
        });
      }
    }
  });
});

describe('palettes', () => {
  it('contain the most frequent colours, rounded to steps of 5', () => {
    for (const sample of SAMPLES) {
      const palette = toyboxPalette(sample);
      expect(palette).toHaveLength(Math.min(7, 3 + sample.objects.length));
      const { values, unparsed } = readPalette(paletteText(sample));
      expect(unparsed).toBe(0);
      values.forEach((colour, i) => {
        colour.forEach((channel, c) => {
          expect(channel % 5).toBe(0);
          expect(Math.abs(channel - palette[i]![c]!)).toBeLessThanOrEqual(2.5);
        });
      });
      const { data } = sample.rgb;
      let distance = 0;
      for (let p = 0; p < data.length; p += 3) {
        distance += Math.min(...palette.map((rgb) => Math.hypot(...rgb.map((value, c) => value - data[p + c]!))));
      }
      expect(distance / (data.length / 3)).toBeLessThan(20);
    }
  });
});

describe('metadata', () => {
  it('tell the facts of the scene', () => {
    for (const sample of SAMPLES) {
      const facts = toyboxMetadata(sample);
      const floor = sample.semseg.data.filter((id) => id === 0).length / 64 ** 2;
      expect(facts.walkability).toBeCloseTo(floor, 12);
      expect(facts.n_humans).toBe(sample.people.length);
      expect(facts.n_coco_instances).toBe(toyboxDetections(sample).length);
      expect(facts.coco_instance_diversity).toBe(new Set(toyboxDetections(sample).map(({ label }) => label)).size);
      expect(facts.semantic_diversity).toBe(new Set(sample.semseg.data).size);
      expect(facts.objectness).toBeCloseTo(
        sample.semseg.data.filter((id) => id > 1).length / sample.semseg.data.length,
        12,
      );
      expect(facts.caption_n_words).toBe(sample.caption.split(' ').length);
      expect(Math.min(facts.original_width!, facts.original_height!)).toBeGreaterThanOrEqual(380);
    }
  });

  it('lie within the published ranges, spread over them, and are read back to their bins', () => {
    const all = SAMPLES.map(toyboxMetadata);
    for (const key of METADATA_KEYS.filter((name) => name in all[0]!)) {
      const rule = METADATA_RULES[key];
      const values = all.map((facts) => facts[key]!);
      if (rule.kind === 'range') {
        expect(Math.min(...values), key).toBeGreaterThanOrEqual(rule.min);
        expect(Math.max(...values), key).toBeLessThanOrEqual(rule.max);
      }
      if (key !== 'caption_n_sentences') expect(new Set(values).size, key).toBeGreaterThan(1);
    }
    for (const sample of SAMPLES) {
      const { values, unparsed } = readMetadata(metadataText(sample));
      expect(unparsed).toBe(0);
      expect(Object.keys(values)).toEqual(METADATA_KEYS.filter((key) => !/watermark|aesthetic/.test(key)));
    }
  });

  it('know one plane from many, and near edges from none', () => {
    const sample = SAMPLES[0]!;
    const flat = {
      ...sample,
      normal: { ...sample.normal, data: Float32Array.from(sample.normal.data, (_, i) => Number(i % 3 === 1)) },
      depth: { ...sample.depth, data: sample.depth.data.map(() => 5) },
    };
    expect(toyboxMetadata(flat).geometric_complexity).toBeCloseTo(0, 12);
    expect(toyboxMetadata(flat).occlusion_score).toBe(0);
    expect(toyboxMetadata(sample).occlusion_score).toBeGreaterThan(0);
  });
});

describe('people', () => {
  it('are read back from their string', () => {
    const random = new Random(2);
    expect(poseText({ people: [] }, [])).toBe('none');
    for (const sample of SAMPLES) {
      const tokens = sample.people.map(() => ids(random, TOYBOX_POSE_TOKENS));
      const { values, unparsed } = readHumanPoses(poseText(sample, tokens));
      expect(unparsed).toBe(0);
      expect(values).toHaveLength(sample.people.length);
      sample.people.forEach((person, i) => {
        const read = values.find(({ poseTokens }) => Array.from(poseTokens).join() === tokens[i]!.join())!;
        const told = poseOf(person, tokens[i]!);
        const close = (a: ArrayLike<number>, b: ArrayLike<number>, within: number) =>
          Array.from(a).forEach((value, k) => {
            expect(Math.abs(value - b[k]!)).toBeLessThanOrEqual(within);
          });
        // Half a word of each kind, and half a level.
        close(read.globalOrientation, told.globalOrientation, 0.51 / 499.5);
        close(read.globalOrientation, person.globalOrientation, 1 / 63 + 0.51 / 499.5);
        close(read.camera, person.camera, 0.51 / 49.95);
        close(read.shape, person.shape, 3 / 63 + 0.51 / 166.5);
        close(Object.values(read.box), Object.values(person.box), 0.5 / 63 + 0.51 / 999);
      });
    }
  });
});

describe('shadows', () => {
  it('are darker than the light on the floor and on the wall, in every scene with enough of both', () => {
    let compared = 0;
    for (const sample of SAMPLES) {
      const shadows = toyboxShadows(sample);
      expect([shadows.width, shadows.height, shadows.channels]).toEqual([64, 64, 1]);
      for (const surface of [0, 1]) {
        const brightness = [0, 1].map((shadow) => {
          const pixels = [...shadows.data.keys()].filter(
            (p) => sample.instance.data[p] === 0 && sample.semseg.data[p] === surface && shadows.data[p] === shadow,
          );
          const sum = pixels.reduce((total, p) => total + sample.rgb.data[3 * p + 1]!, 0);
          return { count: pixels.length, mean: sum / pixels.length };
        });
        const [light, dark] = brightness as [(typeof brightness)[0], (typeof brightness)[0]];
        if (Math.min(light.count, dark.count) < 20) continue;
        compared++;
        expect(dark.mean).toBeLessThan(0.9 * light.mean);
      }
    }
    expect(compared).toBeGreaterThan(20);
  });
});
