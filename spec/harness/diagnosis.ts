import type { Outcome } from './judge.js';
import type { Flag } from './vector.js';

/** A requirement that results of an implementation contradict. */
export interface Suspect {
  readonly requirement: string;
  /** How well it alone explains what failed and what did not, 0 … 1. */
  readonly score: number;
  readonly failed: number;
  readonly passed: number;
  /** A vector that shows it, and the mistakes that its results are there to catch. */
  readonly example: Outcome;
  readonly flags: readonly Flag[];
}

/**
 * The requirements that were contradicted, the likeliest mistake first: by Ochiai's measure, of how many of the failures a
 * requirement has a part in, and of how few results that were right. Only the first difference of each vector counts, since the later
 * ones may follow from it.
 */
export function diagnose(outcomes: readonly Outcome[]): Suspect[] {
  const failing = outcomes.filter(({ status }) => status === 'fail');
  const suspects = new Map<string, { failed: Outcome[]; passed: number }>();
  for (const outcome of failing) {
    for (const id of outcome.requirements) {
      const suspect = suspects.get(id) ?? { failed: [], passed: 0 };
      suspect.failed.push(outcome);
      suspects.set(id, suspect);
    }
  }
  for (const { right, status, requirements } of outcomes) {
    for (const id of Object.keys(right)) {
      const suspect = suspects.get(id);
      // A vector counts once, however many of its results check the requirement.
      if (suspect && !(status === 'fail' && requirements.includes(id))) suspect.passed++;
    }
  }
  const ranked = Array.from(suspects, ([requirement, { failed, passed }]): Suspect => {
    const score = failed.length / Math.sqrt(failing.length * (failed.length + passed));
    const example = failed.toSorted((a, b) => a.requirements.length - b.requirements.length)[0]!;
    return { requirement, score, failed: failed.length, passed, example, flags: flagsOf(example, requirement) };
  });
  return ranked.sort((a, b) => b.score - a.score || a.example.requirements.length - b.example.requirements.length);
}

/** Those of the example's flags that its check of the requirement names. */
function flagsOf(example: Outcome, requirement: string): readonly Flag[] {
  return example.flagsByRequirement[requirement] ?? example.flags;
}
