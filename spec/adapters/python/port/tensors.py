"""safetensors files (CKP-1 to CKP-3)."""

import json
import math
import struct

import numpy as np

DTYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "I32": np.int32,
    "I16": np.int16,
    "I8": np.int8,
    "U64": np.uint64,
    "U32": np.uint32,
    "U16": np.uint16,
    "U8": np.uint8,
    "BOOL": np.uint8,
}


class Refused(ValueError):
    """The input is invalid and must be rejected."""


def decode(data, dtype, shape):
    """The array of the bytes of a tensor."""
    if dtype == "BF16":
        words = np.frombuffer(data, "<u2").astype(np.uint32) << 16
        return words.view(np.float32).reshape(shape)
    return np.frombuffer(data, np.dtype(DTYPES[dtype]).newbyteorder("<")).astype(DTYPES[dtype]).reshape(shape)


def entries(path):
    """dtype, shape and bytes of each tensor by name, and the metadata (CKP-1, CKP-2)."""
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < 8:
        raise Refused("too short")
    (length,) = struct.unpack("<Q", data[:8])
    if length > len(data) - 8 or data[8:9] != b"{":
        raise Refused("no safetensors header")
    try:
        header = json.loads(data[8 : 8 + length].decode("utf-8"))
        metadata = header.pop("__metadata__", {})
        found = {name: (entry["dtype"], entry["shape"], *entry["data_offsets"]) for name, entry in header.items()}
    except (ValueError, LookupError, TypeError) as error:
        raise Refused(f"the header cannot be read: {error}") from error
    data, end_before = data[8 + length :], 0
    for name, (dtype, shape, begin, end) in sorted(found.items(), key=lambda item: item[1][2:]):
        if dtype != "BF16" and dtype not in DTYPES:
            raise Refused(f"{name} has an unknown dtype {dtype}")
        size = math.prod(shape) * (2 if dtype == "BF16" else np.dtype(DTYPES[dtype]).itemsize)
        if begin != end_before or end - begin != size:
            raise Refused(f"{name} takes {size} bytes and does not have them behind those of the tensor before it")
        end_before = end
    if end_before != len(data):
        raise Refused(f"the tensors take {end_before} bytes of {len(data)}")
    return {name: (dtype, shape, data[begin:end]) for name, (dtype, shape, begin, end) in found.items()}, metadata


def read(path):
    """Arrays by name, and the metadata, of a file."""
    found, metadata = entries(path)
    return {name: decode(data, dtype, shape) for name, (dtype, shape, data) in found.items()}, metadata


def write(path, arrays):
    """Writes arrays, given as pairs of dtype and values, by name. What does not fit its dtype is an error."""
    header, parts, offset = {}, [], 0
    for name, (dtype, array) in arrays.items():
        stored = array.astype(DTYPES[dtype])
        if stored.dtype.kind != "f" and not np.array_equal(stored.astype(np.float64), array.astype(np.float64)):
            raise ValueError(f"{name} holds what is no {dtype}")
        data = stored.tobytes()
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [offset, offset + len(data)]}
        parts.append(data)
        offset += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))
