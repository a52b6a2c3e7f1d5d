"""A port of 4M-21 in numpy that speaks the protocol of `spec/protocol.md`: `python3 spec/adapters/python/main.py`."""

import json
import math
import os
import sys
import traceback

import numpy as np

from port import tensors
from port.tensors import Refused
from runners import KINDS, Task

PROTOCOL = 1
VOCABULARY = "text_tokenizer_4m_wordpiece_30k.json"


class Skipped(Exception):
    """A task that cannot be run here, with the reason."""


class Options(dict):
    """Options that record which of them no runner has read: those are not supported."""

    def __init__(self, options):
        super().__init__(options)
        self.unsupported = set(options)

    def __getitem__(self, name):
        self.unsupported.discard(name)
        return super().__getitem__(name)

    def get(self, name, default=None):
        self.unsupported.discard(name)
        return super().get(name, default)

    def __contains__(self, name):
        self.unsupported.discard(name)
        return super().__contains__(name)


def vocabulary():
    """Path of the text tokenizer, which may not be redistributed: in the folder FOURM_REFERENCE_DATA."""
    folder = os.environ.get("FOURM_REFERENCE_DATA")
    path = os.path.join(folder, VOCABULARY) if folder else None
    if not path or not os.path.exists(path):
        raise Skipped(f"this needs {VOCABULARY} in the folder that FOURM_REFERENCE_DATA names")
    return path


def part_of(value, pointer):
    """The part of a value at a JSON pointer; raises LookupError if there is none."""
    for step in pointer.split("/")[1:]:
        if isinstance(value, Refused):
            return value
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, (list, tuple)):
            value = value[int(step)]
        elif isinstance(value, dict):
            value = value[step]
        else:
            raise LookupError(pointer)
    return value


def find(results, name):
    """A result by its name, or the part of a value that has it."""
    if name in results:
        return results[name]
    for pointer, value in results.items():
        if name.startswith(f"{pointer}/"):
            try:
                return part_of(value, name[len(pointer) :])
            except LookupError:
                continue
    raise LookupError(name)


def plain(value):
    """As JSON, in which numbers that it lacks are strings."""
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


def run(command):
    kind, options = command["kind"], Options(command["options"])
    if kind not in KINDS:
        raise Skipped(f"this port has no {kind}")
    arrays = tensors.read(command["tensors"]["file"])[0] if "tensors" in command else {}
    task = Task(kind, options, command.get("document"), arrays, command["files"], vocabulary)
    refusal = None
    try:
        KINDS[kind](task)
    except Refused as error:
        refusal = error
    if options.unsupported and not refusal:
        raise Skipped(f"this port does not know the options {', '.join(sorted(options.unsupported))}")
    values, rejected, outputs = {}, {}, {}
    for asked in command["results"]:
        name, dtype = asked["name"], asked.get("dtype")
        try:
            result = find(task.results, name)
        except LookupError:
            if not refusal:
                continue
            result = refusal
        if isinstance(result, Refused):
            rejected[name] = str(result)
        elif dtype:
            outputs[name] = (dtype, np.asarray(result))
        else:
            values[name] = plain(result)
    response = {"values": values, "rejected": rejected}
    if outputs:
        tensors.write(command["output"], outputs)
        response["file"] = command["output"]
    return response


def respond(command):
    name = command["cmd"]
    if name == "start":
        return {"ready": {"version": PROTOCOL, "name": "4M-21 in numpy", "language": "Python"}}
    if name == "capabilities":
        return {"capabilities": {"kinds": sorted(KINDS)}}
    if name != "run":
        return {"errored": f"unknown command {name}"}
    try:
        return {"result": run(command)}
    except Skipped as reason:
        return {"skipped": str(reason)}
    except Exception:
        return {"errored": traceback.format_exc()}


def main():
    for line in sys.stdin:
        command = json.loads(line)
        if command["cmd"] == "stop":
            return
        response = {"seq": command["seq"], **respond(command)}
        sys.stdout.write(json.dumps(response, allow_nan=False) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
