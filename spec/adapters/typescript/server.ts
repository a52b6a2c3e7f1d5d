/** The loop of the adapter: reads commands from stdin, one a line, and writes replies to stdout. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type BackendName, useBackend } from '../../../backends/index.js';
import { readSafetensors, type SafetensorsFile } from '../../../src/checkpoints/safetensors.js';
import { writeSafetensors } from '../../../src/checkpoints/safetensors-writer.js';
import { InvalidInputError } from '../../../src/errors.js';
import { PROTOCOL, type ResultReply, type RunCommand } from '../../harness/protocol.js';
import type { Reply, Task } from '../../harness/results.js';
import { runTask } from './implementation.js';
import { KINDS } from './kinds.js';

interface Message {
  readonly seq: number;
  readonly cmd: string;
}

/** Handles commands until `stop` or the end of the input. */
export async function serve(backend: BackendName): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line) as Message;
    if (message.cmd === 'stop') return;
    process.stdout.write(`${JSON.stringify({ seq: message.seq, ...(await respond(message, backend)) })}\n`);
  }
}

async function respond(message: Message, backend: BackendName): Promise<object> {
  switch (message.cmd) {
    case 'start':
      await useBackend(backend);
      return { ready: { version: PROTOCOL, name: 'fourm', language: 'TypeScript' } };
    case 'capabilities':
      return { capabilities: { kinds: KINDS } };
    case 'run':
      return run(message as unknown as RunCommand);
    default:
      return { errored: `unknown command ${message.cmd}` };
  }
}

async function run(command: RunCommand): Promise<object> {
  const reply = await runTask(taskOf(command), process.env.FOURM_REFERENCE_DATA);
  return 'results' in reply ? { result: resultOf(reply, command.output) } : reply;
}

function taskOf({ kind, options, document, tensors, files, results }: RunCommand): Task {
  let opened: SafetensorsFile | undefined;
  if (tensors) opened = readSafetensors(new Uint8Array(readFileSync(tensors.file)), tensors.file);
  return {
    kind,
    options,
    document,
    tensors: (opened?.tensors ?? new Map()) as Task['tensors'],
    read(name) {
      if (!opened) throw new InvalidInputError(`there is no input ${name}`);
      return opened.read(name);
    },
    files,
    results: new Map(results.map(({ name, dtype }) => [name, dtype])),
  };
}

function resultOf({ results }: Extract<Reply, { results: unknown }>, output: string): ResultReply {
  const [values, rejected]: [Record<string, unknown>, Record<string, string>] = [{}, {}];
  const tensors = [];
  for (const [name, result] of results) {
    if ('tensor' in result) tensors.push({ name, ...result.tensor });
    else if ('value' in result) values[name] = result.value;
    else rejected[name] = result.rejected;
  }
  if (tensors.length > 0) writeFileSync(output, writeSafetensors(tensors));
  return { values, rejected, ...(tensors.length > 0 && { file: output }) };
}
