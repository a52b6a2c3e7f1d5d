// A port of `trans.hash` alone, broken in the way that its argument names.
import { createHash } from 'node:crypto';
import { closeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const how = process.argv[2];
const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
let runs = 0;

if (how === 'never-starts') process.exit(3);
for await (const line of createInterface({ input: process.stdin })) {
  const { seq, cmd, results, options } = JSON.parse(line);
  if (cmd === 'stop') {
    if (how === 'ignores-sigterm') process.on('SIGTERM', () => {});
    if (how === 'never-stops' || how === 'ignores-sigterm') await new Promise((resolve) => setTimeout(resolve, 60_000));
    break;
  }
  if (cmd === 'start') write({ seq, ready: { version: how === 'other-version' ? 9 : 1, name: 'broken' } });
  else if (cmd === 'capabilities') write({ seq, capabilities: { kinds: ['trans.hash', 'gen.cfg_formula'] } });
  else await run(seq, results, options);
}
process.exit();

async function run(seq, asked, options) {
  runs++;
  const tensors = asked.filter(({ dtype }) => dtype);
  const good = { seq, result: { values: hashes(asked), tensors: Object.fromEntries(tensors.map((t) => zeros(t))) } };
  switch (how) {
    case 'crashes':
      console.error('thread main panicked at index out of bounds');
      process.exit(101);
      break;
    case 'hangs':
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      break;
    case 'half-a-line':
      await new Promise((resolve) => process.stdout.write(JSON.stringify(good).slice(0, 20), resolve));
      process.exit(0);
      break;
    case 'closes-stdout':
      closeSync(1);
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      break;
    case 'unknown-seq':
      write({ ...good, seq: 777 });
      break;
    case 'noisy': {
      const part = Buffer.alloc(2 ** 20, 0x61);
      for (let i = 0; i < 256; i++) {
        if (!process.stderr.write(part)) await new Promise((resolve) => process.stderr.once('drain', resolve));
      }
      write(good);
      break;
    }
    case 'garbage':
      process.stdout.write('Loading model... done\n');
      break;
    case 'wrong-shape':
      write({ seq, result: { ...good.result, tensors: Object.fromEntries(tensors.map((t) => zeros(t, [7]))) } });
      break;
    case 'nan':
      write({
        seq,
        result: { ...good.result, tensors: Object.fromEntries(tensors.map((t) => zeros(t, [2, 5, 20], Number.NaN))) },
      });
      break;
    case 'out-of-order':
      write({ ...good, seq: seq - 2 });
      break;
    case 'twice':
      write(good);
      write(good);
      break;
    case 'huge': {
      const part = Buffer.alloc(2 ** 20, 0x61);
      for (let i = 0; i < 1024; i++) {
        if (!process.stdout.write(part)) await new Promise((resolve) => process.stdout.once('drain', resolve));
      }
      break;
    }
    case 'two-answers':
      write({ ...good, skipped: 'both' });
      break;
    case 'bad-tensor':
      write({ seq, result: { tensors: { x: { dtype: 'F32', shape: [2], base64: 'AAAA' } } } });
      break;
    case 'tells-reference-data':
      write({ seq, skipped: `vocabulary in ${process.env.FOURM_REFERENCE_DATA}` });
      break;
    case 'unasked':
      write({ seq, result: { values: { ...good.result.values, more: 1 } } });
      break;
    case 'once':
      if (runs === 1 && options.names?.length > 3) process.exit(1);
      write(good);
      break;
    default:
      write(good);
  }
}

function hashes(asked) {
  const names = asked.filter(({ dtype }) => !dtype).map(({ name }) => name);
  return Object.fromEntries(
    names.map((name) => {
      const digest = createHash('sha256').update(name.slice(1).replaceAll('~1', '/').replaceAll('~0', '~')).digest();
      return [name, ((digest[30] & 0x7f) << 8) | digest[31]];
    }),
  );
}

function zeros({ name, dtype }, shape = [2, 5, 20], value = 0) {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value);
  return [name, { dtype, shape, base64: Buffer.from(values.buffer).toString('base64') }];
}
