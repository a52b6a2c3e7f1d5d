"""Features: neighbours, retrieval and the Fréchet distance (MET-15 to MET-17)."""

import numpy as np

from ..tensors import Refused


def unit(x):
    x = x.astype(float)
    return x / np.maximum(np.sqrt((x**2).sum(-1, keepdims=True)), 1e-12)


def similarities(a, b):
    """MET-15."""
    return unit(a) @ unit(b).T


def neighbours(train, labels, classes, test, k, temperature):
    """MET-15: indices and shares of the votes of each row, and classes with votes by rank."""
    if k < 1 or not len(train):
        raise Refused(f"{k} neighbours of {len(train)} vectors")
    table = similarities(test, train)
    order = np.argsort(-table, axis=1, kind="stable")[:, :k]
    shares, rankings = np.zeros((len(test), classes)), []
    for row, nearest, share in zip(table, order, shares):
        weights = np.exp((row[nearest] - row[nearest[0]]) / temperature)
        np.add.at(share, labels[nearest], weights / weights.sum())
        voted = sorted(set(labels[nearest].tolist()), key=lambda c: (-share[c], c))
        rankings.append(voted)
    return order, shares, rankings


def retrieval(a, b, limits=(1, 5, 10), pessimistic=False):
    """MET-16."""
    table = np.round(similarities(a, b) / 1e-9)
    own = np.diag(table)[:, None]
    ranks = (table >= own).sum(1) if pessimistic else 1 + (table > own).sum(1)
    scores = {f"R@{k}": float((ranks <= k).mean() * 100) for k in limits}
    return {
        **scores,
        "mean_rank": float(ranks.mean()),
        "median_rank": float(np.median(ranks)),
        "mrr": float((1 / ranks).mean()),
        "ranks": ranks.tolist(),
    }


def frechet(a, b):
    """MET-17."""

    def fit(x):
        if len(x) < 2:
            raise Refused(f"the covariance of {len(x)} vectors")
        x = x.astype(float)
        return x.mean(0), np.cov(x, rowvar=False).reshape(x.shape[1], -1)

    def root(c):
        values, vectors = np.linalg.eigh(c)
        return vectors * np.sqrt(np.maximum(values, 0))

    (m1, c1), (m2, c2) = fit(a), fit(b)
    trace = np.linalg.svd(root(c1).T @ root(c2), compute_uv=False).sum()
    term = ((m1 - m2) ** 2).sum()
    terms = {
        "frechet": term + np.trace(c1) + np.trace(c2) - 2 * trace,
        "mean_term": term,
        "trace1": np.trace(c1),
        "trace2": np.trace(c2),
        "trace_sqrt": trace,
    }
    return {key: float(value) for key, value in terms.items()}, (m1, c1)
