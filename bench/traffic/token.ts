import { generateTokens } from '../../src/decoding/index.js';
import type { WeightDtype } from '../../src/nn/packed/packing.js';
import type { Parameter } from '../../src/nn/parameters.js';
import { parametersIn } from '../../src/nn/parameters-in.js';
import { Random } from '../../src/random.js';
import { fourM21B, VOCABULARY } from '../weights.js';
import type { Counting, ProgramRun } from './count.js';

const [INPUT, TARGET] = ['caption', 'det'];
/** Number of generated tokens. The first also reads the input; the last is counted. */
const TOKENS = 3;

/** Traffic of one token of a text with 4M-21_B, after its input of twelve words is read. */
export async function oneToken(
  during: Counting,
  dtype: WeightDtype,
): Promise<{ runs: ProgramRun[]; weightBytes: number; flops: number }> {
  const model = await fourM21B([INPUT], [TARGET], { [TARGET]: TOKENS + 1 }, dtype);
  const generate = (onProgress: () => void) =>
    generateTokens(model, {
      inputs: { [INPUT]: { ids: [Int32Array.from({ length: 12 }, (_, i) => 1000 + 321 * i)] } },
      targets: [{ modality: TARGET, method: 'autoregressive', temperature: 1 }],
      vocabulary: VOCABULARY,
      random: new Random(0),
      onProgress,
    });
  const steps = await during(generate);
  // The cross-attention keys and values are cached already.
  const blocks = model.decoder.map(({ crossAttn: { q, proj }, ...rest }) => ({ ...rest, crossAttn: { q, proj } }));
  const weights = parametersIn([blocks, model.decoderNorm, model.decoderEmbeddings[TARGET]!.logits]);
  const sum = (of: (parameter: Parameter) => number) => weights.reduce((total, parameter) => total + of(parameter), 0);
  for (const parameter of model.parameters.all) parameter.dispose();
  return {
    runs: steps.at(-2)!,
    weightBytes: sum((parameter) => parameter.byteLengthAs(dtype)),
    flops: 2 * sum((parameter) => parameter.size),
  };
}
