/** An implementation in a process of its own, which speaks `protocol.md`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSafetensors } from '../../src/checkpoints/safetensors-writer.js';
import {
  BrokenProcess,
  type CapabilitiesReply,
  type Command,
  PROTOCOL,
  type ResultReply,
  type StartReply,
} from './protocol.js';
import { resultsOf } from './reply-results.js';
import type { Implementation, Reply, Task } from './results.js';
import { brief, type ProcessOptions, Session } from './session.js';

const TIMEOUT = 120_000;
const LONGEST_LINE = 256 * 2 ** 20;

/** Maximum number of consecutive failed starts. */
const MOST_STARTS = 2;

/**
 * Starts the process of a command with the first task, and again after an error.
 *
 * @param command as a shell understands it
 */
export function processImplementation(command: string, options: ProcessOptions = {}): Implementation {
  return new ProcessImplementation(command, options);
}

class ProcessImplementation implements Implementation {
  name: string;
  readonly #command: string;
  readonly #options: Required<ProcessOptions>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'fourm-conformance-'));
  #session: Session | undefined;
  #kinds: ReadonlySet<string> | undefined;
  #failedStarts = 0;

  constructor(command: string, { timeout = TIMEOUT, longestLine = LONGEST_LINE, environment = {} }: ProcessOptions) {
    this.name = command;
    this.#command = command;
    this.#options = { timeout, longestLine, environment };
  }

  async run(task: Task): Promise<Reply> {
    try {
      const session = await this.#started();
      if (!this.#kinds!.has(task.kind)) return { skipped: `the kind "${task.kind}" is not among its capabilities` };
      const reply = await session.request(this.#runCommand(task));
      // All its other output precedes its reply to this.
      await session.request({ cmd: 'capabilities' });
      return this.#replyOf(reply);
    } catch (error) {
      if (!(error instanceof BrokenProcess)) throw error;
      const stderr = this.#session?.stderr;
      this.#session?.kill();
      this.#session = undefined;
      return { errored: stderr ? `${error.message}; it wrote to stderr: ${stderr}` : error.message };
    }
  }

  async #started(): Promise<Session> {
    if (this.#session) return this.#session;
    if (this.#failedStarts >= MOST_STARTS) throw new BrokenProcess('it does not start, and is not started again');
    this.#failedStarts++;
    this.#session = new Session(this.#command, this.#options);
    const start = await this.#session.request({ cmd: 'start', version: PROTOCOL });
    const { version, name, language } = (start.ready ?? {}) as Partial<StartReply>;
    if (version !== PROTOCOL || typeof name !== 'string') {
      throw new BrokenProcess(
        `it responded to start with ${brief(start)}, which is not version ${PROTOCOL} of the protocol`,
      );
    }
    const { kinds } = ((await this.#session.request({ cmd: 'capabilities' })).capabilities ??
      {}) as Partial<CapabilitiesReply>;
    if (!Array.isArray(kinds)) throw new BrokenProcess('its response to capabilities has no kinds');
    this.name = language ? `${name} (${language})` : name;
    this.#kinds = new Set(kinds);
    this.#failedStarts = 0;
    return this.#session;
  }

  #runCommand(task: Task): Command {
    const input = join(this.#folder, 'inputs.safetensors');
    const tensors = [...task.tensors].map(([name, { dtype, shape }]) => ({
      name,
      dtype,
      shape,
      data: task.read(name),
    }));
    if (tensors.length > 0) writeFileSync(input, writeSafetensors(tensors));
    const output = join(this.#folder, 'results.safetensors');
    rmSync(output, { force: true });
    return {
      cmd: 'run',
      kind: task.kind,
      options: task.options,
      ...(task.document !== undefined && { document: task.document }),
      ...(tensors.length > 0 && { tensors: { file: input } }),
      files: task.files,
      results: [...task.results].map(([name, dtype]) => (dtype ? { name, dtype } : { name })),
      output,
    };
  }

  /** @throws BrokenProcess if the reply is not exactly one of result, skipped and errored */
  #replyOf(message: Readonly<Record<string, unknown>>): Reply {
    const { result, skipped, errored } = message;
    const given = [result, skipped, errored].filter((part) => part !== undefined);
    if (given.length !== 1) throw new BrokenProcess(`its response has ${given.length} of result, skipped and errored`);
    if (skipped !== undefined) return { skipped: String(skipped) };
    if (errored !== undefined) return { errored: String(errored) };
    if (typeof result !== 'object' || result === null) throw new BrokenProcess(`its result is ${brief(result)}`);
    return { results: resultsOf(result as ResultReply) };
  }

  async close(): Promise<void> {
    await this.#session?.stop();
    this.#session = undefined;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
