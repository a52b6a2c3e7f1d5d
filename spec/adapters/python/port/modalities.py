"""Modalities and the strings of the text modalities (MOD)."""

import hashlib
import math
import re

import numpy as np

from .tensors import Refused

PIXELS, TOKENS, SEQUENCE, EMBEDDINGS = "pixels", "image-tokens", "sequence", "sequence-embedding"


def modality_id(name):
    """MOD-1."""
    digest = hashlib.sha256(name.encode("utf-8")).digest()
    return ((digest[30] & 0x7F) << 8) | digest[31]


def _image(name, kind, size, patch, **further):
    return {"name": name, "kind": kind, "size": (size, size), "patch": (patch, patch), "tokens": (size // patch) ** 2, **further}


def _text(name, tokens, length=None):
    return {"name": name, "kind": SEQUENCE, "vocabulary": 30000, "tokens": tokens, "length": length or tokens}


def registry():
    """MOD-2."""
    entries = []
    for size in (224, 448):
        entries.append(_image(f"rgb@{size}", PIXELS, size, 16, channels=3))
        for name, vocabulary in (("rgb", 16384), ("depth", 8192), ("normal", 8192), ("semseg", 4096), ("clip", 8192)):
            entries.append(_image(f"tok_{name}@{size}", TOKENS, size, 16, vocabulary=vocabulary))
    entries += [_image(f"tok_{name}@224", TOKENS, 224, 16, vocabulary=8192) for name in ("canny_edge", "sam_edge")]
    for name in ("dinov2", "imagebind"):
        entries.append(_image(f"tok_{name}@224", TOKENS, 224, 14, vocabulary=8192))
        entries.append(_image(f"tok_{name}_global", TOKENS, 224, 56, vocabulary=8192, learned=True))
    entries += [_text("caption", 256), _text("det", 256), _text("metadata", 40), _text("color_palette", 23)]
    entries += [_text("sam_instance", 290), _text("human_poses", 275, 263)]
    entries.append({"name": "t5_caption", "kind": EMBEDDINGS, "tokens": 77, "width": 4096})
    return {entry["name"]: entry for entry in entries}


# Channels, and the number of classes (MOD-21).
TOKENIZER_INPUTS = {
    "rgb": (3, None),
    "depth": (1, None),
    "normal": (3, None),
    "semseg_coco": (64, 134),
    "canny_edge": (1, None),
    "sam_mask": (1, None),
    "human_poses": (207, None),
    "CLIP-B16": (512, None),
    "DINOv2-B14": (768, None),
    "DINOv2-B14-global": (768, None),
    "ImageBind-H14": (1280, None),
    "ImageBind-H14-global": (1280, None),
}


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def overridden(modalities, overrides):
    """MOD-3."""
    keys = {
        "input_size": "size",
        "patch_size": "patch",
        "vocab_size": "vocabulary",
        "max_tokens": "tokens",
        "max_length": "length",
        "orig_emb_dim": "width",
        "num_channels": "channels",
    }
    result = {}
    for name, entry in modalities.items():
        entry = dict(entry)
        change = overrides.get(name, {})
        for key, value in change.items():
            if key == "sincos_pos_emb":
                entry["learned"] = not value
            elif key in keys:
                entry[keys[key]] = _pair(value) if key in ("input_size", "patch_size") else value
            else:
                raise Refused(f"{name} has no {key}")
        if "size" in entry and "max_tokens" not in change:
            entry["tokens"] = math.prod(grid(entry))
        result[name] = entry
    return result


def grid(entry):
    (height, width), (rows, columns) = entry["size"], entry["patch"]
    if height % rows or width % columns:
        raise Refused(f"{entry['name']}: a patch of {rows}x{columns} does not divide {height}x{width}")
    return height // rows, width // columns


# Words of numbers.


def token_word(number):
    """MOD-4."""
    return f"v0={number}" if number < 512 else f"v1={number - 512}"


def token_of(word):
    number = number_of(word)
    if number is None:
        return None
    return number if word.startswith("v0=") else number + 512


def pose_token_of(word):
    """MOD-17: v1 alone begins at 512."""
    number = token_of(word) if word.startswith("v1=") else number_of(word)
    return number if number is not None and number < 1024 else None


def number_of(word):
    """The number of a number word, nothing for any other."""
    match = re.fullmatch(r"v[0-3]=([0-9]{1,3})", word)
    return int(match[1]) if match else None


def words_of(text):
    return [word for word in text.split() if word not in ("[EOS]", "[PAD]")]


def tokenized_words_of(text):
    """The words that the text tokenizer makes of a string, with [PAD]; a malformed number word is several."""
    words = re.findall(r"\[[A-Z]+\]|\bv[0-3]=[0-9]{1,3}\b|[^\W_]+|\S", text)
    return [word for word in words if word != "[EOS]"]


# Detections: dictionaries with box [xmin, ymin, xmax, ymax], label and score.


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


# Metadata.

METADATA = [
    ("original_width", "pixels"),
    ("original_height", "pixels"),
    ("caption_n_chars", "count"),
    ("caption_n_words", "count"),
    ("caption_n_sentences", "count"),
    ("n_humans", "count"),
    ("n_sam_instances", "count"),
    ("n_coco_instances", "count"),
    ("coco_instance_diversity", "count"),
    ("colorfulness", 150),
    ("brightness", 255),
    ("contrast", 127),
    ("saturation", 255),
    ("entropy", 10),
    ("walkability", 1),
    ("objectness", 1),
    ("semantic_diversity", "count"),
    ("geometric_complexity", 0.75),
    ("occlusion_score", 0.25),
    ("watermark_score", [0.5]),
    ("aesthetic_score", [4.5, 5.5]),
]
RULES = {name: (number, rule) for number, (name, rule) in enumerate(METADATA)}


def metadata_to_text(facts):
    """MOD-9, MOD-10."""
    words = []
    for name, value in facts.items():
        number, rule = RULES[name]
        if rule == "pixels":
            bin_ = value // 32
        elif rule == "count":
            bin_ = value
        elif isinstance(rule, list):
            bin_ = sum(limit <= value for limit in rule)
        else:
            bin_ = math.floor(min(max(value, 0), rule) / rule * 49)
        words.append(f"v1={number} v0={min(max(bin_, 0), 999)}")
    return " ".join(words)


def text_to_metadata(text):
    """MOD-11."""
    facts, parts = {}, []
    for word in words_of(text):
        if "v1" in word or not parts:
            parts.append([])
        parts[-1].append(word)
    for part in parts:
        if len(part) != 2:
            continue
        number, bin_ = (int(word.split("=")[1]) for word in part)
        if not part[0].startswith("v1=") or number >= len(METADATA):
            raise Refused(f"no fact has the id {part[0]}")
        name, rule = METADATA[number]
        facts[name] = 32 * bin_ if rule == "pixels" else bin_ if isinstance(rule, (str, list)) else rule * (bin_ / 50)
    return {name: facts[name] for name, _ in METADATA if name in facts}


# Colour palettes.


def palette_to_text(colours):
    """MOD-12."""
    return " ".join([f"v1={len(colours)}"] + [f"v0={round(x)}" for colour in colours for x in colour])


def text_to_palette(text):
    numbers = [int(word[3:]) for word in words_of(text) if word.startswith("v0=")]
    return [numbers[i : i + 3] for i in range(0, len(numbers) - 2, 3)]


def palette_picture(colours):
    """MOD-13."""
    row = np.repeat(np.asarray(colours), 25, axis=0)
    return np.broadcast_to(row, (len(row), len(row), 3))


# Human poses: dictionaries with box in fractions, pose (8 ids), global (9), camera (3) and shape (10).

COMPONENTS = {"pose": (8, 1, 0), "global": (9, 499.5, 499.5), "camera": (3, 49.95, 49.95), "shape": (10, 166.5, 499.5)}


def crop_poses(people, crop, size):
    """MOD-15."""
    kept = []
    for person in people:
        x0, y0, x1, y1 = box = crop_box(person["box"], crop, size)
        outside = (x0 < 0 and x1 < 0) or (y0 < 0 and y1 < 0) or (x0 > 1 and x1 > 1) or (y0 > 1 and y1 > 1)
        if not outside:
            kept.append({**person, "box": [min(max(x, 0), 1) for x in box]})
    return kept


def poses_to_text(people, order):
    """MOD-14 to MOD-16, in official mode."""
    if not people:
        return "none"
    text = ""
    for person in people:
        words = ["human"] + [f"v{axis}={round(min(max(x, 0), 1) * 999)}" for axis, x in enumerate(person["box"])]
        for name in order:
            _, scale, offset = COMPONENTS[name]
            numbers = [round(x * scale + offset) for x in person[name]]
            if name == "camera":
                numbers = [min(max(n, 0), 999) for n in numbers]
            words += [name] + ([token_word(n) for n in numbers] if name == "pose" else [f"v0={n}" for n in numbers])
        text += " ".join(words) + " "
    return text


def text_to_poses(text):
    """MOD-17, in official mode."""
    all_words = tokenized_words_of(text)
    people, rows = [], [all_words[i : i + 39] for i in range(0, len(all_words) - 38, 39)]
    for words in rows:
        corners = [number_of(word) for word in words[1:5]]
        if None in corners:
            continue
        person = {"box": [n / 999 for n in corners]}
        for name, (count, scale, offset) in COMPONENTS.items():
            start = words.index(name) + 1 if name in words else len(words)
            numbers = [(pose_token_of if name == "pose" else number_of)(word) for word in words[start : start + count]]
            if len(numbers) < count or None in numbers:
                break
            person[name] = [(n - offset) / scale for n in numbers]
        else:
            people.append(person)
    return people


# SAM instances: dictionaries with outline ([x, y]), box [xmin, ymin, xmax, ymax] and tokens (16).


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
