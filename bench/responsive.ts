/**
 * How long 4M-21_B blocks the event loop, and the accuracy of its estimates of the remaining time: RGB → depth in eight steps → a caption of 64
 * tokens. `node --import tsx bench/responsive.ts`
 */
import { useBackend } from '../backends/index.js';
import { decodingReports, reporter } from '../src/api/progress/progress.js';
import { ThroughputEstimator } from '../src/api/progress/throughput.js';
import type { GenerationProgress } from '../src/api/types/options.js';
import { generateTokens } from '../src/decoding/index.js';
import { Random } from '../src/random.js';
import { fourM21B, picture, VOCABULARY } from './weights.js';

await useBackend('wasm', { threads: 1 });
const model = await fourM21B(['rgb@224'], ['tok_depth@224', 'caption'], { caption: 64 });
let [longestTurn, last, going] = [0, performance.now(), true];
const turn = () => {
  const now = performance.now();
  longestTurn = Math.max(longestTurn, now - last);
  last = now;
  if (going) setImmediate(turn);
};
const reports: { at: number; report: GenerationProgress }[] = [];
const onProgress = (report: GenerationProgress) => reports.push({ at: performance.now(), report });
const report = reporter(onProgress, new ThroughputEstimator(false), () => performance.now(), new Map());
setImmediate(turn);
await generateTokens(model, {
  inputs: { 'rgb@224': { pixels: [picture()] } },
  targets: [
    { modality: 'tok_depth@224', method: 'roar', steps: 8 },
    { modality: 'caption', method: 'autoregressive', temperature: 0.3 },
  ],
  vocabulary: VOCABULARY,
  random: new Random(0),
  onProgress: decodingReports(report, (name) => name),
});
going = false;

const end = reports.at(-1)!.at;
const steps = reports.slice(1).map(({ at }, i) => at - reports[i]!.at);
console.log(`the longest step took ${Math.max(...steps).toFixed(0)} ms, the longest turn ${longestTurn.toFixed(0)} ms`);
for (const { at, report } of reports.filter((_, i) => i < 12 || i % 8 === 0)) {
  const { modality, done, total, secondsLeft } = report;
  const estimate = secondsLeft === undefined ? 'not known' : `${secondsLeft.toFixed(1)} s`;
  console.log(`${modality} ${done}/${total}: left ${estimate}, really ${((end - at) / 1000).toFixed(1)} s`);
}
