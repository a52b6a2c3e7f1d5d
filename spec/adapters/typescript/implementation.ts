/** fourm, as an implementation of the conformance kit. */
import { FourMError } from '../../../src/errors.js';
import type { Implementation, Reply, Task } from '../../harness/results.js';
import { Inputs, SkippedTask } from './inputs.js';
import { runnerOf } from './kinds.js';
import { Outputs } from './outputs.js';

export interface ImplementationOptions {
  /** Folder of files that tasks need and that may not be redistributed, such as the official vocabulary. */
  readonly referenceData?: string | undefined;
}

/** Runs tasks in this process, on the current backend. */
export function fourm({ referenceData }: ImplementationOptions = {}): Implementation {
  return { name: 'fourm', run: (task) => runTask(task, referenceData), close: async () => {} };
}

/** @returns the results, the reason for skipping the task, or the error that ended it */
export async function runTask(task: Task, referenceData: string | undefined): Promise<Reply> {
  const runner = await runnerOf(task.kind);
  if (!runner) return { skipped: `the kind "${task.kind}" is not known` };
  const [inputs, outputs] = [new Inputs(task, referenceData), new Outputs(task.results)];
  try {
    await runner(inputs, outputs);
  } catch (error) {
    if (error instanceof SkippedTask) return { skipped: error.message };
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    return { errored: error instanceof FourMError ? message : `broke: ${stack ?? message}` };
  }
  const unsupported = inputs.unsupportedOptions;
  if (unsupported.length > 0) return { errored: `options that are not honoured: ${unsupported.join(', ')}` };
  return { results: outputs.results };
}
