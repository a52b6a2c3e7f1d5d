/** Runs a request, and records it step by step. */
import type { GenerateOptions, HostInputs, RemoteModel, Result } from '../../src/client.js';
import type { Recording } from './recording.js';
import type { RequestOptions } from './request.js';

/** Number of alternatives shown for a token. */
const ALTERNATIVES = 6;

/** Listeners, and a signal that cancels. */
export interface GenerationHooks extends Pick<GenerateOptions, 'onProgress'> {
  readonly signal: AbortSignal;
  /** Called after each recorded step, and when the results are complete. */
  readonly onRecorded: () => void;
}

/** @throws CancelledError when the signal fires, and the errors of `Model.generate` */
export async function record(
  model: RemoteModel,
  inputs: HostInputs,
  options: RequestOptions,
  recording: Recording,
  { signal, onProgress, onRecorded }: GenerationHooks,
): Promise<void> {
  const results: Record<string, Result> = {
    ...(await model.generate(inputs, {
      ...options,
      signal,
      details: { alternatives: ALTERNATIVES, attention: true },
      ...(onProgress && { onProgress }),
      onTokens(tokens) {
        recording.add(tokens);
        onRecorded();
      },
    })),
  };
  // Images generated before an output that are not outputs themselves, such as semantic classes before a picture.
  for (const name of recording.modalities.filter((name) => !recording.outputs.includes(name))) {
    const [result] = await model.reconstruct(name, [{ tokens: recording.ids(name) }], { signal });
    results[name] = result!;
  }
  recording.results = results;
  onRecorded();
}
