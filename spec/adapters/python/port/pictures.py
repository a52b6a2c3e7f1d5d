"""Resizing and the transforms of pictures (TRF-5 to TRF-18). Pictures are [H, W, C]."""

import math

import numpy as np

from .tensors import Refused

IMAGENET = (np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]))
HALF = (np.array([0.5] * 3), np.array([0.5] * 3))
NORMALS = (np.array([0.501, 0.405, 0.137]), np.array([0.114, 0.165, 0.081]))


def cubic(x, a):
    x = np.abs(x)
    inner = ((a + 2) * x - (a + 3)) * x * x + 1
    return np.where(x < 1, inner, np.where(x < 2, (((x - 5) * x + 8) * x - 4) * a, 0))


def hamming(x):
    return np.where(np.abs(x) < 1, np.sinc(x) * (0.54 + 0.46 * np.cos(np.pi * x)), 0)


FILTERS = {
    "box": (0.5, lambda x: ((x > -0.5) & (x <= 0.5)).astype(float)),
    "bilinear": (1, lambda x: np.maximum(0, 1 - np.abs(x))),
    "hamming": (1, hamming),
    "bicubic": (2, lambda x: cubic(x, -0.5)),
    "lanczos": (3, lambda x: np.where((x >= -3) & (x < 3), np.sinc(x) * np.sinc(x / 3), 0)),
}


def spread_weights(size, centres, scale, filter_):
    """TRF-5: weights [count, size] that widen as the picture shrinks."""
    support, weigh = FILTERS[filter_]
    stretch = max(scale, 1)
    weights = np.zeros((len(centres), size))
    for row, c in zip(weights, centres):
        first = max(0, math.trunc(c - support * stretch + 0.5))
        end = min(size, math.trunc(c + support * stretch + 0.5))
        w = weigh((np.arange(first, end) - c + 0.5) / stretch)
        row[first:end] = w / w.sum()
    return weights


def apply(weights, x, axis):
    return np.moveaxis(np.tensordot(weights, x, (1, axis)), 0, axis)


def resize_pillow(x, width, height, name, region=None):
    """TRF-5 to TRF-7; `region` is (left, top, right, bottom)."""
    left, top, right, bottom = region or (0, 0, x.shape[1], x.shape[0])
    spans = [(top, bottom, height), (left, right, width)]
    if name == "nearest":
        picked = []
        for size, (begin, end, count) in zip(x.shape, spans):
            scale = (end - begin) / count
            centre, rows = begin + 0.5 * scale, []
            for _ in range(count):
                rows.append(min(size - 1, math.floor(centre)))
                centre += scale
            picked.append(rows)
        return x[picked[0]][:, picked[1]]
    eight = x.dtype == np.uint8
    y = x.astype(np.float64)
    for axis in (1, 0):
        begin, end, count = spans[axis]
        size = x.shape[axis]
        if count == size and (begin, end) == (0, size):
            continue
        begin = float(np.float32(begin))
        scale = float(np.float32(end) - np.float32(begin)) / count
        weights = spread_weights(size, begin + (np.arange(count) + 0.5) * scale, scale, name)
        if eight:
            weights = np.trunc(weights * 2**22 + np.where(weights < 0, -0.5, 0.5)) / 2**22
        y = apply(weights, y, axis)
        if eight:
            y = np.clip(np.floor(y + 0.5), 0, 255)
    return y.astype(np.uint8) if eight else y.astype(np.float32)


