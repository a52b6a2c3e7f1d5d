import { InvalidInputError } from '../errors.js';
import { checkFinite, checkLengths, nothingMeasured } from './checks.js';
import { alignBySimilarity, type Similarity } from './pose-alignment.js';
import { mean } from './statistics.js';

/** Errors of one pose, each the mean over its visible joints of the distance from the truth, in the unit of the joints. */
export interface PoseErrors {
  /** As predicted. */
  readonly mpjpe: number;
  /** With the root joints of both at the origin. */
  readonly rootMpjpe: number;
  /** Additionally with the scale of least squared error. */
  readonly scaledMpjpe: number;
  /** After Procrustes alignment. */
  readonly paMpjpe: number;
  /** The alignment. */
  readonly similarity: Similarity;
}

/** Means over all visible joints of all poses. */
export interface PoseScores {
  readonly mpjpe: number;
  readonly rootMpjpe: number;
  readonly scaledMpjpe: number;
  readonly paMpjpe: number;
}

type Kind = keyof PoseScores;

/** Compares 3-D poses, joint by joint (MPJPE and its aligned variants; Ionescu et al., 2014; Zhou et al., 2018). */
export class PoseMetric {
  readonly #root: number;
  readonly #distances: Record<Kind, number[]> = { mpjpe: [], rootMpjpe: [], scaledMpjpe: [], paMpjpe: [] };

  /** @param root the joint that root-aligned errors are relative to */
  constructor(root = 0) {
    this.#root = root;
  }

  /**
   * Adds a pose. A pose without visible joints is not counted.
   *
   * @param predicted joints, [J, 3]
   * @param truth     joints, [J, 3]
   * @param visible   flags of the joints that count, [J]; all without it
   * @returns         undefined if no joint is visible
   * @throws InvalidInputError if the sizes do not fit each other, or for a joint with NaN or an infinity
   */
  add(predicted: ArrayLike<number>, truth: ArrayLike<number>, visible?: ArrayLike<number>): PoseErrors | undefined {
    checkLengths('pose', predicted, truth, visible, 3);
    for (let i = 0; i < truth.length; i++) {
      checkFinite('a predicted joint', predicted[i]!);
      checkFinite('a true joint', truth[i]!);
    }
    const joints = truth.length / 3;
    if (this.#root >= joints) throw new InvalidInputError(`a pose of ${joints} joints has no root joint ${this.#root}`);
    const used = Array.from({ length: joints }, (_, j) => j).filter((j) => !visible || visible[j]);
    if (used.length === 0) return undefined;
    const similarity = alignBySimilarity(predicted, truth, visible);
    const [p, g] = [relativeTo(predicted, this.#root), relativeTo(truth, this.#root)];
    const errors: Record<Kind, number[]> = {
      mpjpe: distances(predicted, truth, used),
      rootMpjpe: distances(p, g, used),
      scaledMpjpe: distances(scaledTo(p, g, used), g, used),
      paMpjpe: distances(similarity.aligned, truth, used),
    };
    for (const kind of Object.keys(errors) as Kind[]) this.#distances[kind].push(...errors[kind]);
    return {
      mpjpe: mean(errors.mpjpe),
      rootMpjpe: mean(errors.rootMpjpe),
      scaledMpjpe: mean(errors.scaledMpjpe),
      paMpjpe: mean(errors.paMpjpe),
      similarity,
    };
  }

  /** @throws InvalidInputError before any visible joint has been added */
  result(): PoseScores {
    const { mpjpe, rootMpjpe, scaledMpjpe, paMpjpe } = this.#measured();
    return {
      mpjpe: mean(mpjpe),
      rootMpjpe: mean(rootMpjpe),
      scaledMpjpe: mean(scaledMpjpe),
      paMpjpe: mean(paMpjpe),
    };
  }

  /** Share of joints whose error after Procrustes alignment is below a distance (PCK), 0…1. @throws InvalidInputError likewise */
  shareBelow(distance: number): number {
    const { paMpjpe } = this.#measured();
    return paMpjpe.filter((error) => error < distance).length / paMpjpe.length;
  }

  #measured(): Record<Kind, number[]> {
    if (this.#distances.mpjpe.length === 0) throw nothingMeasured('PoseMetric');
    return this.#distances;
  }
}

/** Distances between two lists of points, [J, 3], at some of them. */
export function distances(a: ArrayLike<number>, b: ArrayLike<number>, joints: readonly number[]): number[] {
  return joints.map((j) =>
    Math.hypot(a[3 * j]! - b[3 * j]!, a[3 * j + 1]! - b[3 * j + 1]!, a[3 * j + 2]! - b[3 * j + 2]!),
  );
}

function relativeTo(points: ArrayLike<number>, joint: number): Float64Array {
  return Float64Array.from(points, (value, i) => value - points[3 * joint + (i % 3)]!);
}

/** Points scaled to the least squared error with others. Points that are all 0 stay unchanged. */
function scaledTo(points: Float64Array, targets: Float64Array, joints: readonly number[]): Float64Array {
  let [products, squares] = [0, 0];
  for (const j of joints) {
    for (let c = 3 * j; c < 3 * j + 3; c++) {
      products += points[c]! * targets[c]!;
      squares += points[c]! ** 2;
    }
  }
  return squares === 0 ? points : points.map((value) => (value * products) / squares);
}
