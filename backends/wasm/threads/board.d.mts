export const BOARD_BYTES: number;
export const JOB: number;
export const PARTS_LEFT: number;
export const PARTS_DONE: number;
export const OWN_SCRATCH: number;

export interface Board {
  readonly buffer: SharedArrayBuffer;
  readonly counters: Int32Array;
  readonly message: Uint8Array;
  readonly numbers: Float64Array;
}

export function boardOn(buffer: SharedArrayBuffer): Board;
export function writeMessage(board: Board, text: string): void;
export function takeMessage(board: Board): string | undefined;
export function takeParts(board: Board, functions: readonly ((...values: number[]) => void)[], thread: number): void;
