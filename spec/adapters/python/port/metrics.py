"""Metrics (MET-1 to MET-18)."""

import math
import re
from collections import Counter

import numpy as np

from .tensors import Refused

# Classes and captions.


def confusion(predictions, truths, classes, ignored):
    """MET-1: the matrix, and the pixels of each true class."""
    matrix, counts = np.zeros((classes, classes)), np.zeros(classes)
    for predicted, truth in zip(predictions, truths):
        p, t = predicted.ravel(), truth.ravel()
        p, t = p[t != ignored], t[t != ignored]
        if ((t < 0) | (t >= classes)).any():
            raise Refused("a true class is out of range")
        counts += np.bincount(t, minlength=classes)
        known = (p >= 0) & (p < classes)
        np.add.at(matrix, (t[known], p[known]), 1)
    return matrix, counts


def ratio(part, whole):
    return None if whole == 0 else float(part / whole)


def mean(values):
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def segmentation(matrix, counts):
    """MET-2."""
    found, predicted = np.diag(matrix), matrix.sum(0)
    iou = [ratio(n, t + p - n) for n, t, p in zip(found, counts, predicted)]
    accuracy = [ratio(n, t) for n, t in zip(found, counts)]
    return {
        "iou": iou,
        "class_accuracy": accuracy,
        "dice": [ratio(2 * n, t + p) for n, t, p in zip(found, counts, predicted)],
        "miou": mean(iou),
        "miou_gt_classes": mean([x for x, t in zip(iou, counts) if t > 0]),
        "miou_all_classes_absent_zero": mean([x or 0.0 for x in iou]),
        "pixel_accuracy": ratio(found.sum(), counts.sum()),
        "mean_class_accuracy": mean(accuracy),
        "fw_iou": ratio(sum((x or 0) * t for x, t in zip(iou, counts)), counts.sum()),
        "n_pixels": int(counts.sum()),
    }


def named_pairs(caption, colours, shapes, numbers):
    """MET-3."""
    words, pairs = re.findall("[a-z]+", caption.lower()), []
    for i, (colour, noun) in enumerate(zip(words, words[1:])):
        shape = next((s for s in shapes if noun in (s, s + "s", s + "es")), None)
        if colour in colours and shape:
            pairs += [[colour, shape]] * (numbers.get(words[i - 1], 1) if i else 1)
    return pairs


