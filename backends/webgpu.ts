/**
 * WebGPU: the browser's own, and in Node the one that Dawn brings in the optional package `webgpu`.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendAdapter } from './adapter.js';
import { mendCumsum } from './cumsum.js';
import { unavailable } from './unavailable.js';

/** Names by which rasterisers that run on the CPU give themselves away. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp|software/i;

/** Flags such as `enable-dawn-features=…` could go here; none is needed. */
const DAWN_FLAGS: string[] = [];

let software = false;
let description: string | undefined;

export const webgpu: BackendAdapter = {
  tfjsName: 'webgpu',

  async start() {
    try {
      if (description === undefined) description = await startFresh();
      if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs could not start it');
      return description;
    } catch (cause) {
      await webgpu.stop?.();
      throw inBrowser()
        ? unavailable('webgpu', 'a browser with WebGPU and a GPU', 'enable WebGPU, or take another backend', cause)
        : unavailable(
            'webgpu',
            'the optional package webgpu >= 0.4 (Node >= 20) and a Vulkan, Metal or Direct3D 12 driver',
            'npm install webgpu',
            cause,
          );
    }
  },

  worthTaking: () => !software,

  /** Everything of Dawn's must go, or Node never exits: the device, and the last reference to its `GPU` object. */
  async stop() {
    if (tf.engine().registry.webgpu !== undefined) {
      const { device } = tf.engine().registry.webgpu as unknown as { device: GPUDevice };
      const factory = tf.findBackendFactory('webgpu');
      tf.removeBackend('webgpu');
      device.destroy();
      tf.registerBackend('webgpu', factory, 3);
    }
    description = undefined;
    if (!inBrowser() && 'navigator' in globalThis) {
      Reflect.deleteProperty(globalThis.navigator, 'gpu');
    }
  },
};

async function startFresh(): Promise<string> {
  const gpu = inBrowser() ? globalThis.navigator.gpu : await dawn();
  if (gpu === undefined) throw new Error('navigator.gpu is missing');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new Error('no GPU adapter was found');
  const { vendor, architecture, device, description: words } = adapter.info;
  const name = [...new Set([vendor, architecture, words || device])].filter((part) => part !== '').join(' ');
  software = SOFTWARE.test(name);
  await import('@tensorflow/tfjs-backend-webgpu');
  mendCumsum('webgpu');
  return `${name || 'unnamed adapter'}${software ? ' (software, for checking numbers only)' : ''}`;
}

/** Puts Dawn where tfjs looks for WebGPU: in `navigator.gpu`. Must happen before the tfjs package is imported. */
async function dawn(): Promise<GPU> {
  const packageName = 'webgpu';
  const { create, globals } = (await import(/* @vite-ignore */ packageName)) as typeof import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create(DAWN_FLAGS);
  if (!('navigator' in globalThis)) {
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true, writable: true });
  }
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  return gpu;
}

function inBrowser(): boolean {
  return typeof process === 'undefined' || process.versions?.node === undefined;
}
