/**
 * Makes each mistake of `adapters/typescript/mistakes.ts` and tells how the kit catches it:
 *
 *     node --import tsx spec/tools/try-mistakes.ts [name…]
 *
 * Each line has the rank of the contradicted requirement in the report, the number of failing vectors, and the first line of the report.
 * The exit status is 0 if each mistake is caught and named among the first three.
 */
import { fileURLToPath } from 'node:url';
import { MISTAKES } from '../adapters/typescript/mistakes.js';
import { diagnose } from '../harness/diagnosis.js';
import { findVectors } from '../harness/find-vectors.js';
import type { Outcome } from '../harness/judge.js';
import { processImplementation } from '../harness/process.js';
import { runVectors } from '../harness/run-vectors.js';

/** How many requirements the report names. */
const SHOWN = 3;

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(MISTAKES);
let missed = 0;
for (const name of names) {
  const mistake = MISTAKES[name];
  if (!mistake) throw new Error(`unknown mistake ${name}; known are ${Object.keys(MISTAKES).join(', ')}`);
  // Metrics are computed by modules that nothing else reads.
  const tiers = mistake.file.startsWith('src/evaluation/')
    ? ['metrics']
    : ['core', 'tokenizers', 'generation', 'training'];
  const outcomes = await outcomesWith(name, tiers);
  const wrong = outcomes.filter(({ status }) => status === 'fail' || status === 'errored');
  const suspects = diagnose(outcomes);
  const place = suspects.findIndex(({ requirement }) => requirement === mistake.contradicts) + 1;
  const isNamed = place >= 1 && place <= SHOWN;
  if (!isNamed) missed++;
  const verdict = wrong.length === 0 ? 'MISSED' : isNamed ? `caught, place ${place}` : 'caught, NOT NAMED';
  const first = suspects.slice(0, SHOWN).map(({ requirement, score }) => `${requirement} ${score.toFixed(2)}`);
  console.log(`${verdict}: ${name} (${mistake.contradicts}): ${wrong.length} vectors; ${first.join(', ')}`);
  for (const { name, status, reason } of wrong) if (status === 'errored') console.log(`  ${name}: ${reason}`);
}
if (missed > 0) process.exitCode = 1;

async function outcomesWith(mistake: string, tiers: readonly string[]): Promise<Outcome[]> {
  const adapter = path('../adapters/typescript/main.ts');
  const implementation = processImplementation(`node --import tsx ${adapter} --mistake ${mistake}`);
  const outcomes: Outcome[] = [];
  try {
    for await (const outcome of runVectors(findVectors(path('../vectors')), implementation, { tiers }))
      outcomes.push(outcome);
  } finally {
    await implementation.close();
  }
  return outcomes;
}
