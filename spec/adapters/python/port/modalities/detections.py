"""Detections: dictionaries with box [xmin, ymin, xmax, ymax], label and score."""


def detections_to_text(objects, bins=1000):
    """MOD-5."""
    words = []
    for item in objects:
        words += [f"v{axis}={round(value * (bins - 1))}" for axis, value in enumerate(item["box"])] + [item["label"]]
    return " ".join(words)


def crop_box(box, crop, size):
    """A box in fractions, moved into a crop (top, left, height, width) of a picture (height, width)."""
    (top, left, h, w), (height, width) = crop, size
    x0, y0, x1, y1 = box
    return [(x0 * width - left) / w, (y0 * height - top) / h, (x1 * width - left) / w, (y1 * height - top) / h]


def area(box):
    return (box[2] - box[0]) * (box[3] - box[1])


def prepare_detections(objects, crop, size, flip, threshold=0.6, visibility=0.0, max_objects=None, order="dist"):
    """MOD-6, MOD-7."""
    kept = []
    for item in objects:
        if item["score"] < threshold:
            continue
        whole = crop_box(item["box"], crop, size)
        box = [min(max(x, 0), 1) for x in whole]
        if area(box) <= 0 or area(box) / area(whole) < visibility:
            continue
        if flip:
            box = [1 - box[2], box[1], 1 - box[0], box[3]]
        kept.append({**item, "box": box})
    if max_objects is not None and len(kept) > max_objects:
        kept = sorted(kept, key=lambda item: -item["score"])[:max_objects]
    keys = {
        "dist": lambda item: item["box"][0] ** 2 + item["box"][1] ** 2,
        "area": lambda item: -area(item["box"]),
        "score": lambda item: -item["score"],
    }
    return sorted(kept, key=keys[order])


def text_to_detections(text, bins=1000):
    """MOD-8."""
    objects = []
    for part in text.split("v0=")[1:]:
        words = ("v0=" + part).split()
        numbers, label = words[:4], words[4:]
        try:
            box = [int(word.split("=")[1]) / (bins - 1) for word in numbers]
        except (IndexError, ValueError):
            continue
        if len(box) == 4 and label and not any("=" in word for word in label):
            objects.append({"box": box, "label": " ".join(label)})
    return objects
