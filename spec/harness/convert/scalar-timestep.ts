import { compare } from '../comparison.js';
import { taskOf } from '../judge.js';
import type { Implementation, Result } from '../results.js';
import { type Expected, Vector } from '../vector.js';

/** The timestep that most cases use for the whole batch. */
export const USUAL_TIMESTEP = 500;

const RESULT = 'out.denoise_scalar_t';

/**
 * A vector of a diffusion decoder with the timestep of the whole batch. The old format does not record it, so it is found by trial:
 * the timestep whose prediction equals the expected one, or the default if there is none, which then fails. A wrong network cannot
 * pass by this: thousands of values have to agree, and there are only a thousand timesteps.
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
  // If single predictions are wrong too, the search cannot succeed.
  if (String(await wrong(usual)) !== RESULT) return usual;
  const config = about.options.config as { num_train_timesteps?: number } | undefined;
  for (let timestep = 0; timestep < (config?.num_train_timesteps ?? 1000); timestep++) {
    const candidate = at(timestep);
    if ((await wrong(candidate)).length === 0) return candidate;
  }
  return usual;
}
