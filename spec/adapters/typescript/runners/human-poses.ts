import { publishedTokenizerInputs } from '../../../../src/modalities/published.js';
import {
  cropHumanPoses,
  type HumanPose,
  humanPosesToText,
  type PoseComponent,
  textToHumanPoses,
} from '../../../../src/modalities/text/human-poses.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';

type Four = [number, number, number, number];

interface PoseBuild {
  readonly instances: {
    readonly bbox_xyxy: [Four][];
    readonly pred_smpl_params: { global_orient: number[][][][]; betas: number[][] };
    readonly pred_cam: number[][];
    readonly pose_tokenized: number[][];
  };
  readonly orig_size_h_w: [number, number];
  readonly crop_coords_top_left_h_w: Four;
  readonly component_permutation: number[];
  /** A row a person; the text for nobody if no person is left. */
  readonly after_crop: (string | number)[][] | string;
  readonly string: string;
}

interface ParsedPose {
  readonly pose_ids: number[];
  readonly betas: number[][];
  readonly global_orient: number[][][][];
  readonly pred_cam: number[][];
  readonly bbox_xyxy_224: Four;
  readonly box_center: number[][];
  readonly box_size: number;
}

/** What is given of a string to build; the rows are compared as numbers. */
const GIVEN = ['instances', 'orig_size_h_w', 'crop_coords_top_left_h_w', 'component_permutation', 'after_crop', 'note'];

/** What the reference shuffles, in the order of its numbers. */
const PERMUTED: readonly PoseComponent[] = ['pose', 'global', 'camera', 'shape'];

/** `trans.pose`: people cropped and written, and strings read. */
export function humanPoses(reference: ConformanceCase, compare: Comparison): void {
  const { build, parse, empty } = reference.json() as {
    build: PoseBuild[];
    parse: { string: string; instances: ParsedPose[] }[];
    empty: object;
  };
  compare.entry('data', reference.json() as object, ['build', 'parse', 'empty']);
  build.forEach((entry, i) => {
    const [height, width] = entry.orig_size_h_w;
    const [top, left, cropHeight, cropWidth] = entry.crop_coords_top_left_h_w;
    const crop = { left, top, width: cropWidth, height: cropHeight };
    const cropped = cropHumanPoses(peopleOf(entry), crop, { width, height });
    const { after_crop } = entry;
    if (typeof after_crop === 'string') {
      compare.value(
        `build[${i}].after_crop`,
        cropped.length === 0 ? humanPosesToText([]) : cropped.map(rowOf),
        after_crop,
      );
    } else compareRows(compare, `build[${i}].after_crop`, cropped.map(rowOf), after_crop);
    const order = entry.component_permutation.map((component) => PERMUTED[component]!);
    const string = humanPosesToText(cropped, order, { compat: 'official' });
    compare.entry(`build[${i}]`, entry, GIVEN, { string });
  });
  parse.forEach((entry, i) => {
    const { string, instances } = entry;
    compare.entry(`parse[${i}]`, entry, ['string', 'instances']);
    const people = textToHumanPoses(string);
    compare.value(`parse[${i}] people`, people.length, instances.length);
    people.slice(0, instances.length).forEach((person, k) => {
      compareParsed(compare, `parse[${i}][${k}]`, person, instances[k]!);
    });
  });
  // The sum is that of the zeros that the reference has in place of a pose where nobody is.
  compare.entry('empty', empty, ['empty_only_pose_sum'], { empty_instances_string: humanPosesToText([]) });
}

function peopleOf({ instances, orig_size_h_w: [height, width] }: PoseBuild): HumanPose[] {
  const { bbox_xyxy, pred_smpl_params, pred_cam, pose_tokenized } = instances;
  return bbox_xyxy.map(([[x0, y0, x1, y1]], i) => ({
    box: { xmin: x0 / width, ymin: y0 / height, xmax: x1 / width, ymax: y1 / height },
    poseTokens: pose_tokenized[i]!,
    globalOrientation: pred_smpl_params.global_orient[i]!.flat(2),
    camera: pred_cam[i]!,
    shape: pred_smpl_params.betas[i]!,
  }));
}

/** A person as the reference lists it: every part behind its name. */
function rowOf({ box, globalOrientation, poseTokens, shape, camera }: HumanPose): (string | number)[] {
  const parts = { human: corners(box), global: globalOrientation, pose: poseTokens, shape, camera };
  return Object.entries(parts).flatMap(([name, values]) => [name, ...Array.from(values)]);
}

function corners({ xmin, ymin, xmax, ymax }: HumanPose['box']): number[] {
  return [xmin, ymin, xmax, ymax];
}

/** The reference has what it reads in single precision, and a body as rotations of the joints. */
function compareParsed(compare: Comparison, name: string, person: HumanPose, expected: ParsedPose): void {
  const single = (values: ArrayLike<number>) => Float32Array.from(values);
  const box = single(corners(person.box).map((x) => x * 224)) as unknown as Four;
  const [x0, y0, x1, y1] = box;
  const centre = single([(x0 + x1) / 2, (y0 + y1) / 2]);
  const numbers = ['betas', 'global_orient', 'pred_cam', 'bbox_xyxy_224', 'box_center', 'box_size'];
  const joints = publishedTokenizerInputs.human_poses!.channels / 9;
  compare.entry(name, expected, numbers, {
    pose_ids: Array.from(person.poseTokens),
    pose_ids_shape: [1, person.poseTokens.length, 1, 1],
    global_orient_shape: [1, 1, 3, 3],
    body_pose_shape: [1, joints, 3, 3],
  });
  compare.numbers(`${name}.betas`, single(person.shape), expected.betas.flat());
  compare.numbers(`${name}.global_orient`, single(person.globalOrientation), expected.global_orient.flat(3));
  compare.numbers(`${name}.pred_cam`, single(person.camera), expected.pred_cam.flat());
  compare.numbers(`${name}.bbox_xyxy_224`, box, expected.bbox_xyxy_224);
  compare.numbers(`${name}.box_center`, centre, expected.box_center.flat());
  const size = Math.max(...single([centre[0]! - x0, centre[1]! - y0])) * 2;
  compare.numbers(`${name}.box_size`, [size], [expected.box_size]);
}

/** Compares numbers as numbers, and the words between them exactly. */
function compareRows(
  compare: Comparison,
  name: string,
  actual: readonly (readonly unknown[])[],
  expected: readonly (readonly unknown[])[],
): void {
  const numbers = (rows: readonly (readonly unknown[])[]) => rows.flat().filter((x) => typeof x === 'number');
  const words = (rows: readonly (readonly unknown[])[]) =>
    rows.map((row) => row.map((x) => (typeof x === 'number' ? null : x)));
  compare.value(name, words(actual), words(expected));
  compare.numbers(name, numbers(actual), numbers(expected));
}
