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
 * The requirements that were violated, the likeliest mistake first. The score is the cube root of recall² · precision: recall is the
 * share of the failures that check the requirement, precision the share of failures among the vectors that check it. Recall weighs more
 * because a mistake need not change every vector that checks its requirement. A failure whose result checks n requirements counts 1/n for
 * each. Only the first difference of each vector counts, since later ones may follow from it.
 */
export function diagnose(outcomes: readonly Outcome[]): Suspect[] {
  const failing = outcomes.filter(({ status }) => status === 'fail');
  const suspects = new Map<string, { failed: Outcome[]; ofFailures: number; passed: number }>();
  const share = ({ requirements }: Outcome) => 1 / Math.max(requirements.length, 1);
  for (const outcome of failing) {
    for (const id of outcome.requirements) {
      const suspect = suspects.get(id) ?? { failed: [], ofFailures: 0, passed: 0 };
      suspect.failed.push(outcome);
      suspect.ofFailures += share(outcome);
      suspects.set(id, suspect);
    }
  }
  for (const { right, status, requirements } of outcomes) {
    for (const id of Object.keys(right)) {
      const suspect = suspects.get(id);
      // Each vector counts once, even if several of its results check the requirement.
      if (suspect && !(status === 'fail' && requirements.includes(id))) suspect.passed++;
    }
  }
  const total = failing.reduce((sum, outcome) => sum + share(outcome), 0);
  const ranked = Array.from(suspects, ([requirement, { failed, ofFailures, passed }]): Suspect => {
    const score = Math.cbrt((ofFailures / total) ** 2 * (ofFailures / (ofFailures + passed)));
    const example = failed.toSorted((a, b) => a.requirements.length - b.requirements.length)[0]!;
    return { requirement, score, failed: failed.length, passed, example, flags: flagsOf(example, requirement) };
  });
  return ranked.sort((a, b) => b.score - a.score || a.example.requirements.length - b.example.requirements.length);
}

/** The example's flags for the requirement. */
function flagsOf(example: Outcome, requirement: string): readonly Flag[] {
  return example.flagsByRequirement[requirement] ?? example.flags;
}
