import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import {
  cropHumanPoses,
  type HumanPose,
  humanPosesToText,
  type PoseComponent,
  readHumanPoses,
  textToHumanPoses,
} from '../../../src/modalities/text/human-poses.js';
import { expectClose } from '../../vectors.js';

type Four = [number, number, number, number];
const vectors: {
  build: {
    instances: {
      bbox_xyxy: [Four][];
      pred_smpl_params: { global_orient: number[][][][]; betas: number[][] };
      pred_cam: number[][];
      pose_tokenized: number[][];
    };
    orig_size_h_w: [number, number];
    crop_coords_top_left_h_w: Four;
    component_permutation: number[];
    after_crop: (string | number)[][];
    string: string;
  }[];
  parse: {
    string: string;
    instances: {
      pose_ids: number[];
      betas: [number[]];
      global_orient: number[][][][];
      pred_cam: [number[]];
      bbox_xyxy_224: Four;
      box_center: [[number, number]];
      box_size: number;
    }[];
  }[];
  empty: { empty_instances_string: string };
} = JSON.parse(readFileSync(new URL('../../../spec/vectors/trans_pose/data.json', import.meta.url), 'utf8'));

const EXACT = { rtol: 1e-9, atol: 0 };
const PERMUTED: PoseComponent[] = ['pose', 'global', 'camera', 'shape'];
const corners = ({ box }: HumanPose) => [box.xmin, box.ymin, box.xmax, box.ymax];

describe('published strings', () => {
  test.each(vectors.build.map((c, i) => [i, c] as const))('build %i', (_, c) => {
    const [height, width] = c.orig_size_h_w;
    const [top, left, cropHeight, cropWidth] = c.crop_coords_top_left_h_w;
    const { bbox_xyxy, pred_smpl_params, pred_cam, pose_tokenized } = c.instances;
    const people = bbox_xyxy.map(
      ([[x0, y0, x1, y1]], i): HumanPose => ({
        box: { xmin: x0 / width, ymin: y0 / height, xmax: x1 / width, ymax: y1 / height },
        poseTokens: pose_tokenized[i]!,
        globalOrientation: pred_smpl_params.global_orient[i]!.flat(2),
        camera: pred_cam[i]!,
        shape: pred_smpl_params.betas[i]!,
      }),
    );
    const crop = { left, top, width: cropWidth, height: cropHeight };
    const cropped = cropHumanPoses(people, crop, { width, height });
    expect(cropped).toHaveLength(c.after_crop.length);
    cropped.forEach((person, i) => {
      const { poseTokens, globalOrientation, camera, shape } = person;
      const row = [...corners(person), globalOrientation, poseTokens, shape, camera].flatMap((x) =>
        typeof x === 'number' ? [x] : Array.from(x),
      );
      const expected = c.after_crop[i]!.filter((x) => typeof x === 'number');
      expectClose(row, expected, EXACT);
    });
    const order = c.component_permutation.map((component) => PERMUTED[component]!);
    expect(humanPosesToText(cropped, order, { compat: 'official' })).toBe(c.string);
    expect(humanPosesToText(cropped, order)).toBe(c.string);
  });

  test.each(vectors.parse.map((c, i) => [i, c] as const))('parse %i', (_, c) => {
    const people = textToHumanPoses(c.string);
    expect(people).toHaveLength(c.instances.length);
    people.forEach((person, i) => {
      const expected = c.instances[i]!;
      const single = (list: ArrayLike<number>) => Float32Array.from(list);
      expect(person.poseTokens).toEqual(expected.pose_ids);
      expectClose(single(person.shape), expected.betas[0], EXACT);
      expectClose(single(person.globalOrientation), expected.global_orient.flat(3), EXACT);
      expectClose(single(person.camera), expected.pred_cam[0], EXACT);
      const box = single(corners(person).map((x) => x * 224));
      expectClose(box, expected.bbox_xyxy_224, EXACT);
      const [x0, y0, x1, y1] = box as unknown as Four;
      const centre = single([(x0 + x1) / 2, (y0 + y1) / 2]);
      expectClose(centre, expected.box_center[0], EXACT);
      expectClose([Math.max(...single([centre[0]! - x0, centre[1]! - y0])) * 2], [expected.box_size], EXACT);
    });
  });

  test('nobody', () => {
    expect(humanPosesToText([])).toBe(vectors.empty.empty_instances_string);
    expect(textToHumanPoses(vectors.empty.empty_instances_string)).toEqual([]);
  });
});

const list = (length: number, min: number, max: number) =>
  fc.array(fc.double({ min, max, noNaN: true }), { minLength: length, maxLength: length });
