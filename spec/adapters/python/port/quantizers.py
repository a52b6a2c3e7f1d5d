"""Quantizers (QNT)."""

import numpy as np

from .layers import linear, softmax

f32 = np.float32


def normalized(rows):
    """QNT-1."""
    return rows / np.maximum(np.sqrt((rows**2).sum(-1, keepdims=True)), 1e-12)


def normalized_in_float32(rows):
    """QNT-11."""
    rows = rows.astype(f32)
    squares, whole = rows**2, rows.shape[1] // 8 * 8
    lanes = np.zeros((len(rows), 8), f32)
    for start in range(0, whole, 8):
        lanes = lanes + squares[:, start : start + 8]
    total = np.zeros(len(rows), f32)
    for part in [*lanes.T, *squares[:, whole:].T]:
        total = total + part
    return rows / np.maximum(np.sqrt(total), f32(1e-12))[:, None]


def nearest(latents, codes, cosine):
    """QNT-3."""
    if cosine:
        return np.argmax(normalized(latents) @ normalized(codes).T, axis=1)
    return np.argmin(((latents[:, None] - codes[None]) ** 2).sum(-1), axis=1)


class Codebook:
    """QNT-2 to QNT-6."""

    def __init__(self, w, config):
        self.w, self.heads = w, config.get("num_codebooks", 1)
        self.cosine, self.norm_latents = config.get("norm_codes", True), config.get("norm_latents", False)
        self.codes = w["_codebook.embed"]

    def compared(self, latents):
        """[n, d] to [n · heads, d]"""
        if self.heads > 1:
            latents = linear(self.w.at("project_in"), latents).reshape(-1, latents.shape[1])
        return normalized(latents) if self.norm_latents else latents

    def ids(self, latents):
        """[n, d] to [n, heads]"""
        return nearest(self.compared(latents), self.codes, self.cosine).reshape(-1, self.heads)

    def values(self, ids):
        """[n, heads] to [n, d]"""
        codes = self.codes[ids].reshape(len(ids), -1)
        return linear(self.w.at("project_out"), codes) if self.heads > 1 else codes


class Memcodes:
    """QNT-15, QNT-16."""

    def __init__(self, w, config):
        self.codes, self.to_keys, self.to_values = w["codes"], w["to_k.weight"], w["to_v.weight"]
        self.heads = len(self.codes)

    def scores(self, latents):
        """[n, d] to [heads, n, K]"""
        width = latents.shape[1] // self.heads
        queries = latents.reshape(-1, self.heads, width).transpose(1, 0, 2)
        return queries @ (self.codes @ self.to_keys).transpose(0, 2, 1) * width**-0.5

    def ids(self, latents):
        return self.scores(latents).argmax(-1).T

    def values(self, ids):
        values = self.codes @ self.to_values
        return np.concatenate([values[h][ids[:, h]] for h in range(self.heads)], axis=1)


class Training:
    """The moving average of a codebook (QNT-7 to QNT-11), in float32."""

    def __init__(self, codes, usage, sums, cosine, decay, threshold, policy):
        self.codes, self.usage, self.sums = codes.astype(f32), usage.astype(f32), sums
        self.cosine, self.decay, self.threshold, self.policy = cosine, decay, threshold, policy

    def _moved(self, average, new):
        kept = (f32(self.decay) * average.astype(f32)).astype(np.float64)
        return (kept + np.float64(f32(1 - self.decay)) * new.astype(f32)).astype(f32)

    def step(self, latents, ids, choose_rows):
        """`choose_rows` gives rows of the latents for a number of dead codes."""
        count = len(self.codes)
        samples = normalized_in_float32(latents) if self.cosine else latents.astype(f32)
        hits = np.bincount(ids, minlength=count).astype(f32)
        totals = np.zeros_like(self.codes)
        np.add.at(totals, ids, samples)
        self.usage = self._moved(self.usage, hits)
        if self.cosine:
            means = np.where(hits[:, None] > 0, totals / np.maximum(hits, 1)[:, None], self.codes)
            self.codes = self._moved(self.codes, normalized_in_float32(means))
        else:
            self.sums = self._moved(self.sums, totals)
            total = self.usage.sum()
            sizes = (self.usage + 1e-5) / (total + count * 1e-5) * total
            self.codes = (self.sums / sizes[:, None]).astype(f32)
        dead = np.flatnonzero(self.usage < self.threshold)
        if not len(dead):
            return
        if self.policy == "batch_random":
            replacements = latents[choose_rows(len(dead))]
        else:
            replacements = self.codes[np.argsort(-self.usage, kind="stable")[: len(dead)]]
        self.codes[dead] = normalized_in_float32(replacements)


def nearest_in_float32(latents, codes):
    """QNT-11."""
    samples, directions = normalized_in_float32(latents), normalized_in_float32(codes)
    scores = np.zeros((len(samples), len(directions)), f32)
    for j in range(samples.shape[1]):
        scores = (scores.astype(np.float64) + samples[:, j, None].astype(np.float64) * directions[None, :, j]).astype(f32)
    return scores.argmax(1)


def k_means(samples, means, cosine, iterations=10):
    """QNT-13: means, and the sizes of the clusters."""
    means = means.copy()
    for _ in range(iterations):
        if cosine:
            labels = (samples @ means.T).argmax(1)
        else:
            labels = ((samples[:, None] - means[None]) ** 2).sum(-1).argmin(1)
        sizes = np.bincount(labels, minlength=len(means))
        for k in np.flatnonzero(sizes):
            mean = samples[labels == k].mean(0)
            means[k] = normalized(mean[None])[0] if cosine else mean
    return means, sizes


def usage(tokens, count, window):
    """QNT-14."""
    windows = [tokens[i : i + window] for i in range(0, len(tokens) - window + 1, window)]
    return np.mean([len(set(part)) for part in windows]) / count


def normalization_gradient(x, gradient):
    """The gradient of `normalized`, given that of its result."""
    length = np.maximum(np.sqrt((x**2).sum(-1, keepdims=True)), 1e-12)
    y = x / length
    return (gradient - y * (gradient * y).sum(-1, keepdims=True)) / length


def memcodes_training(quantizer, latents, noise, upstream, temperature=1.0):
    """QNT-17: output and ids, and the gradients of the latents, codes and both maps, given that of the output."""
    heads, width = quantizer.heads, latents.shape[1] // quantizer.heads
    soft = softmax((quantizer.scores(latents) + noise) / temperature)
    ids = soft.argmax(-1).T

    def split(x):
        return x.reshape(-1, heads, width).transpose(1, 0, 2)

    values, keys = quantizer.codes @ quantizer.to_values, quantizer.codes @ quantizer.to_keys
    one_hot = np.eye(soft.shape[-1])[soft.argmax(-1)]
    given = split(upstream)
    of_values = one_hot.transpose(0, 2, 1) @ given
    of_soft = given @ values.transpose(0, 2, 1)
    of_scores = soft * (of_soft - (of_soft * soft).sum(-1, keepdims=True)) / temperature * width**-0.5
    of_keys = of_scores.transpose(0, 2, 1) @ split(latents)
    return quantizer.values(ids), ids, {
        "x": (of_scores @ keys).transpose(1, 0, 2).reshape(latents.shape),
        "codes": of_values @ quantizer.to_values.transpose(0, 2, 1) + of_keys @ quantizer.to_keys.transpose(0, 2, 1),
        "to_k.weight": quantizer.codes.transpose(0, 2, 1) @ of_keys,
        "to_v.weight": quantizer.codes.transpose(0, 2, 1) @ of_values,
    }
