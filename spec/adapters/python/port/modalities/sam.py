"""SAM instances: dictionaries with outline ([x, y]), box [xmin, ymin, xmax, ymax] and tokens (16)."""

import math

from .detections import area
from .words import number_of, token_of, token_word, tokenized_words_of


def covers(outline, point):
    """MOD-18: inside, or on the border; what is enclosed twice is outside."""
    x, y = point
    inside = False
    for (ax, ay), (bx, by) in zip(outline, outline[1:] + outline[:1]):
        side = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        if side == 0 and (x - ax) * (x - bx) <= 0 and (y - ay) * (y - by) <= 0:
            return True
        if (ay > y) != (by > y) and (side > 0) == (by > ay):
            inside = not inside
    return inside


def sam_to_text(instances, points):
    """MOD-18."""
    parts = {}
    for point in points:
        x, y = (math.trunc(v) for v in point)
        covering = []
        for item in instances:
            if covers(item["outline"], point):
                corners = [f"v{axis}={math.trunc(v)}" for axis, v in enumerate(item["box"])]
                covering.append(" ".join(["polygon", *corners, *map(token_word, item["tokens"])]))
        parts[f"point v0={y} v1={x}"] = " ".join(covering) or "none"
    return " ".join(f"{words} {rest}" for words, rest in parts.items())


def text_to_sam(text):
    """MOD-20."""
    instances, groups = [], []
    for word in tokenized_words_of(text):
        if word in ("point", "polygon") or not groups:
            groups.append([])
        groups[-1].append(word)
    for name, *words in groups:
        if name != "polygon" or len(words) != 20:
            continue
        box = [number_of(word) for word in words[:4]]
        tokens = [token_of(word) for word in words[4:]]
        whole = None not in box + tokens and max(tokens) < 1024
        if whole and box[0] < box[2] and box[1] < box[3]:
            instances.append({"box": box, "tokens": tokens})
    return sorted(instances, key=lambda item: -area(item["box"]))


def grid_points(width, height, columns, rows):
    """MOD-19."""
    xs = [math.floor((i + 1) * (width / (columns + 1))) for i in range(columns)]
    ys = [math.floor((j + 1) * (height / (rows + 1))) for j in range(rows)]
    return [[x, y] for x in xs for y in ys]
