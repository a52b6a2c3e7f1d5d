"""Generation."""

import numpy as np

from port import generation, modalities
from port.transformer import Model
from runners.sampling import top_k_of
from runners.task import kind


def give_state(task, name, state, keys=("tensor", "input_mask", "target_mask", "decoder_attention_mask")):
    for key in keys:
        if state.get(key) is not None:
            dtype = {"tensor": np.int32, "decoder_attention_mask": np.int32}.get(key, np.uint8)
            if key == "tensor" and state[key].dtype.kind == "f":
                dtype = np.float32
            task.tensor(f"out.{name}.{key}", state[key], dtype)


@kind("gen.init")
def initial_state(task):
    infos = modalities.overridden(modalities.registry(), task.options.get("modality_info_overrides", {}))
    ended = task.arrays["in.full.caption_with_eos"].astype(np.int32)
    size = len(ended)
    for name, length in task.options["empty_target_args"]:
        info = infos[name]
        if info["kind"] == modalities.TOKENS:
            state = generation.empty_image(size, length)
        elif info["kind"] == modalities.SEQUENCE:
            state = generation.empty_sequence(size, length)
        else:
            state = generation.empty_embeddings(np.zeros((size, max(length, 2)), np.int32))
        give_state(task, f"empty_target.{name}", state)
    full = generation.full_sequence(ended)
    give_state(task, "full_with_eos.caption", full)
    give_state(task, "full_no_eos.caption", generation.full_sequence(task.arrays["in.full.caption_no_eos"].astype(np.int32)))
    give_state(task, "emptied_seq.caption", generation.without_input(full, modalities.SEQUENCE))
    valid = task.arrays["in.full.t5_mask_valid"]
    state = generation.state(None, 1 - valid, np.ones(valid.shape))
    give_state(task, "full_t5.t5_caption", state)
    task.tensor("out.full_t5.t5_caption.mask_valid", valid, np.uint8)
    count = np.prod(modalities.grid(infos["rgb@224"]))
    give_state(task, "full_rgb.rgb@224", generation.state(None, np.zeros((size, count)), np.ones((size, count))))
    text, tokenizer = task.options["custom_text"], task.tokenizer()
    (start,), (end,) = tokenizer.encode(text["start_token"]), tokenizer.encode(text["eos_token"])
    state = generation.prompt(tokenizer.encode(text["input_text"]), start, end, text["target_max_len"])
    give_state(task, "custom_text.caption", state)


def model_of(task):
    overrides = task.options.get("modality_info_overrides", {})
    return Model(task.config, task.checkpoint(), overrides)


def batch_of(task, under="in"):
    """The modalities of a batch, in their order."""
    batch = {}
    for name in task.options["modality_order"][under]:
        entry = {}
        for key in ("tensor", "input_mask", "target_mask", "decoder_attention_mask"):
            values = task.arrays.get(f"{under}.{name}.{key}")
            if values is not None:
                is_ids = key == "tensor" and values.dtype.kind != "f"
                entry[key] = values.astype(np.int32) if is_ids or key == "decoder_attention_mask" else values.copy()
        entry.setdefault("decoder_attention_mask", np.zeros(entry["input_mask"].shape, np.int32))
        batch[name] = entry
    return batch


@kind("gen.sample")
def generate(task):
    counts = {"uniform": 0, "order": 0, "logits": 0}
    sampler = task.options["sampler"]

    def draw(_):
        if sampler == "none":
            raise ValueError("something is drawn, but the task has no draws")
        if sampler == "argmax":
            return None
        counts["uniform"] += 1
        return task.arrays[f"in.uniform.{counts['uniform'] - 1}"]

    def order():
        counts["order"] += 1
        return task.arrays[f"in.roar_rand.{counts['order'] - 1}"]

    def record(name, values):
        counts["logits"] += name.endswith(".logits")
        task.tensor(name, values, values.dtype)

    generator = generation.Generator(model_of(task), top_k_of(task.options), task.options["top_p"], draw, order, record)
    orders = task.options["modality_order"]
    if "in.uncond" in orders:
        conditions = [batch_of(task, under) for under in sorted(orders) if under.startswith("in.cond")]
        final = generator.run(batch_of(task, "in.uncond"), task.options["schedule"], conditions)
    else:
        final = generator.run(batch_of(task), task.options["schedule"])
    if counts["logits"] != len(task.options["logits_calls"]):
        raise ValueError(f"{counts['logits']} passes instead of {len(task.options['logits_calls'])}")
    for name, entry in final.items():
        give_state(task, f"final.{name}", entry)
        task.tensor(f"out.final.{name}.mask_valid", 1 - entry["input_mask"], np.uint8)
