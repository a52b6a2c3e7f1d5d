/**
 * WebGPU: the browser's own, and in Node the one that Dawn brings in the optional package `webgpu`.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendAdapter } from './adapter.js';
import { mendAddN } from './add-n.js';
import { mendCumsum } from './cumsum.js';
import { importInstalled } from './installed.js';
import { unavailable } from './unavailable.js';
import { boundFreeBuffers } from './webgpu/buffers.js';
import { reportFailures } from './webgpu/failures.js';
import { registerKernels } from './webgpu/kernels.js';
import { patchMatMul } from './webgpu/mat-mul.js';
import { patchTranspose } from './webgpu/transpose.js';

/** Names by which rasterisers that run on the CPU give themselves away. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp/i;

/** Where Linux shows its GPUs: render nodes, NVIDIA's own, and those of Windows beneath it. */
const GPU_DEVICES = ['/dev/dri', '/dev/nvidia0', '/dev/dxg'];

/** The adapter in use, if any. */
let taken: { readonly name: string; readonly software: boolean } | undefined;

export const webgpu: BackendAdapter = {
  tfjsName: 'webgpu',
  compiles: true,

  /** Dawn writes warnings to stderr on a machine without a GPU. */
  mayWork() {
    if (inBrowser()) return 'navigator' in globalThis && 'gpu' in globalThis.navigator;
    const fs = process.platform === 'linux' ? process.getBuiltinModule?.('node:fs') : undefined;
    try {
      return fs === undefined || GPU_DEVICES.some((path) => fs.existsSync(path));
    } catch {
      return false; // Unknown in Deno without its permissions `read` and `sys`.
    }
  },

  async start() {
    try {
      taken ??= await findAdapter();
      if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs could not start it');
      boundFreeBuffers(tf.backend());
      reportFailures(tf.backend());
      return `${taken.name}${taken.software ? ' (software: for checking numbers, not for speed)' : ''}`;
    } catch (cause) {
      await webgpu.stop!();
      throw inBrowser()
        ? unavailable('webgpu', 'a browser with WebGPU and a GPU', 'enable WebGPU, or take another backend', cause)
        : unavailable(
            'webgpu',
            'the optional package webgpu >= 0.6.2 (Node >= 20), and a GPU with a Vulkan, Metal or Direct3D 12 driver',
            'npm install webgpu',
            cause,
          );
    }
  },

  /** WebGPU does not report its total memory. */
  memory() {
    const { maxBufferSize, maxStorageBufferBindingSize } = (tf.backend() as unknown as { device: GPUDevice }).device
      .limits;
    return {
      free: Infinity,
      largestTensor: Math.min(maxBufferSize, maxStorageBufferBindingSize),
      weightCopies: 1,
    };
  },

  worthKeeping: () => taken?.software === false,

  /** Everything of Dawn's must go, or Node does not exit: the device, and the last reference to its `GPU` object. */
  async stop() {
    const backend = tf.engine().registry.webgpu as unknown as { device: GPUDevice } | undefined;
    if (backend !== undefined) {
      const factory = tf.findBackendFactory('webgpu');
      tf.removeBackend('webgpu');
      backend.device.destroy();
      tf.registerBackend('webgpu', factory);
      // Dawn accesses its `GPU` object in the next turn of the event loop, and crashes if it was collected before.
      await new Promise((resolve) => setTimeout(resolve));
    }
    taken = undefined;
    if (!inBrowser() && 'navigator' in globalThis) Reflect.deleteProperty(globalThis.navigator, 'gpu');
  },
};

async function findAdapter() {
  const gpu = inBrowser() ? globalThis.navigator.gpu : await dawn();
  if (gpu === undefined) throw new Error('navigator.gpu is missing');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new Error('no GPU adapter was found');
  const { vendor, architecture, device, description } = adapter.info;
  const name = [vendor, architecture, description || device].filter((part) => part !== '').join(' ');
  await import('@tensorflow/tfjs-backend-webgpu');
  mendAddN();
  mendCumsum('webgpu');
  patchMatMul();
  patchTranspose();
  registerKernels();
  return { name: name || 'unnamed adapter', software: SOFTWARE.test(name) };
}

/** Puts Dawn where tfjs looks for WebGPU: in `navigator.gpu`. To happen before the tfjs package is imported. */
async function dawn(): Promise<GPU> {
  const { create, globals } = (await importInstalled('webgpu')) as typeof import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([]);
  if (!('navigator' in globalThis)) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  return gpu;
}

function inBrowser(): boolean {
  return typeof process === 'undefined' || process.versions?.node === undefined;
}
