"""Statistics, edges and colours of pictures."""

import numpy as np

from port import analysis, modalities
from runners.task import kind, sets


@kind("image.attributes")
def attributes(task):
    for s, entry in sets(task):
        scores = analysis.attributes(task.arrays[f"in.{entry['name']}"])
        task.value(f"/sets/{s}/expected", scores)
        facts = {key: scores[key] for key in ("colorfulness", "brightness", "contrast", "saturation", "entropy")}
        words = modalities.metadata_to_text(facts).split()
        task.value(f"/sets/{s}/value_4m", {key: int(word[3:]) for key, word in zip(facts, words[1::2])})


@kind("image.canny")
def canny(task):
    for s, entry in sets(task):
        edges = analysis.canny(
            task.arrays[entry["input"]], entry["low"], entry["high"], entry["aperture"], entry["l2gradient"]
        )
        task.tensor(entry["tensor"], edges, np.uint8)
        task.value(f"/sets/{s}/edge_pixels", int((edges > 0).sum()))


@kind("image.delta_e")
def colour_differences(task):
    rgb = analysis.lab(task.arrays["in.rgb"] / 255.0)
    task.tensor("out.rgb.lab", rgb, np.float64)
    for name, pairs in (("lab", task.arrays["in.lab"].astype(float)), ("rgb", rgb)):
        a, b = pairs[:, 0], pairs[:, 1]
        task.tensor(f"out.{name}.de76", np.sqrt(((a - b) ** 2).sum(-1)), np.float64)
        task.tensor(f"out.{name}.de94", analysis.delta_e94(a, b), np.float64)
        task.tensor(f"out.{name}.de2000", analysis.delta_e2000(a, b), np.float64)


@kind("image.palette")
def palettes(task):
    for s, entry in sets(task):
        picture = task.arrays[entry["image"]]
        centres, labels, sizes, inertia, rounds = analysis.clusters(picture, task.arrays[entry["init"]])
        task.value(f"/sets/{s}", {
            "sizes": sizes.tolist(),
            "iterations": rounds,
            "inertia": inertia,
            "palette_rounded": np.round(centres).astype(int).tolist(),
        })
        name = "out" + entry["image"].removeprefix("in")
        task.tensor(f"{name}.centres{entry['k']}", centres, np.float64)
        task.tensor(f"{name}.labels{entry['k']}", labels.reshape(picture.shape[:2]), np.int32)


SPACES = {
    "gray": analysis.grey_opencv,
    "gray_pil": analysis.grey_pillow,
    "hsv": analysis.hsv_opencv,
    "hsv_full": lambda x: analysis.hsv_opencv(x, 256),
    "hsv_pil": analysis.hsv_pillow,
    "hls": analysis.hls_opencv,
    "lab": analysis.lab_opencv,
    "ycrcb": analysis.ycrcb_opencv,
    "ycbcr_pil": analysis.ycbcr_pillow,
    "lab_ski": lambda x: analysis.lab(x / 255.0),
    "lab_f32": analysis.lab_float_opencv,
    "hsv_ski": lambda x: analysis.hsv(x / 255.0) / [360, 1, 1],
    "hsv_f32": lambda x: analysis.hsv((x / np.float32(255)).astype(float), 2.0**-23),
}


@kind("image.color")
def colour_spaces(task):
    for call in task.options["conversions"]:
        values = SPACES[call["space"]](task.arrays[call["input"]])
        task.tensor(call["result"], values, values.dtype)


@kind("image.sobel")
def derivatives(task):
    for _, entry in sets(task):
        size = "scharr" if entry["ksize"] == -1 else entry["ksize"]
        picture, border = task.arrays[entry["input"]], entry.get("border", "reflect-101")
        task.tensor(entry["tensor"], analysis.sobel(picture, entry["dx"], entry["dy"], size, border), np.int32)
    for call in task.options.get("filters", []):
        picture, size = task.arrays[call["input"]], call["ksize"]
        if call["filter"] == "laplacian":
            task.tensor(call["result"], analysis.laplacian(picture, size), np.int32)
        else:
            task.tensor(call["result"], analysis.gaussian(picture, size, call["sigma"]))


@kind("image.attributes_4m")
def attribute_tables(task):
    rules = dict(modalities.METADATA)
    binned = {name: rule for name, rule in rules.items() if not isinstance(rule, (str, list))}
    task.value("", {
        "ids": {name: number for number, (name, _) in enumerate(modalities.METADATA)},
        "integers": [name for name, rule in rules.items() if rule == "count"],
        "integer_clamp": [0, 999],
        "image_dimensions": {"keys": [name for name, rule in rules.items() if rule == "pixels"], "bin_size": 32},
        "manual_bins": {name: rule for name, rule in rules.items() if isinstance(rule, list)},
        "min_max_bins": {name: [0, rule, 50] for name, rule in binned.items()},
        "types": len(rules),
    })
