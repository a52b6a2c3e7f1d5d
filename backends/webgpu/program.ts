import * as tf from '@tensorflow/tfjs-core';

/** A shader, as tfjs's WebGPU backend takes one. Its code defines `fn main(index : i32)`, called once for each thread. */
export interface Program {
  readonly variableNames: string[];
  /** Vector width of each input: 1 or 4; 1 by default. */
  readonly variableComponents?: number[];
  /** Vector width of the output. */
  readonly outputComponent?: number;
  readonly outputShape: number[];
  readonly workgroupSize: [number, number, number];
  readonly dispatchLayout: { x: number[] };
  dispatch: [number, number, number];
  /** Cache key of the code; tfjs adds shapes and types. */
  shaderKey: string;
  /** Members of the struct `uniforms`, besides those of tfjs. */
  readonly uniforms?: string;
  getUserCode(): string;
}

/** A value of {@link Program.uniforms}. */
export interface Uniform {
  readonly type: 'int32' | 'float32';
  readonly data: number[];
}

/** A whole number for a program. */
export function whole(value: number): Uniform {
  return { type: 'int32', data: [value] };
}

/** A number of single precision for a program. */
export function real(value: number): Uniform {
  return { type: 'float32', data: [value] };
}

/** Internals of tfjs's WebGPU backend that our kernels use. */
export interface WebGpuBackend {
  runWebGPUProgram(program: Program, inputs: tf.TensorInfo[], dtype: tf.DataType, uniforms?: Uniform[]): tf.TensorInfo;
  disposeData(dataId: object): boolean;
}

/** Access of a kernel to the backend. */
export interface Runner {
  /** Runs a program; the result is float32, unless another type is given. */
  run(program: Program, inputs: tf.TensorInfo[], uniforms?: Uniform[], dtype?: tf.DataType): tf.TensorInfo;
  /** Releases an intermediate result. */
  release(...made: tf.TensorInfo[]): void;
}

/** Threads that work together. */
export const THREADS = 64;

/** A program with one workgroup for each row of the result. @param threads of a workgroup */
export function rowProgram(
  name: string,
  variableNames: string[],
  outputShape: number[],
  rows: number,
  uniforms: string,
  code: () => string,
  threads = THREADS,
): Program {
  return {
    variableNames,
    outputShape,
    workgroupSize: [threads, 1, 1],
    dispatchLayout: { x: outputShape.map((_, axis) => axis) },
    dispatch: [rows, 1, 1],
    shaderKey: name,
    uniforms,
    getUserCode: code,
  };
}

/** Registers a kernel for WebGPU. */
export function registerWebGpuKernel<Inputs, Attributes>(
  kernelName: string,
  compute: (runner: Runner, inputs: Inputs, attributes: Attributes) => tf.TensorInfo,
): void {
  tf.registerKernel({
    kernelName,
    backendName: 'webgpu',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const inside = backend as unknown as WebGpuBackend;
      const runner: Runner = {
        run: (program, given, uniforms, dtype = 'float32') => inside.runWebGPUProgram(program, given, dtype, uniforms),
        release: (...made) => {
          for (const { dataId } of made) inside.disposeData(dataId);
        },
      };
      return compute(runner, inputs as unknown as Inputs, attrs as unknown as Attributes);
    },
  });
}