def caption_scores(matched, named, true):
    if named + true == 0:
        return {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    return {
        "precision": matched / named if named else 0.0,
        "recall": matched / true if true else 0.0,
        "f1": 2 * matched / (named + true),
    }


def common_pairs(a, b):
    count = Counter(map(tuple, a)) & Counter(map(tuple, b))
    return sum(count.values())


# Boxes and masks.


def box_iou(a, b, crowd):
    """MET-4."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (a[2] * a[3] if crowd else a[2] * a[3] + b[2] * b[3] - both)


def mask_iou(a, b, crowd):
    both = int((a & b).sum())
    return both / int(a.sum() if crowd else (a | b).sum()) if both else 0.0


def to_runs(mask):
    """MET-7: counts, column by column, beginning with zeros."""
    flat = np.concatenate([[0], mask.T.ravel().astype(int), [-1]])
    ends = np.flatnonzero(np.diff(flat)) if flat.size > 2 else np.array([0])
    return np.diff(np.concatenate([[0], ends])).tolist() if mask.size else [0]


def from_runs(counts, height, width):
    values = np.repeat(np.arange(len(counts)) % 2, counts)
    return values.reshape(width, height).T.astype(np.uint8)


def to_string(counts):
    """MET-7."""
    text = ""
    for i, count in enumerate(counts):
        rest = count - counts[i - 2] if i > 2 else count
        while True:
            group = rest & 31
            rest >>= 5
            more = rest != (-1 if group & 16 else 0)
            text += chr(48 + group + 32 * more)
            if not more:
                break
    return text


def from_string(text):
    counts, value, shift = [], 0, 0
    for character in text:
        code = ord(character) - 48
        value |= (code & 31) << shift
        shift += 5
        if code & 32:
            continue
        if code & 16:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = shift = 0
    return counts


def polygon_mask(corners, height, width):
    """MET-8."""
    scaled = [math.trunc(5 * x + 0.5) for x in corners]
    points = list(zip(scaled[::2], scaled[1::2]))
    outline = []
    for (xs, ys), (xe, ye) in zip(points, points[1:] + points[:1]):
        dx, dy = abs(xe - xs), abs(ye - ys)
        flat, steps = dx >= dy, max(dx, dy)
        flipped = xs > xe if flat else ys > ye
        (x, y), (x1, y1) = ((xe, ye), (xs, ys)) if flipped else ((xs, ys), (xe, ye))
        slope = ((y1 - y) if flat else (x1 - x)) / steps if steps else 0
        order = range(steps, -1, -1) if flipped else range(steps + 1)
        for d in order:
            outline.append((x + d, math.trunc(y + slope * d + 0.5)) if flat else (math.trunc(x + slope * d + 0.5), y + d))
    crossings = set()
    for (x0, y0), (x, y) in zip(outline, outline[1:]):
        if x == x0:
            continue
        column = ((x if x < x0 else x - 1) + 0.5) / 5 - 0.5
        if column != math.floor(column) or not 0 <= column <= width - 1:
            continue
        row = min(max((min(y, y0) + 0.5) / 5 - 0.5, 0), height)
        crossings ^= {int(column) * height + math.ceil(row)}
    inside = np.zeros(height * width + 1, int)
    inside[sorted(crossings)] = 1
    return (np.cumsum(inside)[:-1] % 2).reshape(width, height).T.astype(np.uint8)


def united(polygons, height, width):
    result = np.zeros((height, width), np.uint8)
    for polygon in polygons:
        result |= polygon_mask(polygon, height, width)
    return result


def bounds(mask):
    ys, xs = np.nonzero(mask)
    if not len(xs):
        return [0.0, 0.0, 0.0, 0.0]
    return [float(v) for v in (xs.min(), ys.min(), xs.max() - xs.min() + 1, ys.max() - ys.min() + 1)]


THRESHOLDS = np.linspace(0.5, 0.95, 10)
RANGES = {"all": (0, 1e10), "small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, 1e10)}


def matches(ious, ignored, crowd, threshold):
    """MET-5: for each detection true, false, or nothing."""
    taken, result = set(), []
    for row in ious:
        best = None
        for group in (False, True):
            least = min(threshold, 1 - 1e-10)
            for t in [t for t in range(len(ignored)) if ignored[t] == group]:
                if (t in taken and not crowd[t]) or row[t] < least:
                    continue
                best, least = t, row[t]
            if best is not None:
                break
        if best is not None:
            taken.add(best)
        result.append(False if best is None else None if ignored[best] else True)
    return result


def detection(images, classes, detections, truths, iou):
    """
    MET-5, MET-6.

    detections and truths: dictionaries with image, class, shape, area, and score or crowd
    """
    tallies = {}
    for c in classes:
        for name, (low, high) in RANGES.items():
            count, judged = 0, []
            for image in images:
                found = [d for d in detections if (d["image"], d["class"]) == (image, c)]
                found = sorted(found, key=lambda d: -d["score"])[:100]
                true = [t for t in truths if (t["image"], t["class"]) == (image, c)]
                crowd = [t["crowd"] for t in true]
                ignored = [t["crowd"] or not low <= t["area"] <= high for t in true]
                count += ignored.count(False)
                ious = [[iou(d["shape"], t["shape"], t["crowd"]) for t in true] for d in found]
                outcomes = [matches(ious, ignored, crowd, threshold) for threshold in THRESHOLDS]
                for rank, d in enumerate(found):
                    outside = not low <= d["area"] <= high
                    right = [None if o[rank] is False and outside else o[rank] for o in outcomes]
                    judged.append((d["score"], rank, right))
            tallies[c, name] = count, judged
    return tallies


def curves(tally, limit=100):
    """MET-6: precisions and recall at each threshold, nothing without truths."""
    count, judged = tally
    if not count:
        return None
    ordered = sorted((j for j in judged if j[1] < limit), key=lambda j: -j[0])
    result = []
    for t in range(10):
        right = np.array([j[2][t] for j in ordered if j[2][t] is not None], float)
        found = np.cumsum(right)
        precision = np.maximum.accumulate((found / np.arange(1, len(right) + 1))[::-1])[::-1]
        at = np.searchsorted(found / count, np.arange(101) * 0.01, side="left")
        read = [precision[i] if i < len(precision) else 0.0 for i in at]
        result.append((read, float(found[-1] / count) if len(found) else 0.0))
    return result


def detection_stats(tallies, classes):
    def over(name, limit, figure):
        known = [c for c in (curves(tallies[k, name], limit) for k in classes) if c]
        return float(np.mean([figure(c) for c in known])) if known else -1.0

    def ap(c):
        return np.mean([p for p, _ in c])

    def ar(c):
        return np.mean([r for _, r in c])

    stats = {"AP": over("all", 100, ap)}
    stats["AP50"] = over("all", 100, lambda c: np.mean(c[0][0]))
    stats["AP75"] = over("all", 100, lambda c: np.mean(c[5][0]))
    for name in ("small", "medium", "large"):
        stats[f"AP_{name}"], stats[f"AR_{name}"] = over(name, 100, ap), over(name, 100, ar)
    for limit in (1, 10, 100):
        stats[f"AR_max{limit}"] = over("all", limit, ar)
    return stats


# Depth and normals.


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
    from .pictures import standardise

    return None if len(p) < 4 else float(np.abs(standardise(p) - standardise(g)).mean())


def angles(a, b):
    """MET-12, in degrees."""
    a, b = a.astype(float), b.astype(float)
    lengths = np.maximum(np.sqrt((a**2).sum(-1)), 1e-12), np.maximum(np.sqrt((b**2).sum(-1)), 1e-12)
    return np.degrees(np.arccos(np.clip((a * b).sum(-1) / lengths[0] / lengths[1], -1, 1)))


# Poses and rotations.


def nearest_rotation(matrix):
    """MET-14."""
    u, _, vt = np.linalg.svd(matrix)
    return u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt


def procrustes(p, g, used):
    """MET-13: scale, rotation and aligned joints."""
    mp, mg = p[used].mean(0), g[used].mean(0)
    centred = p[used] - mp
    covariance = (g[used] - mg).T @ centred
    rotation, size = nearest_rotation(covariance), (centred**2).sum()
    scale = np.trace(rotation.T @ covariance) / size if size >= 1e-18 else None
    return scale, rotation, (scale or 0) * (p - mp) @ rotation.T + mg


def distances(a, b, used):
    return np.sqrt(((a - b)[used] ** 2).sum(-1))


def quaternion(a):
    angle = np.linalg.norm(a, axis=-1, keepdims=True)
    safe = np.where(angle < 1e-3, 1, angle)
    scale = np.where(angle < 1e-3, 0.5 - angle**2 / 48 + angle**4 / 3840, np.sin(angle / 2) / safe)
    q = np.concatenate([np.cos(angle / 2), a * scale], -1)
    return np.where(q[..., :1] < 0, -q, q)


def rotation_of(q):
    w, x, y, z = np.moveaxis(q, -1, 0)
    rows = [
        [w * w + x * x - y * y - z * z, 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), w * w - x * x + y * y - z * z, 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), w * w - x * x - y * y + z * z],
    ]
    return np.stack([np.stack(row, -1) for row in rows], -2)


def quaternion_of(m):
    """The quaternion of a rotation matrix, by its largest component."""
    xx, yy, zz = np.diag(m)
    rows = np.array([
        [1 + xx + yy + zz, m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]],
        [m[2, 1] - m[1, 2], 1 + xx - yy - zz, m[0, 1] + m[1, 0], m[0, 2] + m[2, 0]],
        [m[0, 2] - m[2, 0], m[0, 1] + m[1, 0], 1 - xx + yy - zz, m[1, 2] + m[2, 1]],
        [m[1, 0] - m[0, 1], m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], 1 - xx - yy + zz],
    ])
    best = rows[np.argmax(np.diag(rows))]
    q = best / np.linalg.norm(best)
    return -q if q[0] < 0 else q


def axis_angle(q):
    q = -q if q[0] < 0 else q
    length = np.linalg.norm(q[1:])
    angle = 2 * math.atan2(length, q[0])
    return q[1:] * (2 + angle**2 / 12 + 7 * angle**4 / 2880 if angle < 1e-3 else angle / length)


LAYOUTS = {"columns": [0, 3, 6, 1, 4, 7], "interleaved": [0, 1, 3, 4, 6, 7], "rows": [0, 1, 2, 3, 4, 5]}


def from_columns(six):
    """Gram–Schmidt of the first two columns, one after the other."""

    def direction(v):
        return v / np.linalg.norm(v, axis=-1, keepdims=True)

    first = direction(six[..., :3])
    second = direction(six[..., 3:] - (six[..., 3:] * first).sum(-1, keepdims=True) * first)
    return np.stack([first, second, np.cross(first, second)], -1)


def from_six(six, layout):
    order = LAYOUTS["columns"] if layout == "rows" else LAYOUTS[layout]
    parts = np.zeros((len(six), 9))
    parts[:, order] = six
    matrix = from_columns(parts[:, LAYOUTS["columns"]])
    return matrix.transpose(0, 2, 1) if layout == "rows" else matrix


def euler(m):
    """About the fixed axes x, y and z."""
    pitch = math.atan2(-m[2, 0], math.hypot(m[2, 1], m[2, 2]))
    if math.pi / 2 - abs(pitch) < 1e-7:
        return [math.atan2(-m[1, 2], m[1, 1]), pitch, 0.0]
    return [math.atan2(m[2, 1], m[2, 2]), pitch, math.atan2(m[1, 0], m[0, 0])]


# Features.


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


# Images.


def ssim_map(a, b, span, gaussian=False, sample=None):
    """MET-18."""
    from .analysis import correlate

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
