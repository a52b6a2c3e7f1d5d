import type { Outcome } from './judge.js';
import type { Flag } from './vector.js';

/** A requirement that results of an implementation violate. */
export interface Suspect {
  readonly requirement: string;
  /** How well it alone explains the failures and passes, 0 … 1. */
  readonly score: number;
  readonly failed: number;
  readonly passed: number;
  /** A vector that shows it, and the mistakes that its results detect. */
  readonly example: Outcome;
  readonly flags: readonly Flag[];
}

/**
 * The requirements that were violated, the likeliest mistake first. They are ranked by Ochiai's coefficient: a requirement scores
 * high if many failures and few correct results check it. A result that checks several requirements counts for each of them by its share,
 * so that one which checks a single requirement says more than the end of a long computation. Only the first difference of each vector
 * counts, since later ones may follow from it.
 */
export function diagnose(outcomes: readonly Outcome[]): Suspect[] {
  const failing = outcomes.filter(({ status }) => status === 'fail');
  const suspects = new Map<string, { failed: Outcome[]; passed: number; ofFailures: number; ofPasses: number }>();
  const share = ({ requirements }: Outcome) => 1 / Math.max(requirements.length, 1);
  let total = 0;
  for (const outcome of failing) {
    total += share(outcome);
    for (const id of outcome.requirements) {
      const suspect = suspects.get(id) ?? { failed: [], passed: 0, ofFailures: 0, ofPasses: 0 };
      suspect.failed.push(outcome);
      suspect.ofFailures += share(outcome);
      suspects.set(id, suspect);
    }
  }
  for (const { right, status, requirements } of outcomes) {
    for (const [id, shareOfRight] of Object.entries(right)) {
      const suspect = suspects.get(id);
      // Each vector counts once, even if several of its results check the requirement.
      if (!suspect || (status === 'fail' && requirements.includes(id))) continue;
      suspect.passed++;
      suspect.ofPasses += shareOfRight;
    }
  }
  const ranked = Array.from(suspects, ([requirement, { failed, passed, ofFailures, ofPasses }]): Suspect => {
    const score = ofFailures / Math.sqrt(total * (ofFailures + ofPasses));
    const example = failed.toSorted((a, b) => a.requirements.length - b.requirements.length)[0]!;
    return { requirement, score, failed: failed.length, passed, example, flags: flagsOf(example, requirement) };
  });
  return ranked.sort((a, b) => b.score - a.score || a.example.requirements.length - b.example.requirements.length);
}

/** The example's flags for the requirement. */
function flagsOf(example: Outcome, requirement: string): readonly Flag[] {
  return example.flagsByRequirement[requirement] ?? example.flags;
}
