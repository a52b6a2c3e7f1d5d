"""Depth and normals."""

import math

import numpy as np

from ..pictures import standardise


def spread(x, average):
    middle = np.median(x)
    return middle, average(np.abs(x - middle))


def least_squares(p, target):
    variance = ((p - p.mean()) ** 2).mean()
    scale = 0.0 if variance < 1e-12 else ((p - p.mean()) * (target - target.mean())).mean() / variance
    return scale * (p - p.mean()) + target.mean(), {"scale": scale, "shift": target.mean() - scale * p.mean()}


def aligned_depth(name, p, g, least):
    """MET-10: aligned depths and the fit."""
    fit = {}
    if name == "lstsq":
        p, fit = least_squares(p, g)
    elif name in ("scale_lstsq", "median_scale"):
        a, b = ((p * g).sum(), (p * p).sum()) if name == "scale_lstsq" else (np.median(g), np.median(p))
        scale = float(a / b) if b != 0 and np.isfinite(a / b) else 0.0
        p, fit = scale * p, {"scale": scale}
    elif name in ("median_mad", "median_meanad"):
        average = np.median if name == "median_mad" else np.mean
        (mp, dp), (mg, dg) = spread(p, average), spread(g, average)
        p = (p - mp) * (dg / max(dp, 1e-6)) + mg
        fit = {"median_pred": mp, "median_gt": mg, "dev_pred": dp, "dev_gt": dg}
    elif name == "disparity_lstsq":
        p, fit = least_squares(p, 1 / g)
        p = 1 / np.maximum(p, 1e-3)
    return np.maximum(p, least), {key: float(value) for key, value in fit.items()}


def depth_scores(p, g):
    """MET-9."""
    worse, d = np.maximum(p / g, g / p), np.log(p) - np.log(g)
    squared = (d**2).mean()
    scores = {f"delta{k}": (worse < 1.25**k).mean() for k in (1, 2, 3)}
    scores |= {
        "absrel": (np.abs(p - g) / g).mean(),
        "sqrel": ((p - g) ** 2 / g).mean(),
        "rmse": math.sqrt(((p - g) ** 2).mean()),
        "rmse_log": math.sqrt(squared),
        "log_l1": np.abs(d).mean(),
        "log10": np.abs(d).mean() / math.log(10),
        "silog": 100 * math.sqrt(max(0, squared - d.mean() ** 2)),
        "mae": np.abs(p - g).mean(),
    }
    return {key: float(value) for key, value in scores.items()}


def valid_depths(p, g, mask):
    valid = (mask != 0) & (g > 0)
    return p[valid].astype(float), g[valid].astype(float)


def invariant_error(p, g, average):
    """MET-11."""

    def plain(x):
        middle, deviation = spread(x, average)
        return (x - middle) / max(deviation, 1e-6)

    return float(np.abs(plain(p) - plain(g)).mean())


def standardised_error(p, g):
    return None if len(p) < 4 else float(np.abs(standardise(p) - standardise(g)).mean())


def angles(a, b):
    """MET-12, in degrees."""
    a, b = a.astype(float), b.astype(float)
    lengths = np.maximum(np.sqrt((a**2).sum(-1)), 1e-12), np.maximum(np.sqrt((b**2).sum(-1)), 1e-12)
    return np.degrees(np.arccos(np.clip((a * b).sum(-1) / lengths[0] / lengths[1], -1, 1)))
