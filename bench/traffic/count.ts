import * as tf from '@tensorflow/tfjs-core';
import type { Program } from '../../backends/webgpu/program.js';
import { COUNTERS, countingShader } from './counting-shader.js';

/** A program that ran on WebGPU. */
export interface ProgramRun {
  readonly workgroups: number;
  /** Threads of a workgroup. */
  readonly threads: number;
  /** Bytes that threads asked for, as if there were no caches. */
  readonly read: number;
  readonly written: number;
}

/** The inside of tfjs's WebGPU backend, as far as counting needs it. */
interface Inside {
  readonly device: GPUDevice;
  recordAndSubmit(program: Program, ...rest: unknown[]): void;
}

/**
 * Makes every program count that is compiled from now on: to be called when the backend has just started.
 *
 * @returns runs something, waits for its result, lets go of that, and says what programs it took
 */
export function countTraffic(): (compute: () => tf.Tensor) => Promise<ProgramRun[]> {
  const backend = tf.backend() as unknown as Inside;
  const { device } = backend;
  const createShaderModule = device.createShaderModule.bind(device);
  const createBindGroup = device.createBindGroup.bind(device);
  const recordAndSubmit = backend.recordAndSubmit.bind(backend);
  const bytesByShader = new Map<string, readonly number[]>();
  let compiled: readonly number[] = [];
  let recorded: { program: Program; bytes: readonly number[]; counters: GPUBuffer }[] = [];

  device.createShaderModule = (descriptor) => {
    const { code, bytesAtOnce } = countingShader(descriptor.code);
    compiled = bytesAtOnce;
    return createShaderModule({ ...descriptor, code });
  };
  backend.recordAndSubmit = (program, ...rest) => {
    // A program that is new has been compiled just before.
    const bytes = bytesByShader.get(program.shaderKey) ?? compiled;
    bytesByShader.set(program.shaderKey, bytes);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC;
    recorded.push({ program, bytes, counters: device.createBuffer({ size: 4 * bytes.length, usage }) });
    recordAndSubmit(program, ...rest);
  };
  device.createBindGroup = ({ layout, entries }) => {
    const counting = { binding: COUNTERS, resource: { buffer: recorded.at(-1)!.counters } };
    return createBindGroup({ layout, entries: [...entries, counting] });
  };

  return async (compute) => {
    recorded = [];
    const result = compute();
    await result.data();
    result.dispose();
    const ran: ProgramRun[] = [];
    for (const { program, bytes, counters } of recorded) {
      const touches = await read(device, counters);
      const [written, ...reads] = Array.from(touches, (count, slot) => count * bytes[slot]!);
      const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
      ran.push({
        workgroups: product(program.dispatch),
        threads: product(program.workgroupSize),
        read: reads.reduce((a, b) => a + b, 0),
        written: written!,
      });
    }
    return ran;
  };
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
