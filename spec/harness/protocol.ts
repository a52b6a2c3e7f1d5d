/** The messages of `protocol.md`, one JSON object a line. */
import type { Dtype } from '../../src/checkpoints/dtypes.js';

/** The version of the protocol of this harness. */
export const PROTOCOL = 1;

export interface StartCommand {
  readonly cmd: 'start';
  readonly version: number;
}

export interface CapabilitiesCommand {
  readonly cmd: 'capabilities';
}

export interface RunCommand {
  readonly cmd: 'run';
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly document?: unknown;
  /** A safetensors file with all inputs. */
  readonly tensors?: { readonly file: string };
  /** Paths of files by name. */
  readonly files: Readonly<Record<string, string>>;
  /** The requested results, with the element types of tensors. */
  readonly results: readonly { readonly name: string; readonly dtype?: Dtype }[];
  /** A path at which the implementation may write its tensors, as a safetensors file. */
  readonly output: string;
}

export interface StopCommand {
  readonly cmd: 'stop';
}

export type Command = StartCommand | CapabilitiesCommand | RunCommand | StopCommand;

/** A tensor within a line: its values in row-major order, little-endian, in base64. */
export interface InlineTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly base64: string;
}

/** The results of a run: tensors in a line or in a file, values, and rejections with their reasons. */
export interface ResultReply {
  readonly tensors?: Readonly<Record<string, InlineTensor>>;
  readonly file?: string;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly rejected?: Readonly<Record<string, string>>;
}

export interface StartReply {
  readonly version: number;
  readonly name: string;
  readonly language?: string;
}

export interface CapabilitiesReply {
  /** The kinds of vectors that can be run; others are skipped. */
  readonly kinds: readonly string[];
}

/** A violation of the protocol, or the end of the process. The process is ended, and started again for the next vector. */
export class BrokenProcess extends Error {}
