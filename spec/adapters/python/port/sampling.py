"""Sampling and guidance (SMP, GDC)."""

import numpy as np

from .layers import softmax
from .tensors import Refused


def is_greedy(temperature):
    return abs(temperature) <= 1e-10


def filtered(logits, top_k, top_p):
    """SMP-3, SMP-4, of one token's logits. A whole number `top_k` is an int, a fraction a float."""
    if np.isnan(logits).any() or not np.isfinite(logits).any():
        raise Refused("no distribution: NaN or no finite logit")
    logits = logits.copy()
    if top_k > 0:
        count = top_k if isinstance(top_k, int) else max(int(top_k * len(logits)), 1)
        if count < len(logits):
            logits[logits < np.sort(logits)[-count]] = -np.inf
    if top_p > 0:
        order = np.argsort(-logits, kind="stable")
        before = np.concatenate([[0], np.cumsum(softmax(logits[order].astype(np.float64)))[:-1]])
        logits[order[before > top_p]] = -np.inf
    return logits


def sample(logits, temperature, top_k, top_p, uniform):
    """SMP-1 to SMP-6: id and confidence. Without a uniform number, the likeliest token of the filtered ones is taken."""
    if is_greedy(temperature):
        return int(np.argmax(logits)), 1.0
    left = filtered(logits, top_k, top_p)
    probabilities = softmax(left.astype(np.float64) / temperature)
    if uniform is None:
        number = int(np.argmax(left))
    else:
        number = int(np.searchsorted(np.cumsum(probabilities), uniform, side="right"))
        number = min(number, int(np.flatnonzero(probabilities)[-1]))
    return number, float(probabilities[number])


def tied_top(size, count):
    """SMP-8."""
    if 64 * count <= size:
        return list(range(count))
    a, first, end = list(range(size)), 0, size
    while end - first > 3:
        middle = first + (end - first) // 2
        a[first], a[middle] = a[middle], a[first]
        left, right = first + 1, end - 1
        while left < right:
            a[left], a[right] = a[right], a[left]
            left, right = left + 1, right - 1
        if left <= count - 1:
            first = left
        else:
            end = left
    return a[:count]


def most_confident(confidences, count, greedy):
    """SMP-7, SMP-8: indices of the selected tokens."""
    if greedy:
        return tied_top(len(confidences), count)
    return list(np.argsort(-np.asarray(confidences), kind="stable")[:count])


def guided(unconditional, conditional, weights):
    """GDC-1, GDC-3."""
    result = unconditional.copy()
    for logits, weight in zip(conditional, weights):
        result = result + (logits - unconditional) * weight
    return result
