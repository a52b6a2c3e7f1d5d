"""Layers that the transformer and the tokenizers share (TRN-1 to TRN-7)."""

import math

import numpy as np

erf = np.frompyfunc(math.erf, 1, 1)


class Weights:
    """Tensors of a checkpoint below a name."""

    def __init__(self, tensors, prefix="", converted=None):
        self.tensors, self.prefix = tensors, prefix
        self.converted = {} if converted is None else converted

    def __getitem__(self, name):
        name = self.prefix + name
        if name not in self.converted:
            self.converted[name] = self.tensors[name].astype(np.float64)
        return self.converted[name]

    def __contains__(self, name):
        return self.prefix + name in self.tensors

    def at(self, name):
        return Weights(self.tensors, f"{self.prefix}{name}.", self.converted)


def softmax(x):
    """Over the last axis; of nothing, nothing."""
    weights = np.exp(x - x.max(-1, keepdims=True, initial=-np.inf))
    return weights / weights.sum(-1, keepdims=True)


def linear(w, x):
    """TRN-1, and low-rank adapters (TRN-25, TRN-26) where the checkpoint has them."""
    if "lora_down.weight" in w:
        update = linear(w.at("lora_up"), linear(w.at("lora_down"), x))
        return linear(w.at("linear"), x) + w.tensors["lora_scale"] * update
    weight = w["weight"].reshape(len(w["weight"]), -1)
    y = x @ weight.T
    return y + w["bias"] if "bias" in w else y


def layer_norm(w, x, epsilon=1e-6):
    """TRN-2."""
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + epsilon) * w["weight"] + w["bias"]


def activate(name, x):
    """TRN-3."""
    if name == "GELU":
        return x * 0.5 * (1 + erf(x / math.sqrt(2)).astype(np.float64))
    if name == "SiLU":
        return x / (1 + np.exp(-x))
    return np.tanh(x) if name == "Tanh" else np.maximum(x, 0)


def mlp(w, x, activation):
    """TRN-4."""
    hidden = activate(activation, linear(w.at("fc1"), x))
    if "fc3.weight" in w:
        hidden = hidden * linear(w.at("fc3"), x)
    return linear(w.at("fc2"), hidden)


def attention(w, x, context, heads, masked=None):
    """
    TRN-5 to TRN-7.

    x: [B, M, D]; context: [B, N, C], nothing for self-attention; masked: [B, M or 1, N]
    """
    if context is None:
        q, k, v = np.split(linear(w.at("qkv"), x), 3, axis=-1)
    else:
        q = linear(w.at("q"), x)
        k, v = np.split(linear(w.at("kv"), context), 2, axis=-1)
    width = x.shape[-1] // heads

    def split(y):
        return y.reshape(*y.shape[:2], heads, width).transpose(0, 2, 1, 3)

    q, k, v = split(q), split(k), split(v)
    if "q_norm.weight" in w:
        q, k = layer_norm(w.at("q_norm"), q), layer_norm(w.at("k_norm"), k)
    scores = q @ k.transpose(0, 1, 3, 2) * width**-0.5
    if masked is not None:
        scores = np.where(masked[:, None], np.finfo(np.float32).min, scores)
    weights = softmax(scores)
    joined = (weights @ v).transpose(0, 2, 1, 3).reshape(x.shape)
    return linear(w.at("proj"), joined)


def block(w, x, heads, activation, masked=None):
    """TRN-12."""
    x = x + attention(w.at("attn"), layer_norm(w.at("norm1"), x), None, heads, masked)
    return x + mlp(w.at("mlp"), layer_norm(w.at("norm2"), x), activation)


def sequence_table(rows, width):
    """EMB-1."""
    half = width // 2
    exponents = np.arange(half, dtype=np.float32) / np.float32(half)
    frequencies = np.float32(1) / np.float32(10000) ** exponents
    angles = np.arange(rows, dtype=np.float32)[:, None] * frequencies
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


def grid_table(h, w, width):
    """EMB-2."""
    positions = np.arange(h * w)
    tables = sequence_table(max(h * w, 1), width // 2)
    return np.concatenate([tables[positions // h], tables[positions % h]], axis=1)


def bicubic_weights(size, count):
    """EMB-4, along an axis: [count, size]."""
    a = -0.75

    def near(x):
        return (a + 2) * x**3 - (a + 3) * x**2 + 1

    def far(x):
        return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a

    weights = np.zeros((count, size))
    for i in range(count):
        centre = (i + 0.5) * size / count - 0.5
        first = math.floor(centre)
        t = centre - first
        for k, weight in enumerate([far(t + 1), near(t), near(1 - t), far(2 - t)]):
            weights[i, min(max(first - 1 + k, 0), size - 1)] += weight
    return weights


def interpolate(table, origin, goal):
    """EMB-4: [h·w, D] to another grid."""
    if tuple(origin) == tuple(goal):
        return table
    rows, columns = bicubic_weights(origin[0], goal[0]), bicubic_weights(origin[1], goal[1])
    square = table.reshape(*origin, -1)
    return np.einsum("yv,xu,vud->yxd", rows, columns, square).reshape(goal[0] * goal[1], -1)


def nearest_rows(size, count):
    """DIF-19."""
    scale = np.float32(size / count)
    return np.minimum(np.floor(np.arange(count, dtype=np.float32) * scale).astype(int), size - 1)
