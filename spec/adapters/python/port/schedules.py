"""Schedules (SCH-1 to SCH-6)."""

import math

import numpy as np

from .modalities import SEQUENCE
from .tensors import Refused

LEAST = 1e-9


def cosine(steps, tokens):
    """SCH-1."""
    masked = [(1 + math.cos(math.pi * i / steps)) / 2 for i in range(steps)]
    counts = [round(tokens * (a - b)) for a, b in zip(masked, masked[1:])]
    return counts + [tokens - sum(counts)]


def linear(steps, tokens):
    """SCH-2."""
    totals = [tokens if i == steps else math.floor(i * (tokens / steps)) for i in range(steps + 1)]
    counts = sorted((b - a for a, b in zip(totals, totals[1:])), reverse=True)
    while counts and counts[-1] == 0:
        counts.pop()
    return counts


def remaining(schedule, committed):
    """SCH-3."""
    totals = np.cumsum(schedule)
    later = np.flatnonzero(totals > committed)
    if not len(later):
        return []
    first = later[0]
    return [int(totals[first]) - committed, *schedule[first + 1 :]]


def temperatures(kind, start, schedule):
    """SCH-4, SCH-5; `kind` as in the official notation."""
    totals = np.cumsum(schedule)
    total = int(totals[-1])
    if kind == "constant":
        return [start] * len(schedule)
    if kind == "linear":
        return [max(t, LEAST) for t in [start, *(start * (total - totals[:-1]) / total)]]
    name, *numbers = kind.split(":")
    if name != "onex" or len(numbers) != 2:
        raise Refused(f"unknown temperature schedule {kind}")
    low, power = map(float, numbers)
    curve = np.linspace(1, 100, total) ** -power
    curve = curve - curve.min()
    curve = curve / curve.max() if curve.max() > 0 else curve
    pairs = zip(curve, totals)
    return [max(low + (start - low) * (1 - s / total) * y, LEAST) for y, s in pairs][: len(schedule)]


def decreasing(high, low, schedule):
    """SCH-6."""
    return [low + (high - low) * (1 - s / sum(schedule)) for s in np.cumsum(schedule)]


def chain(targets, known, grow):
    """
    The steps of a chain (GEN-8, GDC-7).

    targets: dictionaries with domain, kind, scheme, steps, schedule, tokens, temperature, temperature_schedule, scale
    """
    conditions, steps = list(known), []
    for target in targets:
        shared = {"target_domain": target["domain"], "scheme": target["scheme"], "cfg_scale": target["scale"]}
        shared["cfg_cond_domains"] = list(conditions)
        if target["scheme"] == "autoregressive":
            steps.append({**shared, "num_tokens": None, "temperature": target["temperature"]})
            continue
        if target["scheme"] not in ("maskgit", "roar") or target["kind"] == SEQUENCE:
            raise Refused(f"unknown scheme {target['scheme']} for {target['domain']}")
        name = "linear" if target["scheme"] == "roar" else target["schedule"]
        if name not in ("cosine", "linear"):
            raise Refused(f"unknown token schedule {name}")
        counts = (cosine if name == "cosine" else linear)(target["steps"], target["tokens"])
        for count, temperature in zip(counts, temperatures(target["temperature_schedule"], target["temperature"], counts)):
            steps.append({**shared, "num_tokens": count, "temperature": temperature})
        if grow:
            conditions.append(target["domain"])
    return steps
