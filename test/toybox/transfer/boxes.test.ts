import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boxIou3D } from '../../../src/evaluation/boxes-3d.js';
import { project } from '../../../src/toybox/camera.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { toyboxSeed } from '../../../src/toybox/splits.js';
import { boxesOnGrid, boxFromGrid, solidBoxes } from '../../../src/toybox/transfer/boxes.js';

const GRID = 8;
const scene = fc.nat(2000).map((index) => toyboxSample(toyboxSeed('train', index), { size: 64, supersampling: 1 }));

test('there is a box for each visible solid, on the floor, as big as the solid', () => {
  fc.assert(
    fc.property(scene, (sample) => {
      const boxes = solidBoxes(sample);
      const visible = sample.objects.filter(({ shape }) => shape !== 'person');
      expect(boxes).toHaveLength(visible.length);
      visible.forEach(({ instance }, i) => {
        const { centre, size } = boxes[i]!;
        const { bound, y } = sample.scene.solids[instance - 1]!;
        expect(centre[1] - size[1] / 2).toBeCloseTo(-sample.scene.camera.position[1], 9);
        expect(size[1] / 2).toBeCloseTo(y, 9);
        expect(Math.max(...size) / 2).toBeLessThanOrEqual(bound + 1e-9);
        expect(Math.hypot(...size) / 2).toBeGreaterThanOrEqual(bound - 1e-9);
      });
    }),
    { numRuns: 40 },
  );
});

test('the corners of a box hold the pixels of its solid', () => {
  fc.assert(
    fc.property(scene, (sample) => {
      const { camera } = sample.scene;
      const solids = sample.objects.filter(({ shape }) => shape !== 'person');
      solidBoxes(sample).forEach(({ centre, size }, i) => {
        const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => {
          const [right, up, ahead] = [0, 1, 2].map((axis) => centre[axis]! + (((k >> axis) & 1) - 0.5) * size[axis]!);
          const length = Math.hypot(camera.forward[0], camera.forward[2]);
          const [forwardX, forwardZ] = [camera.forward[0] / length, camera.forward[2] / length];
          return project(camera, [
            camera.position[0] + right! * camera.right[0] + ahead! * forwardX,
            camera.position[1] + up!,
            camera.position[2] + right! * camera.right[2] + ahead! * forwardZ,
          ]);
        });
        const { box } = solids[i]!;
        expect(Math.min(...corners.map(({ x }) => x))).toBeLessThan(box.xmin + 1 / 64);
        expect(Math.max(...corners.map(({ x }) => x))).toBeGreaterThan(box.xmax - 1 / 64);
        expect(Math.min(...corners.map(({ y }) => y))).toBeLessThan(box.ymin + 1 / 64);
        expect(Math.max(...corners.map(({ y }) => y))).toBeGreaterThan(box.ymax - 1 / 64);
      });
    }),
    { numRuns: 40 },
  );
});

test('a box survives encoding on the grid', () => {
  fc.assert(
    fc.property(scene, (sample) => {
      const { camera } = sample.scene;
      const boxes = solidBoxes(sample);
      const { patches, values } = boxesOnGrid(boxes, camera, GRID);
      expect(patches.length).toBeLessThanOrEqual(boxes.length);
      patches.forEach((patch, i) => {
        const back = boxFromGrid(patch, values[i]!, camera, GRID);
        expect(Math.max(...boxes.map((box) => boxIou3D(box, back)))).toBeCloseTo(1, 9);
      });
    }),
    { numRuns: 40 },
  );
});
