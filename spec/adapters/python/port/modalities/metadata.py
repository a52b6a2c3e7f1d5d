"""Metadata."""

import math

from ..tensors import Refused
from .words import words_of


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
