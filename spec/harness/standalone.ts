/** The harness in the archive (`tools/release.ts`), without our implementation: `node conformance.mjs --impl '<command>'`. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { processImplementation } from './process.js';
import { REPORTS, type RunOptions, runFolder } from './run-command.js';
import { TIERS } from './vector.js';

const USAGE = `usage: node conformance.mjs --impl '<command>' [--tier ${TIERS.join('|')}]… [--filter <glob>]
  [--report ${REPORTS.join('|')}] [--timeout <seconds>] [--known-failures <file>]
  [--reference-data <folder with the official vocabulary>] [folder of vectors]`;

const spec = fileURLToPath(new URL('.', import.meta.url));
const { values, positionals } = parsed();
const timeout = Number(values.timeout) * 1000;
const isKnown = (list: readonly string[], value: string) => list.includes(value);
const areRight =
  (values.tier ?? []).every((tier) => isKnown(TIERS, tier)) && isKnown([...REPORTS, ''], values.report ?? '');
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
if (values.impl === undefined || !areRight || !(timeout > 0)) {
  console.error(USAGE);
  process.exit(2);
}
const { tier, filter, report, 'reference-data': referenceData } = values;
const options = { spec, tier, filter, report, knownFailures: values['known-failures'] } as RunOptions;
const environment: Record<string, string> =
  referenceData === undefined ? {} : { FOURM_REFERENCE_DATA: resolve(referenceData) };
try {
  const implementation = processImplementation(values.impl, { timeout, environment });
  const failed = await runFolder(positionals[0] ?? `${spec}/vectors`, implementation, options, console.log);
  process.exitCode = failed > 0 ? 1 : 0;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        impl: { type: 'string' },
        tier: { type: 'string', multiple: true },
        filter: { type: 'string' },
        report: { type: 'string' },
        timeout: { type: 'string', default: '120' },
        'known-failures': { type: 'string' },
        'reference-data': { type: 'string' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}
