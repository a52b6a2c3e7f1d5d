import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const path = (file: string) => fileURLToPath(new URL(`../../spec/${file}`, import.meta.url));
const transcript = readFileSync(path('protocol.md'), 'utf8').split('<!-- transcript -->')[1]!;
const lines = Array.from(transcript.matchAll(/^([→←]) (\{.*\})$/gm), ([, side, json]) => ({
  isCommand: side === '→',
  message: JSON.parse(json!),
}));

test('the conversation in the text is one that our adapter has', async () => {
  const port = spawn('node', ['--import', 'tsx', path('adapters/typescript/main.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void port.kill());
  const exited = new Promise((resolve) => port.on('exit', resolve));
  const answers = createInterface({ input: port.stdout })[Symbol.asyncIterator]();
  expect(lines.length).toBeGreaterThan(8);
  for (const { isCommand, message } of lines) {
    if (isCommand) port.stdin.write(`${JSON.stringify(message)}\n`);
    else {
      const answer = JSON.parse((await answers.next()).value);
      if (!message.capabilities) expect(answer).toEqual(message);
      else expect(answer.capabilities.kinds).toEqual(expect.arrayContaining(message.capabilities.kinds));
    }
  }
  expect(await exited).toBe(0);
});
