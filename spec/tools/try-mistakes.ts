/**
 * Makes each mistake of `adapters/typescript/mistakes.ts` and tells how the kit catches it:
 *
 *     node --import tsx spec/tools/try-mistakes.ts [name…]
 */
import { fileURLToPath } from 'node:url';
import { MISTAKES } from '../adapters/typescript/mistakes.js';
import { diagnose } from '../harness/diagnosis.js';
import { findVectors } from '../harness/find-vectors.js';
import type { Outcome } from '../harness/judge.js';
import { processImplementation } from '../harness/process.js';
import { runVectors } from '../harness/run-vectors.js';

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(MISTAKES);
const tiers = ['core', 'tokenizers', 'generation', 'training'];
for (const name of names) {
  const adapter = path('../adapters/typescript/main.ts');
  const implementation = processImplementation(`node --import tsx ${adapter} --mistake ${name}`);
  const outcomes: Outcome[] = [];
  try {
    for await (const outcome of runVectors(findVectors(path('../vectors')), implementation, { tiers }))
      outcomes.push(outcome);
  } finally {
    await implementation.close();
  }
  const wrong = outcomes.filter(({ status }) => status === 'fail' || status === 'errored');
  const suspects = diagnose(outcomes).slice(0, 3);
  const isFirst = suspects.some(({ requirement }) => requirement === MISTAKES[name]!.contradicts);
  const told = suspects.map(({ requirement, score }) => `${requirement} ${score.toFixed(2)}`).join(', ');
  console.log(
    `${isFirst ? 'caught' : 'MISSED'} ${name} (${MISTAKES[name]!.contradicts}): ${wrong.length} vectors; ${told}`,
  );
  for (const { name, status, reason } of wrong) if (status === 'errored') console.log(`  ${name}: ${reason}`);
}
