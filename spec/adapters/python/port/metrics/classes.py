"""Classes and captions (MET-1 to MET-3)."""

import re
from collections import Counter

import numpy as np

from ..tensors import Refused


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