def tapped(size, count, centre, taps, weights_at):
    """Weights [count, size] of the pixels around centres, with borders repeated."""
    weights = np.zeros((count, size))
    for i in range(count):
        c = centre(i)
        first = math.floor(c)
        for k, w in enumerate(weights_at(c - first)):
            weights[i, min(max(first - taps // 2 + 1 + k, 0), size - 1)] += w
    return weights


def four(a):
    return lambda t: [float(cubic(d, a)) for d in (t + 1, t, 1 - t, 2 - t)]


def lanczos4(t):
    w = np.array([np.sinc(t + 3 - k) * np.sinc((t + 3 - k) / 4) for k in range(8)])
    return w / w.sum()


def resize_opencv(x, width, height, name):
    """TRF-8."""
    scales = [1 / (height / x.shape[0]), 1 / (width / x.shape[1])]
    counts = (height, width)
    if name == "nearest":
        picked = [np.minimum(np.floor(np.arange(n) * r).astype(int), s - 1) for n, r, s in zip(counts, scales, x.shape)]
        return x[picked[0]][:, picked[1]]
    y = x.astype(np.float64)
    for axis in (1, 0):
        size, count, r = x.shape[axis], counts[axis], scales[axis]

        def centre(i, r=r):
            return float(np.float32((i + 0.5) * r - 0.5))

        if name == "area":
            shrinks = width <= x.shape[1] and height <= x.shape[0]
            weights = averages(size, count, r) if shrinks else enlarged(size, count, r)
        elif name == "bilinear":
            weights = tapped(size, count, centre, 2, lambda t: [1 - t, t])
        elif name == "cubic":
            weights = tapped(size, count, centre, 4, four(-0.75))
        else:
            weights = tapped(size, count, centre, 8, lanczos4)
        y = apply(weights, y, axis)
    return np.clip(np.round(y), 0, 255).astype(np.uint8) if x.dtype == np.uint8 else y.astype(np.float32)


def averages(size, count, scale):
    edges = np.arange(size)
    weights = np.zeros((count, size))
    for i in range(count):
        weights[i] = np.clip(np.minimum(edges + 1, (i + 1) * scale) - np.maximum(edges, i * scale), 0, 1)
        weights[i] /= weights[i].sum()
    return weights


def enlarged(size, count, scale):
    weights = np.zeros((count, size))
    for i in range(count):
        first = math.floor(i * scale)
        beyond = float(np.float32(i + 1 - (first + 1) * (count / size)))
        t = 0 if beyond <= 0 else beyond - math.floor(beyond)
        weights[i, min(first, size - 1)] += 1 - t
        weights[i, min(first + 1, size - 1)] += t
    return weights


def resize_torch(x, width, height, mode, antialias=False, align_corners=False):
    """TRF-9."""
    y = x.astype(np.float64)
    for axis, count in ((1, width), (0, height)):
        size = x.shape[axis]
        corners = (size - 1) / (count - 1) if count > 1 else 0
        r = float(np.float32(corners if align_corners else size / count))
        if antialias:
            centres = (r * (np.arange(count) + 0.5)).astype(np.float32).astype(float)
            weights = spread_weights(size, centres, r, mode)
        else:

            def centre(i, r=r):
                c = float(np.float32(i * r if align_corners else r * (i + 0.5) - 0.5))
                return max(c, 0) if mode == "bilinear" else c

            if mode == "bilinear":
                weights = tapped(size, count, centre, 2, lambda t: [1 - t, t])
            else:
                weights = tapped(size, count, centre, 4, four(-0.75))
        y = apply(weights, y, axis)
    return y.astype(np.float32)


def crop(x, top, left, height, width):
    """TRF-11."""
    result = np.zeros((height, width, *x.shape[2:]), x.dtype)
    y0, x0 = max(top, 0), max(left, 0)
    part = x[y0 : max(top + height, y0), x0 : max(left + width, x0)]
    result[y0 - top : y0 - top + part.shape[0], x0 - left : x0 - left + part.shape[1]] = part
    return result


def crop_and_resize(x, coordinates, target, name):
    """TRF-11, TRF-12."""
    height, width = target
    return resize_pillow(crop(x, *coordinates), height, width, name)


def normalise(x, by):
    """TRF-10, to [C, H, W]."""
    mean, deviation = by
    return ((x / 255 - mean) / deviation).transpose(2, 0, 1)


def standardise(depth):
    """TRF-15."""
    values = np.sort(depth.ravel())
    kept = values[math.trunc(0.1 * len(values)) : math.trunc(0.9 * len(values))]
    if len(kept) < 2:
        raise Refused("too few values")
    return (depth - kept.mean()) / np.sqrt(kept.var(ddof=1) + 1e-6)


def centre_square(height, width):
    """TRF-13: (top, left, height, width)."""
    side = min(height, width)
    return [(height - side) // 2, (width - side) // 2, side, side]
