"""The runners of all kinds of vectors: each module registers its own with `task.kind`."""

from runners import (  # noqa: F401 (registers kinds)
    analysis,
    checkpoints,
    coco,
    generation,
    masking,
    metrics,
    noise,
    pictures,
    sampling,
    text,
    tokenizers,
    transformer,
)
from runners.task import KINDS, Task
