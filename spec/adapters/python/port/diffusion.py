"""The networks of diffusion decoders (DIF-15 to DIF-32). Maps are [B, C, h, w]."""

import math

import numpy as np

from .layers import Weights, activate, attention, interpolate, layer_norm, linear, mlp, nearest_rows, softmax
from .vqvae import from_patches, to_patches


def silu(x):
    return activate("SiLU", x)


def pointwise(w, x):
    """A linear map of the channels."""
    return np.moveaxis(linear(w, np.moveaxis(x, 1, -1)), -1, 1)


def convolution(w, x, stride=1):
    """3×3 with zero padding 1."""
    kernel, (height, width) = w["weight"], x.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    parts = [padded[:, :, i : i + height : stride, j : j + width : stride] for i in range(3) for j in range(3)]
    columns = np.stack(parts, axis=2)
    y = kernel.reshape(len(kernel), -1) @ columns.reshape(len(x), kernel[0].size, -1)
    return y.reshape(len(x), len(kernel), *columns.shape[3:]) + w["bias"][:, None, None]


def group_norm(w, x, groups):
    """DIF-16."""
    b, c, height, width = x.shape
    grouped = x.reshape(b, groups, -1)
    centred = grouped - grouped.mean(-1, keepdims=True)
    y = (centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)).reshape(x.shape)
    return y * w["weight"][:, None, None] + w["bias"][:, None, None]


def resized(x, grid):
    """DIF-19."""
    return x[:, :, nearest_rows(x.shape[2], grid[0])][..., nearest_rows(x.shape[3], grid[1])]


def sinusoids(numbers, width):
    """DIF-15."""
    half = width // 2
    exponents = np.float32(-math.log(10000)) * np.arange(half, dtype=np.float32) / np.float32(half)
    angles = np.asarray(numbers, np.float32)[:, None] * np.exp(exponents)
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=1).astype(np.float64)


def time_embedding(first, second, numbers, width):
    """DIF-15."""
    return linear(second, silu(linear(first, sinusoids(numbers, width))))


class Blocks:
    """Residual blocks under the names of one network (DIF-17)."""

    def __init__(self, names, groups):
        self.names, self.groups = names, groups

    def __call__(self, w, x, e):
        norm1, conv1, embedding, norm2, conv2, shortcut = (w.at(name) for name in self.names)
        h = convolution(conv1, silu(group_norm(norm1, x, self.groups)))
        h = h + linear(embedding, silu(e))[:, :, None, None]
        h = convolution(conv2, silu(group_norm(norm2, h, self.groups)))
        return (pointwise(shortcut, x) if "weight" in shortcut else x) + h


def positions_attention(w, x, groups):
    """DIF-22."""
    b, c, height, width = x.shape
    y = group_norm(w.at("norm"), x, groups).reshape(b, c, -1).transpose(0, 2, 1)
    q, k, v = np.split(linear(w.at("qkv"), y), 3, axis=-1)
    values = softmax(q @ k.transpose(0, 2, 1) * c**-0.5) @ v
    return x + linear(w.at("proj_out"), values).transpose(0, 2, 1).reshape(x.shape)


class Unet:
    """DIF-20 to DIF-22."""

    NAMES = ("in_layers.0", "in_layers.2", "emb_layers.1", "out_layers.0", "out_layers.3", "skip_connection")

    def __init__(self, w, preset):
        self.w, self.patch, self.width = w, preset["patch_size"], preset["model_channels"]
        self.levels, self.count = len(preset["channel_mult"]), preset["num_res_blocks"]
        self.attends = {int(math.log2(n)) for n in preset["attention_resolutions"]}
        self.block = Blocks(self.NAMES, 32)

    def __call__(self, image, t, codes, masked=None, original=None):
        patches, grid = to_patches(image, self.patch)
        x = patches.transpose(0, 2, 1).reshape(len(image), -1, *grid)
        if masked is not None:
            codes = codes * (1 - masked[:, None])
        e = time_embedding(self.w.at("time_embed.0"), self.w.at("time_embed.2"), t, self.width)
        x = convolution(self.w.at("input_blocks.0.0"), np.concatenate([x, resized(codes, grid)], 1))
        skips, number = [x], 1
        for level in range(self.levels):
            for _ in range(self.count):
                x = self._stage(self.w.at(f"input_blocks.{number}"), level, x, e)
                skips.append(x)
                number += 1
            if level < self.levels - 1:
                x = convolution(self.w.at(f"input_blocks.{number}.0.op"), x, 2)
                skips.append(x)
                number += 1
        x = self.block(self.w.at("middle_block.0"), x, e)
        x = positions_attention(self.w.at("middle_block.1"), x, 32)
        x = self.block(self.w.at("middle_block.2"), x, e)
        number = 0
        for level in range(self.levels - 1, -1, -1):
            for i in range(self.count + 1):
                w = self.w.at(f"output_blocks.{number}")
                x = self._stage(w, level, np.concatenate([x, skips.pop()], 1), e)
                if level and i == self.count:
                    x = convolution(w.at("2.conv" if level in self.attends else "1.conv"), resized(x, skips[-1].shape[2:]))
                number += 1
        x = convolution(self.w.at("out.2"), silu(group_norm(self.w.at("out.0"), x, 32)))
        return from_patches(x.reshape(*x.shape[:2], -1).transpose(0, 2, 1), grid, self.patch)

    def _stage(self, w, level, x, e):
        x = self.block(w.at("0"), x, e)
        return positions_attention(w.at("1"), x, 32) if level in self.attends else x


