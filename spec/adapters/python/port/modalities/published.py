"""The modalities of the published models (MOD-1 to MOD-3, MOD-21)."""

import hashlib
import math

from ..tensors import Refused


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
