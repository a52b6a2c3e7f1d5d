"""Checkpoints, and the model at full size."""

import datetime
import json
import math

import numpy as np

from port import configuration, generation, modalities, tensors
from port.fullsize import MadeUp, picture
from port.tensors import Refused
from port.transformer import Model
from runners.task import kind


@kind("fullsize.generate")
def full_size(task):
    about = task.options["run"]
    with open(task.files[about["checkpoint"]["manifest"]], encoding="utf-8") as file:
        manifest = json.load(file)
    if about["checkpoint"]["dtype"] != "f32":
        raise Refused(f"values are made in f32, not {about['checkpoint']['dtype']}")
    model = Model(manifest["config"], MadeUp(manifest["keys"], about["checkpoint"]["seed"]), {})
    given, source = about["input"], about["input"]["modality"]
    count = int(np.prod(modalities.grid(model.modalities[source])))
    known = generation.state(None, np.zeros((1, count)), np.ones((1, count)))
    known["tensor"] = picture(model.modalities[source]["size"][0], given["a"], given["b"], given["c0"])
    tokens, embeddings, padding, _ = model.select_inputs({source: known})
    _, context = model.encode(tokens, embeddings, padding)

    target, rows = about["dense_target"], about["logits_rows"]
    positions = np.arange(int(np.prod(modalities.grid(model.modalities[target]))))[None]
    logits = model.logits(target, model.decode(model.image_targets(target, positions), context, padding, None))[0]
    task.tensor(f"out.dense.logits_first{rows}", logits[:rows])
    best = np.sort(logits, axis=1)
    task.tensor("out.dense.ids", logits.argmax(1), np.int32)
    task.tensor("out.dense.margin", best[:, -1] - best[:, -2])

    target, top = about["sequence_target"], about["top"]
    batch = {source: known, target: generation.empty_sequence(1, about["sequence_prepared_length"])}
    tokens, embeddings, padding, _ = model.select_inputs(batch)
    output, context = model.encode(tokens, embeddings, padding)
    task.tensor(f"out.encoder.output_first{about['encoder_rows']}", output[0, : about["encoder_rows"]])
    ids = task.arrays["in.seq.ids"][None, : about["sequence_steps"]].astype(np.int32)
    causal = np.triu(np.ones((ids.shape[1],) * 2, bool), 1)[None]
    logits = model.logits(target, model.decode(model.sequence_targets(target, ids), context, padding, causal))[0]
    order = np.argsort(-logits, axis=1, kind="stable")[:, :top]
    task.tensor("out.seq.ids", [ids[0, 0], *order[:, 0]], np.int32)
    task.tensor(f"out.seq.top{top}_logits", np.take_along_axis(logits, order, 1))
    task.tensor(f"out.seq.top{top}_ids", order, np.int32)


def shown(value):
    """As the vectors write what JSON lacks."""
    if isinstance(value, datetime.date):
        return {"__type__": type(value).__name__, "str": str(value)}
    if isinstance(value, float) and not math.isfinite(value):
        return {"__type__": "float", "str": str(value)}
    if isinstance(value, list):
        return [shown(entry) for entry in value]
    if isinstance(value, dict):
        return {key: shown(entry) for key, entry in value.items()}
    return value


@kind("ckpt.metadata")
def header_strings(task):
    for i, entry in enumerate(task.document):
        raw = entry["raw"]
        text = raw if isinstance(raw, str) else raw["repeat"] * raw["times"]
        task.attempt(f"/{i}/parsed", lambda text=text: shown(configuration.parse(text)))


@kind("ckpt.files")
def checkpoint_files(task):
    def described(file, path):
        found = tensors.entries(path)[0]
        for name, (dtype, shape, data) in found.items():
            values = tensors.decode(data, dtype, shape)
            task.tensor(f"out.{file}.{name}", values, values.dtype)
        return {name: [dtype, shape] for name, (dtype, shape, _) in found.items()}

    for file in task.options["files"]:
        task.attempt(file, lambda file=file: described(file, task.files[file]))
