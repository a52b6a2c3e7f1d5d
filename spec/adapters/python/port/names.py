"""Names and shapes of a model's tensors, from its configuration (CKP-8, CKP-9)."""

import math

from .modalities import EMBEDDINGS, PIXELS, SEQUENCE, grid, registry

VITS = {"vit_s": (512, 8), "vit_b": (768, 12), "vit_l": (1024, 24)}
UVITS = {"b": (12, 768), "l": (24, 1024), "h": (32, 1280)}


class Names(dict):
    def linear(self, name, outputs, inputs, bias=True, after=()):
        self[f"{name}.weight"] = [outputs, inputs, *after]
        if bias:
            self[f"{name}.bias"] = [outputs]

    def norm(self, name, width):
        self[f"{name}.weight"] = self[f"{name}.bias"] = [width]

    def convolution(self, name, outputs, inputs):
        self.linear(name, outputs, inputs, after=(3, 3))

    def attention(self, name, width, c, cross=False, context=None):
        if cross:
            self.linear(f"{name}.q", width, width, c["qkv_bias"])
            self.linear(f"{name}.kv", 2 * width, context or width, c["qkv_bias"])
        else:
            self.linear(f"{name}.qkv", 3 * width, width, c["qkv_bias"])
        self.linear(f"{name}.proj", width, width, c["proj_bias"])
        if c.get("qk_norm", False):
            self.norm(f"{name}.q_norm", width // c["num_heads"])
            self.norm(f"{name}.k_norm", width // c["num_heads"])

    def mlp(self, name, width, c):
        hidden = math.trunc(width * c["mlp_ratio"])
        hidden = math.trunc(2 * hidden / 3) if c["gated_mlp"] else hidden
        self.linear(f"{name}.fc1", hidden, width, c["mlp_bias"])
        self.linear(f"{name}.fc2", width, hidden, c["mlp_bias"])
        if c["gated_mlp"]:
            self.linear(f"{name}.fc3", hidden, width, c["mlp_bias"])

    def block(self, name, width, c):
        self.norm(f"{name}.norm1", width)
        self.attention(f"{name}.attn", width, c)
        self.norm(f"{name}.norm2", width)
        self.mlp(f"{name}.mlp", width, c)


PLAIN = {"qkv_bias": True, "proj_bias": True, "mlp_bias": True, "mlp_ratio": 4, "gated_mlp": False, "qk_norm": False}


def transformer(config, known=None):
    c = {"dim": 768, "encoder_depth": 12, "decoder_depth": 12, "num_heads": 12, "num_register_tokens": 0, **PLAIN, **config}
    width, names, known = c["dim"], Names(), known or registry()
    names["mask_token"] = [1, 1, width]
    if c["num_register_tokens"]:
        names["register_tokens"] = [1, c["num_register_tokens"], width]
    for part, domains in (("encoder", c["domains_in"]), ("decoder", c["domains_out"])):
        for domain in domains:
            info, name = known[domain], f"{part}_embeddings.{domain}"
            names[f"{name}.mod_emb"] = [1, 1, width]
            if info["kind"] in (SEQUENCE, EMBEDDINGS):
                rows = info["length"] if info.get("learned") else 512
            else:
                rows = math.prod(grid(info))
            names[f"{name}.pos_emb"] = [1, rows, width]
            if info["kind"] == PIXELS:
                names[f"{name}.proj.weight"] = [width, info["channels"] * math.prod(info["patch"])]
            elif info["kind"] == EMBEDDINGS:
                names.linear(f"{name}.emb_proj", width, info["width"])
            else:
                names[f"{name}.token_emb.weight"] = [info["vocabulary"], width]
            if part == "decoder":
                names[f"{name}.to_logits.weight"] = [info["vocabulary"], width]
    for i in range(c["encoder_depth"]):
        names.block(f"encoder.{i}", width, c)
    for i in range(c["decoder_depth"]):
        name = f"decoder.{i}"
        for norm in ("norm1", "query_norm", "context_norm", "norm2"):
            names.norm(f"{name}.{norm}", width)
        names.attention(f"{name}.self_attn", width, c)
        names.attention(f"{name}.cross_attn", width, c, cross=True)
        names.mlp(f"{name}.mlp", width, c)
    names.norm("encoder_norm", width)
    names.norm("decoder_norm", width)
    names.linear("decoder_proj_context", width, width)
    return names


def _network(names, part, name, c, channels, patch, size):
    """An encoder or decoder, and its width (VQ-6 to VQ-12)."""
    if name.startswith("BottleneckMLP/"):
        sizes = [int(x.split("_")[1]) for x in name.split("/")[1].split("-")]
        depth, width = sizes[:2]
        hidden = (sizes[2] if len(sizes) == 3 else 4) * width
        names.linear(f"{part}.linear_in", width, channels if part == "encoder" else width)
        for i in range(depth):
            names.norm(f"{part}.layernorms.{i}", width)
            names.linear(f"{part}.blocks.{i}.block.0", hidden, width)
            names.linear(f"{part}.blocks.{i}.block.2", width, hidden)
        names.linear(f"{part}.linear_out", width if part == "encoder" else channels, width)
        return width
    width, depth = VITS[name.rsplit("_", 1)[0]]
    side = size // patch
    patch = patch if c.get("patch_proj", True) else 1
    names[f"{part}.pos_emb"] = [1, width, side, side]
    for i in range(depth):
        names.block(f"{part}.blocks.{i}", width, {**PLAIN, "num_heads": 1})
    if c.get("post_mlp", False):
        names.norm(f"{part}.norm_mlp", width)
        names.mlp(f"{part}.post_mlp", width, PLAIN)
    if part == "encoder":
        names.linear("encoder.proj", width, channels, after=(patch, patch))
        return width
    names.linear("decoder.out_proj", channels * patch * patch, width)
    if c.get("out_conv", False):
        for i in (0, 1):
            name = f"decoder.out_conv.{i}"
            names.linear(f"{name}.dwconv", channels, 1, after=(7, 7))
            names.norm(f"{name}.norm", channels)
            names.linear(f"{name}.pwconv1", 4 * channels, channels)
            names.linear(f"{name}.pwconv2", channels, 4 * channels)
            names[f"{name}.gamma"] = [channels]
    return width


def _encoder_half(c):
    names, labels, channels = Names(), c.get("n_labels"), c.get("n_channels", 3)
    width, count, heads = c.get("latent_dim", 32), c.get("codebook_size", 16384), c.get("num_codebooks", 1)
    if labels:
        names["cls_emb.weight"] = [labels, channels]
    size = c.get("image_size_enc") or c.get("image_size", 224)
    inner = _network(names, "encoder", c.get("enc_type", "vit_b_enc"), c, channels, c.get("patch_size", 16), size)
    names.linear("quant_proj", width, inner, after=(1, 1))
    if c.get("quant_type", "lucid") == "memcodes":
        names["quantize.codes"] = [heads, count, width // heads]
        names["quantize.to_k.weight"] = names["quantize.to_v.weight"] = [heads, width // heads, width // heads]
        return names
    names["quantize._codebook.initted"], names["quantize._codebook.cluster_size"] = [1], [count]
    names["quantize._codebook.embed"] = [count, width]
    if not c.get("norm_codes", True):
        names["quantize._codebook.embed_avg"] = [count, width]
    if heads > 1:
        names.linear("quantize.project_in", heads * width, width)
        names.linear("quantize.project_out", width, heads * width)
    return names


def vqvae(c):
    names = _encoder_half(c)
    patch = c.get("patch_size_dec") or c.get("patch_size", 16)
    size, channels = c.get("image_size_dec") or c.get("image_size", 224), c.get("n_labels") or c.get("n_channels", 3)
    inner = _network(names, "decoder", c.get("dec_type", "vit_b_dec"), c, channels, patch, size)
    names.linear("post_quant_proj", inner, c.get("latent_dim", 32), after=(1, 1))
    return names


def divae(c):
    names, inner = _encoder_half(c), Names()
    channels, width, name = c.get("n_channels", 3), c.get("latent_dim", 32), c.get("dec_type", "unet_patched")
    if name == "unet_patched":
        _unet(inner, channels * 16, width)
    else:
        _uvit(inner, name, channels, width, c.get("conditioning", "concat") == "xattn")
    names.update({f"decoder.{key}": shape for key, shape in inner.items()})
    return names


def _residual(names, name, layers, inputs, outputs, embedding):
    norm1, conv1, time, norm2, conv2, shortcut = (f"{name}.{layer}" for layer in layers)
    names.norm(norm1, inputs)
    names.convolution(conv1, outputs, inputs)
    names.linear(time, outputs, embedding)
    names.norm(norm2, outputs)
    names.convolution(conv2, outputs, outputs)
    if inputs != outputs:
        names.linear(shortcut, outputs, inputs, after=(1, 1))


def _unet(names, patch, condition):
    """DIF-21, DIF-31."""
    from .diffusion import Unet

    widths, count, attends, time = [256, 512, 512, 512], 3, (2, 3), 256
    names.linear("time_embed.0", 4 * time, time)
    names.linear("time_embed.2", 4 * time, 4 * time)
    names.convolution("input_blocks.0.0", widths[0], patch + condition)

    def attention(name, width):
        names.norm(f"{name}.norm", width)
        names.linear(f"{name}.qkv", 3 * width, width, after=(1,))
        names.linear(f"{name}.proj_out", width, width, after=(1,))

    def stage(name, level, inputs):
        _residual(names, f"{name}.0", Unet.NAMES, inputs, widths[level], 4 * time)
        if level in attends:
            attention(f"{name}.1", widths[level])
        return widths[level]

    current, skips, number = widths[0], [widths[0]], 1
    for level in range(4):
        for _ in range(count):
            current = stage(f"input_blocks.{number}", level, current)
            skips.append(current)
            number += 1
        if level < 3:
            names.convolution(f"input_blocks.{number}.0.op", current, current)
            skips.append(current)
            number += 1
    for i in (0, 2):
        _residual(names, f"middle_block.{i}", Unet.NAMES, current, current, 4 * time)
    attention("middle_block.1", current)
    number = 0
    for level in (3, 2, 1, 0):
        for i in range(count + 1):
            current = stage(f"output_blocks.{number}", level, current + skips.pop())
            if level and i == count:
                names.convolution(f"output_blocks.{number}.{2 if level in attends else 1}.conv", current, current)
            number += 1
    names.norm("out.0", widths[0])
    names.convolution("out.2", patch, widths[0])


def _uvit(names, name, channels, condition, attends):
    """DIF-23, DIF-32."""
    from .diffusion import Uvit

    _, size, _, kind, *variant = name.split("_")
    layers, width = UVITS[size]
    layers += variant == ["longskip"]
    widths = [128, 256, 512] if variant == ["extraconv"] else [128, 256]
    e = 4 * widths[0]
    names.linear("conv_in", widths[0], channels, after=(4, 4))
    names.linear("time_embedding.linear_1", e, widths[0])
    names.linear("time_embedding.linear_2", e, e)
    current, skips = widths[0], [widths[0]]
    for level, outputs in enumerate(widths):
        for i in range(2):
            _residual(names, f"down_blocks.{level}.resnets.{i}", Uvit.NAMES, current, outputs, e)
            current = outputs
            skips.append(current)
        if level < len(widths) - 1:
            names.convolution(f"down_blocks.{level}.downsamplers.0.conv", current, current)
            skips.append(current)
    if kind == "f16" and not variant == ["extraconv"]:
        for layer in ("downsample_mid.conv", "downsample_mid.Conv2d_0", "upsample_mid.conv"):
            names.convolution(layer, current, current)
    names["mid_block.mid_pos_emb"] = [1, width, 32, 32]
    names.linear("mid_block.mid_proj_in", width, current)
    names.linear("mid_block.mid_proj_out", current, width)
    if not attends:
        names.linear("mid_block.mid_cond_proj", width, condition)
        names["mid_block.mask_token"] = [width]
    parts = 3 if attends else 2
    for i in range(layers):
        block = f"mid_block.mid_block.{i}"
        names.norm(f"{block}.norm1", width)
        names.norm(f"{block}.norm2", width)
        names.attention(f"{block}.{'self_attn' if attends else 'attn'}", width, PLAIN)
        if attends:
            names.norm(f"{block}.query_norm", width)
            names.norm(f"{block}.context_norm", condition)
            names.attention(f"{block}.cross_attn", width, PLAIN, True, condition)
        names.mlp(f"{block}.mlp", width, PLAIN)
        names.linear(f"{block}.adaLN_modulation", 2 * parts * width, e)
        names.linear(f"{block}.adaLN_gate", parts * width, e)
        if variant == ["longskip"] and i > layers // 2:
            names.linear(f"{block}.skip_linear", width, 2 * width)
    for k, outputs in enumerate(reversed(widths)):
        for i in range(3):
            _residual(names, f"up_blocks.{k}.resnets.{i}", Uvit.NAMES, current + skips.pop(), outputs, e)
            current = outputs
        if k < len(widths) - 1:
            names.convolution(f"up_blocks.{k}.upsamplers.0.conv", current, current)
    names.norm("conv_norm_out", widths[0])
    names["conv_out.weight"], names["conv_out.bias"] = [widths[0], channels, 4, 4], [channels]


def of(model, config):
    """The tensors of a model of a manifest; its name begins with the kind of tokenizer, if it is one."""
    build = vqvae if model.startswith("vqvae__") else divae if model.startswith("divae__") else transformer
    return build(config)
