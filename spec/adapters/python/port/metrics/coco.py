"""Boxes and masks (MET-4 to MET-7)."""

import math

import numpy as np


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
