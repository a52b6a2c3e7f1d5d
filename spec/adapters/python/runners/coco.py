"""Detections and masks, as COCO measures them."""

import numpy as np

from port import metrics
from runners.task import kind, sets


def segmentation_mask(shape, size):
    if isinstance(shape, list):
        return metrics.united(shape, *size)
    counts = shape["counts"]
    return metrics.from_runs(metrics.from_string(counts) if isinstance(counts, str) else counts, *shape["size"])


@kind("eval.coco_bbox")
@kind("eval.coco_segm")
def detection(task):
    boxes = task.kind == "eval.coco_bbox"
    task.value("/thresholds", {
        "iou": [0.5 + i * ((0.95 - 0.5) / 9) for i in range(10)],
        "recall": [i * 0.01 for i in range(101)],
    })
    for s, entry in sets(task):
        sizes = {image["id"]: (image["height"], image["width"]) for image in entry["images"]}

        def shaped(item):
            image = item["image_id"]
            shape = item["bbox"] if boxes else segmentation_mask(item["segmentation"], sizes[image])
            area = shape[2] * shape[3] if boxes else int(shape.sum())
            return {"image": image, "class": item["category_id"], "shape": shape, "area": area}

        found = [{**shaped(item), "score": item["score"]} for item in entry["detections"]]
        true = []
        for item in entry["annotations"]:
            one = shaped(item)
            true.append({**one, "area": item.get("area", one["area"]), "crowd": bool(item.get("iscrowd", 0))})
        classes, images = sorted(c["id"] for c in entry["categories"]), sorted(sizes)
        iou = metrics.box_iou if boxes else metrics.mask_iou
        tallies = metrics.detection(images, classes, found, true, iou)
        place = f"/sets/{s}/expected"
        task.value(f"{place}/stats", metrics.detection_stats(tallies, classes))
        per_class = []
        for c in classes:
            curve = metrics.curves(tallies[c, "all"])
            aps = [float(np.mean(p)) for p, _ in curve] if curve else [-1.0] * 10
            recalls = [r for _, r in curve] if curve else [-1.0] * 10
            per_class.append({
                "category_id": c,
                "AP": float(np.mean(aps)),
                "AP50": aps[0],
                "AP75": aps[5],
                "AR_max100": float(np.mean(recalls)),
                "AP_per_iou": aps,
                "recall_per_iou": recalls,
            })
        task.value(f"{place}/per_class", per_class)
        first = metrics.curves(tallies[classes[0], "all"])
        task.value(f"{place}/precision_class0_iou50", [float(x) for x in first[0][0]] if first else [-1.0] * 101)
        for i, asked in enumerate(entry.get("ious", [])):
            here = asked["image_id"], asked["category_id"]
            ranked = sorted((d for d in found if (d["image"], d["class"]) == here), key=lambda d: -d["score"])[:100]
            truths = [t for t in true if (t["image"], t["class"]) == here]
            rows = [[iou(d["shape"], t["shape"], t["crowd"]) for t in truths] for d in ranked]
            task.value(f"/sets/{s}/ious/{i}", {"iou": rows})


def facts(mask):
    counts = metrics.to_runs(mask)
    area = int(mask.sum())
    return {"counts": counts, "string": metrics.to_string(counts), "area": area, "bbox": metrics.bounds(mask)}


@kind("eval.coco_mask")
def coco_masks(task):
    masks = {}
    for i, entry in enumerate(task.document["rle"]):
        mask = (task.arrays[entry["tensor"]] != 0).astype(np.uint8)
        masks[entry["name"]] = mask
        task.value(f"/rle/{i}", facts(mask))
        counts = metrics.from_string(entry["string"])
        task.value(f"/rle/{i}/counts_of_string", counts)
        task.tensor("decoded." + entry["tensor"].removeprefix("in."), metrics.from_runs(counts, *entry["size"]), np.uint8)
    for i, entry in enumerate(task.document["merges"]):
        parts = np.stack([masks[name] for name in entry["masks"]])
        both = {"union": parts.max(0), "intersection": parts.min(0)}
        task.value(f"/merges/{i}", {key: metrics.to_string(metrics.to_runs(mask)) for key, mask in both.items()})
    for i, entry in enumerate(task.document["polygons"]):
        task.value(f"/polygons/{i}", facts(metrics.united(entry["polygons"], *entry["size"])))
    for i, entry in enumerate(task.document["from_bbox"]):
        x, y, w, h = entry["bbox"]
        mask = metrics.polygon_mask([x, y, x, y + h, x + w, y + h, x + w, y], *entry["size"])
        task.value(f"/from_bbox/{i}", facts(mask))
    for call in task.options.get("box_ious", []):
        found, true, crowd = (task.arrays[call[key]] for key in ("detections", "truth", "crowd"))
        table = [[metrics.box_iou(d, t, c) for t, c in zip(true, crowd)] for d in found]
        task.tensor(call["result"], np.reshape(table, (len(found), len(true))), np.float64)
    for call in task.options.get("mask_ious", []):
        table = [
            [metrics.mask_iou(masks[d], masks[t], c) for t, c in zip(call["truth"], call["crowd"])] for d in call["detections"]
        ]
        task.tensor(call["result"], np.reshape(table, (len(call["detections"]), len(call["truth"]))), np.float64)