class Uvit:
    """DIF-23 to DIF-29."""

    NAMES = ("norm1", "conv1", "time_emb_proj", "norm2", "conv2", "conv_shortcut")
    DEFAULTS = {
        "patch_size": 4,
        "block_out_channels": [128, 256, 512],
        "layers_per_block": 2,
        "downsample_before_mid": False,
        "mid_layers": 12,
        "mid_num_heads": 12,
        "mid_use_long_skip": False,
        "norm_num_groups": 32,
    }

    def __init__(self, w, preset, conditioning):
        self.w, self.p, self.attends = w, {**self.DEFAULTS, **preset}, conditioning == "xattn"
        self.groups = self.p["norm_num_groups"]
        self.block = Blocks(self.NAMES, self.groups)

    def __call__(self, image, t, codes, masked=None, original=None):
        widths, count = self.p["block_out_channels"], self.p["layers_per_block"]
        last = len(widths) - 1

        def embedded(name, numbers):
            w = self.w.at(name)
            return time_embedding(w.at("linear_1"), w.at("linear_2"), numbers, widths[0])

        e = embedded("time_embedding", t)
        if original is not None:
            e = e + embedded("height_embedding", original[:, 0]) + embedded("width_embedding", original[:, 1])
        patches, grid = to_patches(image, self.p["patch_size"])
        x = linear(self.w.at("conv_in"), patches).transpose(0, 2, 1).reshape(len(image), -1, *grid)
        skips = [x]
        for level in range(last + 1):
            w = self.w.at(f"down_blocks.{level}")
            for i in range(count):
                x = self.block(w.at(f"resnets.{i}"), x, e)
                skips.append(x)
            if level < last:
                x = convolution(w.at("downsamplers.0.conv"), x, 2)
                skips.append(x)
        before = x.shape[2:]
        if self.p["downsample_before_mid"]:
            x = convolution(self.w.at("downsample_mid.conv"), x, 2)
        x = self._middle(self.w.at("mid_block"), x, e, codes, masked)
        if self.p["downsample_before_mid"]:
            x = convolution(self.w.at("upsample_mid.conv"), resized(x, before))
        for k in range(last + 1):
            w = self.w.at(f"up_blocks.{k}")
            for i in range(count + 1):
                x = self.block(w.at(f"resnets.{i}"), np.concatenate([x, skips.pop()], 1), e)
            if k < last:
                x = convolution(w.at("upsamplers.0.conv"), resized(x, skips[-1].shape[2:]))
        x = silu(group_norm(self.w.at("conv_norm_out"), x, self.groups))
        kernel = self.w["conv_out.weight"]
        y = np.einsum("bwyx,wcij->byxcij", x, kernel) + self.w["conv_out.bias"][:, None, None]
        return from_patches(y.reshape(len(y), grid[0] * grid[1], -1), grid, self.p["patch_size"])

    def _middle(self, w, x, e, codes, masked):
        """DIF-25, DIF-28."""
        b, _, height, width = x.shape

        def rows(y):
            return y.reshape(*y.shape[:2], -1).transpose(0, 2, 1)

        table = w["mid_pos_emb"]
        y = linear(w.at("mid_proj_in"), rows(x))
        context, attention_mask = None, None
        if self.attends:
            y = y + rows(resized(table, (height, width)))
            context = rows(codes)
            attention_mask = None if masked is None else masked.reshape(b, 1, -1).astype(bool)
        else:
            y = y + interpolate(rows(table)[0], table.shape[2:], (height, width))
            added = linear(w.at("mid_cond_proj"), rows(resized(codes, (height, width))))
            if masked is not None:
                hidden = rows(resized(masked[:, None], (height, width)))
                added = added * (1 - hidden) + w["mask_token"] * hidden
            y = y + added
        count, outputs = self.p["mid_layers"], []
        for i in range(count):
            part = w.at(f"mid_block.{i}")
            if self.p["mid_use_long_skip"] and i > count // 2:
                y = linear(part.at("skip_linear"), np.concatenate([y, outputs[2 * (count // 2) - i]], -1))
            y = self._transformer_block(part, y, e, context, attention_mask)
            outputs.append(y)
        y = linear(w.at("mid_proj_out"), y)
        return y.transpose(0, 2, 1).reshape(b, -1, height, width)

    def _transformer_block(self, w, y, e, context, attention_mask):
        """DIF-26, DIF-27."""
        heads, parts = self.p["mid_num_heads"], 3 if self.attends else 2
        time = silu(e)[:, None]
        modulations = np.split(linear(w.at("adaLN_modulation"), time), parts, -1)
        gates = np.split(linear(w.at("adaLN_gate"), time), parts, -1)

        def modulated(part, norm):
            shift, scale = np.split(modulations[part], 2, -1)
            return layer_norm(w.at(norm), y, 1e-5) * (1 + scale) + shift

        name = "self_attn" if self.attends else "attn"
        y = y + gates[0] * attention(w.at(name), modulated(0, "norm1"), None, heads)
        if self.attends:
            values = layer_norm(w.at("context_norm"), context, 1e-5)
            y = y + gates[1] * attention(w.at("cross_attn"), modulated(1, "query_norm"), values, heads, attention_mask)
        return y + gates[-1] * mlp(w.at("mlp"), modulated(parts - 1, "norm2"), "GELU")


def denoiser(config, tensors, presets):
    """The network that a configuration names."""
    preset, w = presets[config["dec_type"]], Weights(tensors, "decoder.")
    if "model_channels" in preset:
        return Unet(w, preset)
    return Uvit(w, preset, config.get("conditioning", "concat"))
