import { checkpointAt, kindOf, openCheckpoint } from '../api/loading/checkpoint.js';
import { PACKAGE_FILE, packageAt } from '../api/loading/load-model.js';
import { modelSource } from '../api/loading/model-source.js';
import { CODED_IN_TEXT, describePublished, tokenizerOf } from '../api/loading/published-package.js';
import { parseModelPackage } from '../api/types/package.js';
import { formatBytes as bytes, formatScaled } from '../memory/format-bytes.js';
import type { ModalityInfo } from '../modalities/modality.js';
import { type CheckpointSummary, summarizeModel, summarizeTokenizer } from './checkpoint-summary.js';
import { print, type Terminal, table } from './terminal.js';

/** Options of `fourm info`. */
export interface InfoOptions {
  readonly json?: boolean;
  readonly offline?: boolean;
  readonly endpoint?: string;
  readonly cache?: string;
}

/** `fourm info`: contents of a checkpoint, and the memory of its tasks. Reads only its header. */
export async function info(id: string, options: InfoOptions, terminal: Terminal): Promise<void> {
  const summary = await summarize(id, options, terminal.signal);
  if (options.json) {
    print(terminal, JSON.stringify(summary, null, 2));
    return;
  }
  for (const line of [...heading(summary), ...modalityLines(summary), ...partLines(summary), ...taskLines(summary)]) {
    print(terminal, line);
  }
}

/** A summary, and for models the tokenizer and the frozen network of each modality. */
type Summary = CheckpointSummary & {
  /** By the model's modality; of people and objects the tokenizer of the tokens in their texts. */
  readonly tokenizers?: Readonly<Record<string, string>>;
  /** Frozen networks of a package, by the model's modality. */
  readonly networks?: Readonly<Record<string, string>>;
};

async function summarize(id: string, options: InfoOptions, signal: AbortSignal): Promise<Summary> {
  const files = await modelSource(id, options);
  const description = await packageAt(files, signal);
  if (description !== undefined) {
    const about = parseModelPackage(description, `${id}/${PACKAGE_FILE}`);
    const checkpoint = await openCheckpoint(await files.open(about.model, signal));
    const infos = Object.fromEntries(about.infos.map((modality) => [modality.name, modality]));
    const named = (key: 'tokenizer' | 'network') =>
      Object.fromEntries(
        Object.values(about.modalities).flatMap((modality) => {
          const file = (modality as Partial<Record<typeof key, string>>)[key];
          return file === undefined ? [] : [[modality.tokens, file]];
        }),
      );
    return { ...summarizeModel(checkpoint, infos, about), tokenizers: named('tokenizer'), networks: named('network') };
  }
  const checkpoint = await checkpointAt(files, signal);
  if (kindOf(checkpoint) === 'tokenizer') return summarizeTokenizer(checkpoint);
  const { about, infos, config } = describePublished(id, checkpoint.config, checkpoint.name);
  const isCoded = (name: string) => infos[name]!.kind === 'image-tokens' || Object.hasOwn(CODED_IN_TEXT, name);
  const tokenizers = Object.fromEntries(config.domains_out.filter(isCoded).map((name) => [name, tokenizerOf(name)]));
  return { ...summarizeModel(checkpoint, infos, about), tokenizers };
}

function heading({ file, kind, fileBytes, dtypes, total, config }: Summary): string[] {
  const types = Object.entries(dtypes).map(([dtype, count]) => `${dtype} (${count} tensors)`);
  return [
    file,
    `${kind} of ${amount(total.parameters)} parameters; ${bytes(fileBytes)}, stored as ${types.join(', ')}`,
    '',
    ...table([
      ['CONFIG', ''],
      ...Object.entries(config).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
    ]),
  ];
}

function modalityLines({ modalities, tokenizers = {}, networks = {} }: Summary): string[] {
  if (!modalities) return [];
  const rows = modalities.map(({ name, input, output, kind, maxTokens, vocabSize }) => [
    name,
    input ? 'in' : '',
    output ? 'out' : '',
    kind satisfies ModalityInfo['kind'],
    String(maxTokens),
    vocabSize === undefined ? '' : String(vocabSize),
    tokenizers[name] ?? '',
    networks[name] ?? '',
  ]);
  const columns = ['MODALITY', 'IN', 'OUT', 'KIND', 'TOKENS', 'VOCABULARY', 'TOKENIZER', 'NETWORK'];
  const count = Object.keys(networks).length > 0 ? columns.length : columns.length - 1;
  return ['', ...table([columns, ...rows].map((row) => row.slice(0, count)))];
}

function partLines({ parts }: Summary): string[] {
  const rows = parts.map(({ name, parameters, storedBytes }) => [name, amount(parameters), bytes(storedBytes)]);
  return ['', ...table([['PART', 'PARAMETERS', 'IN THE FILE'], ...rows])];
}

function taskLines({ kind, tasks }: Summary): string[] {
  const rows = tasks.map(({ name, parameters, storedBytes, memoryBytes, peakBytes }) => [
    name,
    amount(parameters),
    bytes(storedBytes),
    bytes(memoryBytes),
    bytes(peakBytes.f32),
    bytes(peakBytes.int8),
  ]);
  return [
    '',
    ...table([['TASK', 'PARAMETERS', 'READ', 'MEMORY FOR WEIGHTS', 'AT MOST', 'IN INT8'], ...rows]),
    ...(kind === 'model' ? ['', 'Tokenizers come on top: fourm info shows what each needs.'] : []),
  ];
}

/** `834.4 M`, `2.82 B` */
function amount(count: number): string {
  return formatScaled(count, ['', ' k', ' M', ' B']);
}
