"""A port of 4M-21 in numpy that speaks the protocol of `spec/protocol.md`: `python3 spec/adapters/python/main.py`."""

import json
import math
import sys
import traceback

import numpy as np

import metric_runners  # noqa: F401 (registers kinds)
from port import tensors
from port.tensors import Refused
from runners import KINDS, Task

PROTOCOL = 1


class Skipped(Exception):
    """A task that this port does not do, and why."""


def read_tensor(entry):
    if "data" in entry:
        return tensors.from_base64(entry)
    return tensors.read(entry["file"])[0][entry["tensor"]]


def resolve(value, pointer):
    """The part of a value at a JSON pointer; raises LookupError if there is none."""
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Refused):
            return value
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def find(results, name):
    """A result by its name, or the part of a value that has it."""
    if name in results:
        return results[name]
    for pointer, value in results.items():
        if isinstance(value, (dict, list, Refused)) and name.startswith(f"{pointer}/"):
            try:
                return resolve(value, name[len(pointer) :])
            except LookupError:
                continue
    raise LookupError(name)


def plain(value):
    """As JSON: numbers that it lacks are strings, and fields without a value are left out of nothing."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def answer(result, dtype):
    if isinstance(result, Refused):
        return {"rejected": str(result)}
    if dtype is None:
        return {"value": plain(result)}
    return {"tensor": tensors.to_base64(np.asarray(result).astype(tensors.DTYPES[dtype]))}


def run(call):
    if call["kind"] not in KINDS:
        raise Skipped(f"this port has no {call['kind']}")
    files = call.get("files", {})
    arrays = {name: read_tensor(entry) for name, entry in call.get("tensors", {}).items()}
    task = Task(call["kind"], call.get("options", {}), call.get("document"), arrays, files, files.get("vocabulary"))
    KINDS[call["kind"]](task)
    results = {}
    for name, dtype in call["results"].items():
        try:
            results[name] = answer(find(task.results, name), dtype)
        except LookupError:
            continue
    return {"results": results}


def reply(call):
    if call["call"] == "start":
        return {"protocol": PROTOCOL, "name": "fourm in numpy", "version": "1", "kinds": sorted(KINDS)}
    if call["call"] == "run":
        try:
            return run(call)
        except Skipped as reason:
            return {"skipped": str(reason)}
        except Exception:
            return {"errored": traceback.format_exc()}
    return {"errored": f"unknown call {call['call']}"}


def main():
    for line in sys.stdin:
        call = json.loads(line)
        if call["call"] == "stop":
            return
        sys.stdout.write(json.dumps({"id": call["id"], **reply(call)}, allow_nan=False) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
