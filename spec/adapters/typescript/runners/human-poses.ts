import { publishedTokenizerInputs } from '../../../../src/modalities/published.js';
import {
  cropHumanPoses,
  type HumanPose,
  humanPosesToText,
  type PoseComponent,
  textToHumanPoses,
} from '../../../../src/modalities/text/human-poses.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';

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
}

/** The components that the reference shuffles, in the order of its indices. */
const PERMUTED: readonly PoseComponent[] = ['pose', 'global', 'camera', 'shape'];

/** `trans.pose`: people cropped and written, and strings read. */
export function humanPoses(task: Inputs, out: Outputs): void {
  const { build, parse } = task.json() as { build: PoseBuild[]; parse: { string: string }[] };
  build.forEach((entry, i) => {
    const [height, width] = entry.orig_size_h_w;
    const [top, left, cropHeight, cropWidth] = entry.crop_coords_top_left_h_w;
    const crop = { left, top, width: cropWidth, height: cropHeight };
    const cropped = cropHumanPoses(peopleOf(entry), crop, { width, height });
    const order = entry.component_permutation.map((component) => PERMUTED[component]!);
    out.value(`/build/${i}`, {
      // A row for each person; the text without people if none is left.
      after_crop: cropped.length === 0 ? humanPosesToText([]) : cropped.map(rowOf),
      string: humanPosesToText(cropped, order, { compat: 'official' }),
    });
  });
  parse.forEach(({ string }, i) => {
    out.value(`/parse/${i}/instances`, textToHumanPoses(string, { compat: 'official' }).map(parsedOf));
  });
  out.value('/empty/empty_instances_string', humanPosesToText([]));
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

/** A person as the list of the reference: each component after its name. */
function rowOf({ box, globalOrientation, poseTokens, shape, camera }: HumanPose): (string | number)[] {
  const parts = { human: corners(box), global: globalOrientation, pose: poseTokens, shape, camera };
  return Object.entries(parts).flatMap(([name, values]) => [name, ...Array.from(values)]);
}

function corners({ xmin, ymin, xmax, ymax }: HumanPose['box']): number[] {
  return [xmin, ymin, xmax, ymax];
}

/** A person in the reference's format: in single precision, with the body pose as joint rotations. */
function parsedOf(person: HumanPose): object {
  const single = (values: ArrayLike<number>) => Float32Array.from(values);
  const box = single(corners(person.box).map((x) => x * 224)) as unknown as Four;
  const [x0, y0, x1, y1] = box;
  const centre = single([(x0 + x1) / 2, (y0 + y1) / 2]);
  const joints = publishedTokenizerInputs.human_poses!.channels / 9;
  const turn = single(person.globalOrientation);
  return {
    pose_ids: person.poseTokens,
    pose_ids_shape: [1, person.poseTokens.length, 1, 1],
    global_orient_shape: [1, 1, 3, 3],
    body_pose_shape: [1, joints, 3, 3],
    betas: [single(person.shape)],
    global_orient: [[[turn.subarray(0, 3), turn.subarray(3, 6), turn.subarray(6, 9)]]],
    pred_cam: [single(person.camera)],
    bbox_xyxy_224: box,
    box_center: [centre],
    box_size: Math.max(...single([centre[0]! - x0, centre[1]! - y0])) * 2,
  };
}
