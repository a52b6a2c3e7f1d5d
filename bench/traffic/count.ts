import * as tf from '@tensorflow/tfjs-core';
import type { Program } from '../../backends/webgpu/program.js';
import { COUNTERS, countingShader } from './counting-shader.js';

/** A program that ran on WebGPU. */
export interface ProgramRun {
  readonly workgroups: number;
  /** Threads of a workgroup. */
  readonly threads: number;
  /** Bytes that threads accessed, as if there were no caches. */
  readonly read: number;
  readonly written: number;
}

/** The internals of tfjs's WebGPU backend that are instrumented. */
interface Inside {
  readonly device: GPUDevice;
  recordAndSubmit(program: Program, ...rest: unknown[]): void;
}

/** Runs a function, and returns the programs that ran between calls of `mark`. */
export type Counting = (run: (mark: () => void) => Promise<unknown>) => Promise<ProgramRun[][]>;

/** Instruments all programs compiled from now on. Must be called right after the backend has started. */
export function countTraffic(): Counting {
  const backend = tf.backend() as unknown as Inside;
  const { device } = backend;
  const createShaderModule = device.createShaderModule.bind(device);
  const createBindGroup = device.createBindGroup.bind(device);
  const recordAndSubmit = backend.recordAndSubmit.bind(backend);
  const bytesByShader = new Map<string, readonly number[]>();
  let compiled: readonly number[] = [];
  let marked: { program: Program; bytes: readonly number[]; counters: GPUBuffer }[][] = [[]];

  device.createShaderModule = (descriptor) => {
    const { code, bytesAtOnce } = countingShader(descriptor.code);
    compiled = bytesAtOnce;
    return createShaderModule({ ...descriptor, code });
  };
  backend.recordAndSubmit = (program, ...rest) => {
    // A new program was compiled just before.
    const bytes = bytesByShader.get(program.shaderKey) ?? compiled;
    bytesByShader.set(program.shaderKey, bytes);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC;
    marked.at(-1)!.push({ program, bytes, counters: device.createBuffer({ size: 4 * bytes.length, usage }) });
    recordAndSubmit(program, ...rest);
  };
  device.createBindGroup = ({ layout, entries }) => {
    const counting = { binding: COUNTERS, resource: { buffer: marked.at(-1)!.at(-1)!.counters } };
    return createBindGroup({ layout, entries: [...entries, counting] });
  };

  return async (run) => {
    marked = [[]];
    await run(() => marked.push([]));
    const counted: ProgramRun[][] = [];
    for (const part of marked) {
      const runs: ProgramRun[] = [];
      for (const { program, bytes, counters } of part) {
        const touches = await read(device, counters);
        const [written, ...reads] = Array.from(touches, (count, slot) => count * bytes[slot]!);
        const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
        runs.push({
          workgroups: product(program.dispatch),
          threads: product(program.workgroupSize),
          read: reads.reduce((a, b) => a + b, 0),
          written: written!,
        });
      }
      counted.push(runs);
    }
    return counted;
  };
}

/** Counts the programs of one result. */
export async function countOne(during: Counting, compute: () => tf.Tensor): Promise<ProgramRun[]> {
  const [runs] = await during(async () => {
    const result = compute();
    await result.data();
    result.dispose();
  });
  return runs!;
}

async function read(device: GPUDevice, buffer: GPUBuffer): Promise<Uint32Array> {
  const { size } = buffer;
  const staging = device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const counts = new Uint32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  buffer.destroy();
  return counts;
}
