"""Similarity of images (MET-18)."""

import numpy as np

from ..analysis import correlate
from ..tensors import Refused


def ssim_map(a, b, span, gaussian=False, sample=None):
    """MET-18."""
    if gaussian:
        x = np.arange(11) - 5
        window = np.exp(-0.5 * (x / 1.5) ** 2)
        window /= window.sum()
    else:
        window = np.full(7, 1 / 7)
    if min(a.shape[:2]) < len(window):
        raise Refused("the image is smaller than the window")
    sample = not gaussian if sample is None else sample
    factor = len(window) ** 2 / (len(window) ** 2 - 1) if sample else 1

    def average(x):
        return correlate(x, window, window, "symmetric")

    a, b = a.astype(float), b.astype(float)
    ma, mb = average(a), average(b)
    va, vb = factor * (average(a * a) - ma * ma), factor * (average(b * b) - mb * mb)
    cov = factor * (average(a * b) - ma * mb)
    c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
    return (2 * ma * mb + c1) * (2 * cov + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2)), len(window) // 2


def ssim(a, b, span, **options):
    values, reach = ssim_map(a, b, span, **options)
    return float(values[reach:-reach, reach:-reach].mean((0, 1)).mean())
