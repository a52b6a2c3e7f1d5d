"""Colour palettes."""

import numpy as np

from .words import words_of


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
