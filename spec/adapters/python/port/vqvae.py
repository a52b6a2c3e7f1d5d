"""Tokenizers without diffusion (VQ)."""

import numpy as np

from .layers import Weights, activate, block, interpolate, layer_norm, linear
from .quantizers import Codebook, Memcodes
from .tensors import Refused

VITS = {"vit_s": (512, 8, 8), "vit_b": (768, 12, 12), "vit_l": (1024, 24, 16)}
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def to_patches(x, p):
    """[B, C, H, W] to [B, h·w, C·p·p], each patch by (channel, row, column)."""
    b, c, height, width = x.shape
    if height % p or width % p:
        raise Refused(f"{height}x{width} is not divisible by {p}")
    h, w = height // p, width // p
    return x.reshape(b, c, h, p, w, p).transpose(0, 2, 4, 1, 3, 5).reshape(b, h * w, -1), (h, w)


def from_patches(x, grid, p):
    b, (h, w) = len(x), grid
    c = x.shape[-1] // (p * p)
    return x.reshape(b, h, w, c, p, p).transpose(0, 3, 1, 4, 2, 5).reshape(b, c, h * p, w * p)


class Tokenizer:
    """
    presets: sizes (width, depth, heads) of names that only a case has
    """

    def __init__(self, config, tensors, presets=None):
        self.config, self.w = config, Weights(tensors)
        self.presets = {**VITS, **(presets or {})}
        self.patch = config.get("patch_size", 16)
        self.projected = config.get("patch_proj", True)
        kind = Memcodes if config.get("quant_type", "lucid") == "memcodes" else Codebook
        self.quantizer = kind(self.w.at("quantize"), config)

    def _is_mlp(self, name):
        return name.startswith("BottleneckMLP/")

    def _preset(self, name):
        """Width, depth and heads."""
        for key in (name, name.rsplit("_", 1)[0]):
            if key in self.presets:
                return self.presets[key]
        raise Refused(f"unknown architecture {name}")

    def _mlp(self, w, name, x):
        """VQ-11, VQ-12."""
        depth = int(name.split("/")[1].split("-")[0].split("_")[1])
        z = linear(w.at("linear_in"), x)
        for i in range(depth):
            hidden = activate("GELU", linear(w.at(f"blocks.{i}.block.0"), layer_norm(w.at(f"layernorms.{i}"), z, 1e-5)))
            z = z + linear(w.at(f"blocks.{i}.block.2"), hidden)
        return linear(w.at("linear_out"), z)

    def _blocks(self, w, name, x, grid):
        """VQ-6 to VQ-8."""
        _, depth, heads = self._preset(name)
        table = w["pos_emb"][0]
        rows = table.reshape(len(table), -1).T
        x = x + interpolate(rows, table.shape[1:], grid)
        for i in range(depth):
            x = block(w.at(f"blocks.{i}"), x, heads, "GELU")
        if self.config.get("post_mlp", False):
            hidden = activate("Tanh", linear(w.at("post_mlp.fc1"), layer_norm(w.at("norm_mlp"), x)))
            x = x + linear(w.at("post_mlp.fc2"), hidden)
        return x

    def features(self, x):
        """[B, C, H, W], or class ids [B, H, W], to the encoder's output [B, h·w, D] and the grid (VQ-3 to VQ-6)."""
        if self.config.get("n_labels"):
            x = self.w["cls_emb.weight"][x].transpose(0, 3, 1, 2)
        if self.config.get("undo_std", False):
            x = 2 * (x * DEVIATION[:, None, None] + MEAN[:, None, None]) - 1
        name, w = self.config.get("enc_type", "vit_b_enc"), self.w.at("encoder")
        patches, grid = to_patches(x, 1 if self._is_mlp(name) or not self.projected else self.patch)
        if self._is_mlp(name):
            return self._mlp(w, name, patches), grid
        return self._blocks(w, name, linear(w.at("proj"), patches), grid), grid

    def project(self, features):
        """The encoder's output to latents, [B, h·w, d] (VQ-1)."""
        return linear(self.w.at("quant_proj"), features)

    def tokenize(self, latents):
        """[B, h·w, d] to [B, heads, h·w]"""
        b, n, d = latents.shape
        return self.quantizer.ids(latents.reshape(-1, d)).reshape(b, n, -1).transpose(0, 2, 1)

    def quantized(self, tokens):
        """[B, heads, h·w] to [B, h·w, d]"""
        b, heads, n = tokens.shape
        return self.quantizer.values(tokens.transpose(0, 2, 1).reshape(-1, heads)).reshape(b, n, -1)

    def decode(self, codes, grid):
        """[B, h·w, d] to [B, C, H, W] (VQ-1, VQ-9, VQ-10)."""
        name, w = self.config.get("dec_type", "vit_b_dec"), self.w.at("decoder")
        x = linear(self.w.at("post_quant_proj"), codes)
        if self._is_mlp(name):
            return from_patches(self._mlp(w, name, x), grid, 1)
        p = (self.config.get("patch_size_dec") or self.patch) if self.projected else 1
        x = from_patches(linear(w.at("out_proj"), self._blocks(w, name, x, grid)), grid, p)
        if self.config.get("out_conv", False):
            for i in (0, 1):
                x = self._conv_next(w.at(f"out_conv.{i}"), x)
        return x

    @staticmethod
    def _conv_next(w, x):
        """VQ-10."""
        b, c, height, width = x.shape
        padded = np.pad(x, ((0, 0), (0, 0), (3, 3), (3, 3)))
        kernel = w["dwconv.weight"][:, 0]
        y = sum(
            kernel[:, i, j, None, None] * padded[:, :, i : i + height, j : j + width] for i in range(7) for j in range(7)
        )
        y = (y + w["dwconv.bias"][:, None, None]).transpose(0, 2, 3, 1)
        y = linear(w.at("pwconv2"), activate("GELU", linear(w.at("pwconv1"), layer_norm(w.at("norm"), y))))
        return x + (w["gamma"] * y).transpose(0, 3, 1, 2)
