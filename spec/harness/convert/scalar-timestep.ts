import { compare } from '../comparison.js';
import { taskOf } from '../judge.js';
import type { Implementation, Result } from '../results.js';
import { type Expected, Vector } from '../vector.js';

/** The timestep that cases usually give to a whole batch. */
export const USUAL_TIMESTEP = 500;

const RESULT = 'out.denoise_scalar_t';

/**
 * A vector of a diffusion decoder with the timestep that its case gave to the whole batch. The former form does not record it,
 * so it is the one whose prediction is the expected one; if there is none, the usual one, whose prediction then is wrong. No
 * wrong network could pass: a thousand timesteps are few against the thousands of values that have to fit.
 *
 * @param probe an implementation of `vq.divae`
 */
export async function withScalarTimestep(vector: Vector, probe: Implementation): Promise<Vector> {
  const { about } = vector;
  if (!about.expected.tensors[RESULT]) return vector;
  const at = (timestep: number) =>
    new Vector(vector.name, vector.folder, { ...about, options: { ...about.options, scalar_timestep: timestep } });
  const wrong = async (candidate: Vector): Promise<string[]> => {
    const asked = candidate.expected.filter(({ name }) => name === RESULT || name === 'out.denoise');
    const types = asked.map(({ name }) => [name, about.expected.tensors[name]!.dtype] as const);
    const reply = await probe.run({ ...taskOf(candidate), results: new Map(types) });
    const results = 'results' in reply ? reply.results : new Map<string, Result>();
    const isWrong = (entry: Expected) => compare(entry, results.get(entry.name), () => []).difference !== undefined;
    return asked.filter(isWrong).map(({ name }) => name);
  };
  const usual = at(USUAL_TIMESTEP);
  // Where single predictions are wrong too, the search would find nothing.
  if (String(await wrong(usual)) !== RESULT) return usual;
  const config = about.options.config as { num_train_timesteps?: number } | undefined;
  for (let timestep = 0; timestep < (config?.num_train_timesteps ?? 1000); timestep++) {
    const candidate = at(timestep);
    if ((await wrong(candidate)).length === 0) return candidate;
  }
  return usual;
}
