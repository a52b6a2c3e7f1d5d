"""Times the official implementation (apple/ml-4m) on a row of the benchmark, with random weights, on one thread.

python peer.py CHECKOUT MANIFEST ROW  ->  {"wallSeconds": ..., "cpuSeconds": ...}
"""
import contextlib
import importlib.abc
import importlib.machinery
import json
import sys
import time
from unittest.mock import MagicMock

checkout, manifest, row = sys.argv[1:]
sys.path.insert(0, checkout)

class StandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Replaces packages that the official modules import but no row computes with."""

    PACKAGES = {"albumentations", "boto3", "braceexpand", "cv2", "diffusers", "pandas", "tokenizers", "torchvision", "webdataset"}

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.PACKAGES:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return MagicMock(__path__=[], __spec__=spec, __name__=spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.append(StandIn())  # behind the others: what is installed is used

import torch
from fourm.data.modality_info import MODALITY_INFO
from fourm.models.fm import FM
from fourm.models.generate import (
    GenerationSampler,
    build_chained_generation_schedules,
    init_empty_target_modality,
    init_full_input_modality,
)

MAPS = [f"tok_{name}@224" for name in
        ("clip", "dinov2", "imagebind", "depth", "normal", "semseg", "canny_edge", "sam_edge")]
TEXTS = {"caption": (256, 0.3), "det": (256, 0.3), "human_poses": (275, 0.1), "sam_instance": (256, 0.01),
         "color_palette": (23, 0.1), "metadata": (40, 0.1)}


class Vocabulary:
    """The special tokens of the published vocabulary; nothing else of it is used."""

    def token_to_id(self, token):
        return {"[PAD]": 0, "[EOS]": 3}[token] if token in ("[PAD]", "[EOS]") else int(token.strip("[S_]")) + 4

    def get_vocab(self):
        return {f"[S_{k}]": k + 4 for k in range(200)}


def targets():
    """Name, tokens, scheme, steps, temperature and guidance of every target."""
    dense = lambda name, scale: (name, 256 if "dino" in name or "bind" in name else 196, "roar", 1, 0.01, scale)
    text = lambda name, tokens, heat: (name, tokens, "autoregressive", None, heat, 1.0)
    if row == "task/rgb-to-depth":
        return [dense("tok_depth@224", 1.0)]
    if row == "task/rgb-to-depth-guided":
        return [dense("tok_depth@224", 2.0)]
    if row.startswith("task/caption-"):
        return [text("caption", int(row.split("-")[-1]) + 1, 0.3)]
    return [dense(name, 2.0) for name in MAPS] + [text(name, *how) for name, how in TEXTS.items()]


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    with open(manifest) as file:
        model = FM(json.load(file)["config"]).eval()
    sampler = GenerationSampler(model)
    names, tokens, schemes, steps, heats, scales = zip(*targets())
    schedule = build_chained_generation_schedules(
        cond_domains=["rgb@224"], target_domains=list(names), tokens_per_target=list(tokens),
        autoregression_schemes=list(schemes), decoding_steps=list(steps),
        token_decoding_schedules=["linear" if s == "roar" else None for s in schemes], temps=list(heats),
        temp_schedules=["constant"] * len(names), cfg_scales=list(scales), cfg_schedules=["constant"] * len(names),
        cfg_grow_conditioning=True)

    def run():
        sample = {"rgb@224": {"tensor": torch.randn(1, 3, 224, 224)}}
        sample = init_full_input_modality(sample, MODALITY_INFO, "rgb@224", "cpu", eos_id=3)
        for name, count in zip(names, tokens):
            sample = init_empty_target_modality(sample, MODALITY_INFO, name, 1, count, "cpu")
        start = time.perf_counter(), time.process_time()
        with torch.no_grad():
            sampler.generate(sample, schedule, text_tokenizer=Vocabulary(), verbose=False, seed=0)
        return time.perf_counter() - start[0], time.process_time() - start[1]

    with contextlib.redirect_stdout(sys.stderr):
        if schemes == ("roar",):
            run()
            wall, cpu = map(min, zip(*(run() for _ in range(3))))
        else:
            wall, cpu = run()
    print(json.dumps({"wallSeconds": wall, "cpuSeconds": cpu}))


main()
