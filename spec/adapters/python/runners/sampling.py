"""Schedules, sampling and guidance."""

import numpy as np

from port import modalities, sampling, schedules
from port.tensors import Refused
from runners.task import kind


@kind("gen.schedules")
def token_schedules(task):
    for call in task.options["calls"]:
        counts = (schedules.cosine if call["schedule"] == "cosine" else schedules.linear)(call["steps"], call["tokens"])
        then = call.get("derived")
        if then == "lineartemp":
            counts = schedules.temperatures("linear", call["start"], counts)
        elif then == "onex":
            counts = schedules.temperatures(f"onex:{call['lowest']}:{call['power']}", call["start"], counts)
        elif then == "decreasing":
            counts = schedules.decreasing(call["start"], call["lowest"], counts)
        elif then == "continue":
            counts = schedules.remaining(counts, int(call["from"]))
        task.value(call["result"], [float(x) if then and then != "continue" else int(x) for x in counts])


@kind("gen.chained_schedules")
def chained_schedules(task):
    for i, entry in enumerate(task.document):
        args = entry["args"]
        task.attempt(f"/{i}/schedule", lambda args=args: chain(task, args))


def chain(task, args):
    infos = modalities.overridden(modalities.registry(), task.options.get("modality_info_overrides", {}))
    targets = []
    for k, domain in enumerate(args["target_domains"]):
        scheme, guidance = args["autoregression_schemes"][k], args["cfg_schedules"][k]
        if scheme != "autoregressive" and guidance != "constant":
            raise Refused(f"unknown guidance schedule {guidance}")
        targets.append({
            "domain": domain,
            "kind": infos[domain]["kind"],
            "scheme": scheme,
            "steps": args["decoding_steps"][k],
            "schedule": args["token_decoding_schedules"][k],
            "tokens": args["tokens_per_target"][k],
            "temperature": args["temps"][k],
            "temperature_schedule": args["temp_schedules"][k],
            "scale": args["cfg_scales"][k],
        })
    return schedules.chain(targets, args["cond_domains"], args.get("cfg_grow_conditioning", False))


def top_k_of(call):
    """A whole number as an int, a share of the vocabulary as a float."""
    count = call.get("top_k_kind", "count" if float(call["top_k"]).is_integer() else "fraction") == "count"
    return int(call["top_k"]) if count else min(float(call["top_k"]), 1.0)


@kind("gen.filter")
def filters(task):
    for call in task.options["combos"]:
        rows, name = task.arrays[call["logits"]], f"out.f{call['i']:03}"
        flat = rows.reshape(-1, rows.shape[-1])
        try:
            kept = np.stack([sampling.filtered(row, top_k_of(call), call["top_p"]) for row in flat])
        except Refused as error:
            task.results.update({f"{name}.filtered": error, f"{name}.probs": error})
            continue
        task.tensor(f"{name}.filtered", kept.reshape(rows.shape))
        temperature = call["temperature_for_probs"]
        if not sampling.is_greedy(temperature):
            probabilities = sampling.softmax(kept.astype(np.float64) / temperature)
            task.tensor(f"{name}.probs", probabilities.reshape(rows.shape))
        if "uniforms" in call:
            uniforms = task.arrays[call["uniforms"]]
            settings = temperature, top_k_of(call), call["top_p"]
            ids, confidence = zip(*[sampling.sample(row, *settings, u) for row, u in zip(flat, uniforms)])
            task.tensor(f"{name}.ids", ids, np.int32)
            task.tensor(f"{name}.confidence", confidence)


@kind("gen.cfg_formula")
def guidance_formula(task):
    for call in task.options["calls"]:
        conditions = [task.arrays[name] for name in call["conditions"]]
        task.tensor(call["result"], sampling.guided(task.arrays[call["unconditional"]], conditions, call["weights"]))
