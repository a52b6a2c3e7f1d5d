/** A program that computes on WebGPU and then ends. With the argument `release` it gives the backend back first. */
import * as tf from '@tensorflow/tfjs-core';
import { releaseBackend, useBackend } from '../../../backends/index.js';

await useBackend('webgpu');
const [three] = await tf.add(tf.tensor1d([1]), 2).data();
if (process.argv[2] === 'release') await releaseBackend();
console.log(three);