const pose: fc.Arbitrary<HumanPose> = fc.record({
  box: list(4, 0, 1).map((x) => ({ xmin: x[0]!, ymin: x[1]!, xmax: x[2]!, ymax: x[3]! })),
  poseTokens: fc.array(fc.nat(1023), { minLength: 8, maxLength: 8 }),
  globalOrientation: list(9, -1, 1),
  camera: list(3, -1, 19),
  shape: list(10, -3, 3),
});
const order = fc.shuffledSubarray(PERMUTED, { minLength: 4 });

test('written values are read back, to the nearest bin, in any order', () => {
  fc.assert(
    fc.property(fc.array(pose, { minLength: 1, maxLength: 3 }), order, (people, components) => {
      const text = humanPosesToText(people, components);
      const read = textToHumanPoses(text);
      expect(read).toHaveLength(people.length);
      read.forEach((person, i) => {
        const written = people[i]!;
        const nearest = (bin: number) => ({ rtol: 0, atol: bin / 2 + 1e-9 });
        expect(person.poseTokens).toEqual(written.poseTokens);
        expectClose(corners(person), corners(written), nearest(1 / 999));
        expectClose(person.globalOrientation, written.globalOrientation, nearest(1 / 499.5));
        expectClose(person.camera, written.camera, nearest(1 / 49.95));
        expectClose(person.shape, written.shape, nearest(1 / 166.5));
      });
      expect(humanPosesToText(read, components)).toBe(text);
    }),
  );
});

const somebody: HumanPose = {
  box: { xmin: 0, ymin: 0, xmax: 1, ymax: 1 },
  poseTokens: [0, 1, 2, 3, 511, 512, 513, 1023],
  globalOrientation: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  camera: [30, 0, -5],
  shape: [5, -5, 0, 0, 0, 0, 0, 0, 0, 0],
};

test('numbers beyond their range become its end; officially only those of the camera', () => {
  const [person] = textToHumanPoses(humanPosesToText([somebody]));
  expectClose(person!.camera, [19, 0, -1], { rtol: 0, atol: 0.011 });
  expectClose(Array.from(person!.shape).slice(0, 2), [3, -3], { rtol: 1e-9, atol: 0 });
  const official = humanPosesToText([somebody], ['camera', 'shape'], { compat: 'official' });
  expect(official).toContain('camera v0=999 v0=50 v0=0 shape v0=1332 v0=-333 v0=500');
});

test('who is malformed is left out', () => {
  const text = humanPosesToText([somebody]);
  expect(textToHumanPoses(`${text}human v0=1 v1=2 ${text}[EOS]`)).toHaveLength(2);
  expect(textToHumanPoses(text.replace('camera', 'shape'))).toEqual([]);
  expect(textToHumanPoses(text.replace('v1=511', 'person'))).toEqual([]);
  expect(textToHumanPoses(`${text} v0=3`)).toEqual([]);
  expect(readHumanPoses(`v0=1 ${text}human v0=1 v1=2 ${text}[EOS]`)).toMatchObject({ values: [{}, {}], unparsed: 4 });
  expect(readHumanPoses('none').unparsed).toBe(0);
});

test('officially every 39 words are a person', () => {
  const official = (text: string) => textToHumanPoses(text, { compat: 'official' });
  const text = humanPosesToText([somebody]);
  fc.assert(
    fc.property(fc.array(pose, { minLength: 1, maxLength: 3 }), order, (people, components) => {
      const strings = humanPosesToText(people, components);
      expect(official(strings)).toEqual(textToHumanPoses(strings));
    }),
  );
  expect(official(text + text)).toHaveLength(2);
  // What the vocabulary lacks is several words, and moves all words behind it.
  expect(official(text.replace('v0=999', 'v0=-25') + text)).toEqual([]);
  expect(official(text + text.replace('v0=999', 'v0=-25'))).toHaveLength(1);
  expect(official(`${text}[PAD] ${text}`)).toHaveLength(1);
  expect(official(text.replace('human', 'dog'))).toHaveLength(1);
  expect(official(text.replace('v1=511', 'v2=5'))[0]!.poseTokens).toEqual([0, 1, 2, 3, 511, 512, 513, 5]);
});

test('boxes are clipped to a crop, and people outside are dropped', () => {
  const at = (xmin: number, xmax: number): HumanPose => ({ ...somebody, box: { xmin, xmax, ymin: 0.5, ymax: 1 } });
  const crop = { left: 50, top: 0, width: 50, height: 100 };
  const left = cropHumanPoses([at(0, 0.4), at(0.25, 0.75)], crop, { width: 100, height: 100 });
  expect(left.map(({ box }) => box)).toEqual([{ xmin: 0, xmax: 0.5, ymin: 0.5, ymax: 1 }]);
});

test.each([{ shape: [1, 2] }, { camera: [0, Number.NaN, 0] }, { poseTokens: [0, 0, 0, 0, 0, 0, 0, 1024] }])(
  '%o is refused',
  (part) => {
    expect(() => humanPosesToText([{ ...somebody, ...part }])).toThrow(InvalidInputError);
  },
);
