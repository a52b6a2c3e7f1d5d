"""The full-size test checkpoint (CKP-11, CKP-12), a tensor at a time when it is asked for."""

import math
import re

import numpy as np

POOL = 1_048_573


class MadeUp:
    """Tensors of a manifest, names to shapes."""

    def __init__(self, shapes, seed):
        self.shapes, self.state = shapes, (2654435761 * seed + 12345) % 2**32
        uniforms = np.array([self._next() for _ in range(2 * POOL)])
        self.pool = (0.02 * np.sqrt(-2 * np.log(uniforms[::2])) * np.cos(2 * np.pi * uniforms[1::2])).astype(np.float32)
        random = [name for name in sorted(shapes) if not self._is_fixed(name)]
        self.starts = {name: math.floor(self._next() * (POOL / 2)) for name in random}

    def _next(self):
        self.state = (1664525 * self.state + 1013904223) % 2**32
        return (self.state + 0.5) / 2**32

    def _is_fixed(self, name):
        return bool(re.search(r"norm\d*\.weight$", name)) or name.endswith(".bias") or self._is_table(name)

    def _is_table(self, name):
        return name.endswith("pos_emb") and len(self.shapes[name]) == 3 and "global" not in name

    def __contains__(self, name):
        return name in self.shapes

    def __getitem__(self, name):
        shape = self.shapes[name]
        if self._is_table(name):
            return table(*shape[1:]).astype(np.float32).reshape(shape)
        if self._is_fixed(name):
            return np.full(shape, 0 if name.endswith(".bias") else 1, np.float32)
        size = math.prod(shape)
        start = self.starts[name]
        return np.resize(np.concatenate([self.pool[start:], self.pool[:start]]), size).reshape(shape)


def sines(positions, width):
    """EMB-1 in float64."""
    half = width // 2
    angles = positions[:, None] / 10000 ** (np.arange(half) / half)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


def table(count, width):
    positions = np.arange(count)
    if count == 512:
        return sines(positions, width)
    side = math.isqrt(count)
    return np.concatenate([sines(positions // side, width // 2), sines(positions % side, width // 2)], axis=1)


def picture(size, a, b, c0):
    """The test picture, [1, 3, size, size]."""
    c, i, j = np.meshgrid(np.arange(3), np.arange(size), np.arange(size), indexing="ij")
    waves = np.sin(a * i + c0 * c) * np.cos(b * j - 0.5 * c) + 0.3 * np.sin(0.31 * (i + j) * (c + 1))
    return waves.astype(np.float32)[None]
