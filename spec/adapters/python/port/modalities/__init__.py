"""Modalities and the texts of the text modalities (MOD)."""

from .detections import area, crop_box, detections_to_text, prepare_detections, text_to_detections  # noqa: F401
from .metadata import METADATA, RULES, metadata_to_text, text_to_metadata  # noqa: F401
from .palettes import palette_picture, palette_to_text, text_to_palette  # noqa: F401
from .poses import COMPONENTS, crop_poses, poses_to_text, text_to_poses  # noqa: F401
from .published import (  # noqa: F401
    EMBEDDINGS,
    PIXELS,
    SEQUENCE,
    TOKENIZER_INPUTS,
    TOKENS,
    grid,
    modality_id,
    overridden,
    registry,
)
from .sam import covers, grid_points, sam_to_text, text_to_sam  # noqa: F401
from .words import number_of, pose_token_of, token_of, token_word, tokenized_words_of, words_of  # noqa: F401
