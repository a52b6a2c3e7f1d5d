"""Metrics (MET-1 to MET-18)."""

from .classes import caption_scores, common_pairs, confusion, mean, named_pairs, ratio, segmentation  # noqa: F401
from .coco import (  # noqa: F401
    RANGES,
    THRESHOLDS,
    bounds,
    box_iou,
    curves,
    detection,
    detection_stats,
    from_runs,
    from_string,
    mask_iou,
    matches,
    polygon_mask,
    to_runs,
    to_string,
    united,
)
from .depth import (  # noqa: F401
    aligned_depth,
    angles,
    depth_scores,
    invariant_error,
    least_squares,
    spread,
    standardised_error,
    valid_depths,
)
from .features import frechet, neighbours, retrieval, similarities, unit  # noqa: F401
from .images import ssim, ssim_map  # noqa: F401
from .poses import (  # noqa: F401
    LAYOUTS,
    axis_angle,
    distances,
    euler,
    from_columns,
    from_six,
    nearest_rotation,
    procrustes,
    quaternion,
    quaternion_of,
    rotation_of,
)
