"""The transformer."""

import numpy as np

from port import modalities, names
from port.gradients import Variable
from port.layers import Weights, block, layer_norm, linear
from port.transformer import Model, losses
from runners.generation import batch_of, model_of
from runners.task import kind


@kind("fm.forward")
def forward(task):
    model, batch, options = model_of(task), batch_of(task), task.options
    order = options["decoder_modality_order"]
    tokens, embeddings, padding, ids = model.select_inputs(batch, options["num_encoder_tokens"])
    output, context = model.encode(tokens, embeddings, padding)
    targets = model.select_targets(batch, order, options["num_decoder_tokens"])
    y = model.decode(targets["tokens"] + targets["embeddings"], context, padding, targets["attention_mask"].astype(bool))
    exact = {
        "encoder_mask": (padding, np.uint8),
        "encoder_mod_mask": (ids, np.int32),
        "decoder_mask": (targets["padding"], np.uint8),
        "target_ids": (targets["target_ids"], np.int32),
        "decoder_attention_mask": (targets["attention_mask"], np.uint8),
        "decoder_mod_mask": (targets["modality_ids"], np.int32),
    }
    for name, (values, dtype) in exact.items():
        task.tensor(f"out.{name}", values, dtype)
    vectors = {
        "encoder_tokens": tokens,
        "encoder_emb": embeddings,
        "decoder_tokens": targets["tokens"],
        "decoder_emb": targets["embeddings"],
        "encoder_output": output,
        "context": context,
        "decoder_output": y,
    }
    for name, values in vectors.items():
        task.tensor(f"out.{name}", values)
    for name in order:
        task.tensor(f"out.logits.{name}", model.logits(name, y))
    each, by_modality, by_token = losses(model, y, targets, order)
    for kind_, total in (("mod", by_modality), ("token", by_token)):
        task.tensor(f"out.loss_{kind_}", total)
        for name, loss in each.items():
            task.tensor(f"out.loss_{kind_}.{name}", loss)


@kind("fm.gradient")
def gradients(task):
    options, share = task.options, task.config.get("share_modality_embeddings", True)
    weights = {name: Variable(values) for name, values in task.checkpoint().items()}
    model = Model(task.config, weights, options["modality_info_overrides"])
    batch, order = batch_of(task), options["decoder_modality_order"]
    tokens, embeddings, padding, _ = model.select_inputs(batch, options["num_encoder_tokens"])
    _, context = model.encode(tokens, embeddings, padding)
    targets = model.select_targets(batch, order, options["num_decoder_tokens"])
    y = model.decode(targets["tokens"] + targets["embeddings"], context, padding, targets["attention_mask"].astype(bool))
    _, by_modality, by_token = losses(model, y, targets, order)
    loss = by_modality if options["loss_type"] == "mod" else by_token
    loss.backward()
    task.tensor("out.loss", [loss.values])
    for name, variable in weights.items():
        gradient = variable.gradient
        _, domain, kept = (name.split(".", 2) + ["", ""])[:3]
        no_bias = not task.config.get("norm_bias", True) and name.endswith(".bias") and "norm" in name
        if kept == "pos_emb" or no_bias:
            gradient = None  # LOS-5
        if share and kept == "mod_emb" and domain in task.config["domains_out"]:
            gradient = weights[f"decoder_embeddings.{domain}.mod_emb"].gradient  # EMB-12
        gradient = np.zeros(variable.shape) if gradient is None else gradient.copy()
        if kept == "token_emb.weight" and model.modalities[domain]["kind"] == modalities.SEQUENCE:
            gradient[0] = 0  # EMB-5
        task.tensor(f"out.grad.{name}", gradient)
        task.value(f"has_gradient.{name}", bool(gradient.any()))


@kind("fmvit.forward")
@kind("fmvit.from_fm_config")
def encoder_only(task):
    config = task.config
    if "image_size" in config:
        config = {**config, "img_size": config["image_size"], "patch_size": 16, "encoder_norm": True}
    w, image = Weights(task.checkpoint()), task.arrays["in.image"].astype(np.float64)
    p, (b, c, height, width) = config["patch_size"], image.shape
    h, columns = height // p, width // p
    patches = image.reshape(b, c, h, p, columns, p).transpose(0, 2, 4, 3, 5, 1).reshape(b, h * columns, -1)
    e = w.at(f"encoder_embeddings.rgb@{config['img_size']}")
    x = linear(e.at("proj"), patches) + e["pos_emb"] + e["mod_emb"]
    for i in range(config["encoder_depth"]):
        x = block(w.at(f"encoder.{i}"), x, config["num_heads"], config.get("act_layer", "GELU"))
    task.tensor("out.features", layer_norm(w.at("encoder_norm"), x) if config.get("encoder_norm", True) else x)


@kind("fmvit.lora")
def adapters(task):
    lora, weights = task.options["lora"], task.checkpoint()
    model = Model(task.config, {**weights, "lora_scale": np.float64(lora["scale"])}, task.options.get("modality_info_overrides", {}))
    batch = batch_of(task)
    encoded, decoded = run(model, batch, task.options)
    task.tensor("out.lora.encoder_output", encoded)
    task.tensor("out.lora.decoder_output", decoded)
    plain = {name.replace(".linear.", "."): values for name, values in weights.items() if ".lora_" not in name}
    for name in [name for name in weights if name.endswith(".lora_down.weight")]:
        layer = name.removesuffix(".lora_down.weight")
        update = weights[f"{layer}.lora_up.weight"].astype(np.float64) @ weights[name]
        plain[f"{layer}.weight"] = plain[f"{layer}.weight"] + lora["scale"] * update
        task.tensor(f"out.fused_weight.{layer}.weight", plain[f"{layer}.weight"])
    fused = Model(task.config, plain, task.options.get("modality_info_overrides", {}))
    task.tensor("out.fused.decoder_output", run(fused, batch, task.options)[1])
    added = {name: list(values.shape) for name, values in weights.items() if ".lora_" in name}
    task.value("state_dict_additions", added)


def run(model, batch, options):
    """The encoder's and the decoder's output."""
    tokens, embeddings, padding, _ = model.select_inputs(batch, options["num_encoder_tokens"])
    encoded, context = model.encode(tokens, embeddings, padding)
    order = [name for name in batch if name in model.config["domains_out"]]
    targets = model.select_targets(batch, order, options["num_decoder_tokens"])
    attention_mask = targets["attention_mask"].astype(bool)
    return encoded, model.decode(targets["tokens"] + targets["embeddings"], context, padding, attention_mask)


@kind("manifests")
def manifests(task):
    for model in task.options["models"]:
        task.value(model["name"], names.of(model["name"], model["config"]))


@kind("checkpoint")
def checkpoint(task):
    infos = modalities.overridden(modalities.registry(), task.options.get("modality_info_overrides", {}))
    task.value("tensors", names.transformer(task.config, infos))
