"""Text and modalities."""

import numpy as np

from port import masking, modalities
from runners.task import kind


@kind("text.encode")
def text_encode(task):
    tokenizer = task.tokenizer()
    for i, entry in enumerate(task.document):
        ids = tokenizer.encode(entry["text"])
        texts = {"keep": tokenizer.decode(ids), "skip": tokenizer.decode(ids, True)}
        task.value(f"/{i}", {
            "ids": ids,
            "tokens": [tokenizer.tokens[number] for number in ids],
            "decoded_keep_special": texts["keep"],
            "decoded_skip_special": texts["skip"],
        })


@kind("text.decode")
def text_decode(task):
    tokenizer = task.tokenizer()
    for i, entry in enumerate(task.document):
        for name, skips in (("keep", False), ("skip", True)):
            task.attempt(f"/{i}/{name}", lambda ids=entry["ids"], skips=skips: tokenizer.decode(ids, skips))


@kind("trans.hash")
def hashes(task):
    names = task.options.get("names", task.document)
    for name in names:
        task.value("/" + name.replace("~", "~0").replace("/", "~1"), modalities.modality_id(name))


ORDERS = {"dist_to_orig": "dist", "area": "area", "score": "score"}


@kind("trans.det")
def detections(task):
    for i, entry in enumerate(task.document["build"]):
        found = [{"box": x["boxes"], "label": x["class_name"], "score": x["score"]} for x in entry["instances"]]
        kept = modalities.prepare_detections(
            found, entry["crop_coords_top_left_h_w"], entry["orig_size_h_w"], entry["flip"], entry["det_threshold"],
            entry["min_visibility"], entry["det_max_instances"], ORDERS[entry["bbox_order"]],
        )
        rows = [[*x["box"], x["label"], x["score"]] for x in kept]
        string = modalities.detections_to_text(kept, entry["coord_bins"])
        task.value(f"/build/{i}", {"after_augment": rows, "string": string})
    for i, entry in enumerate(task.document["parse"]):
        objects = modalities.text_to_detections(entry["string"])
        task.value(f"/parse/{i}", {"boxes": [[*x["box"], x["label"]] for x in objects]})


@kind("trans.metadata")
def metadata(task):
    rules = dict(modalities.METADATA)
    task.value("", {
        "id_map": {name: f"v1={number}" for number, (name, _) in enumerate(modalities.METADATA)},
        "min_max_bins": {name: [0, rule, 50] for name, rule in rules.items() if isinstance(rule, (int, float))},
        "manual_bins": {name: rule for name, rule in rules.items() if isinstance(rule, list)},
        "int_modalities": [name for name, rule in rules.items() if rule == "count"],
        "image_dim_modalities": [name for name, rule in rules.items() if rule == "pixels"],
        "image_dim_bin_size": 32,
    })
    for i, entry in enumerate(task.document["build"]):
        string = modalities.metadata_to_text(entry["metadata"])
        words = string.split()
        chunks = [" ".join(words[k : k + 2]) for k in range(0, len(words), 2)]
        task.value(f"/build/{i}", {"string": string, "chunks": chunks})
    for i, entry in enumerate(task.document["decode"]):
        facts = modalities.text_to_metadata(entry["string"])
        task.value(f"/decode/{i}", {"decoded": facts, "order": list(facts)})


@kind("trans.palette")
def palettes(task):
    for i, entry in enumerate(task.document):
        colours = entry["palette"][0][str(entry["length_drawn"])]
        picture = modalities.palette_picture(colours)
        string = modalities.palette_to_text(colours)
        task.value(f"/{i}", {
            "flat": [x for colour in modalities.text_to_palette(string) for x in colour],
            "string": string,
            "image_shape": list(picture.shape),
            "image_colors": picture[0, ::25].tolist(),
        })


@kind("trans.pose")
def poses(task):
    for i, entry in enumerate(task.document["build"]):
        given, (height, width) = entry["instances"], entry["orig_size_h_w"]
        smpl = given["pred_smpl_params"]
        people = []
        for k, ((box,), tokens) in enumerate(zip(given["bbox_xyxy"], given["pose_tokenized"])):
            people.append({
                "box": [x / side for x, side in zip(box, (width, height, width, height))],
                "pose": tokens,
                "global": np.ravel(smpl["global_orient"][k]).tolist(),
                "camera": given["pred_cam"][k],
                "shape": smpl["betas"][k],
            })
        kept = modalities.crop_poses(people, entry["crop_coords_top_left_h_w"], (height, width))
        order = [["pose", "global", "camera", "shape"][k] for k in entry["component_permutation"]]
        rows = []
        for person in kept:
            parts = {"human": "box", "global": "global", "pose": "pose", "shape": "shape", "camera": "camera"}
            rows.append([x for word, part in parts.items() for x in [word, *person[part]]])
        task.value(f"/build/{i}", {"after_crop": rows or "none", "string": modalities.poses_to_text(kept, order)})
    for i, entry in enumerate(task.document["parse"]):
        people = [parsed_person(person) for person in modalities.text_to_poses(entry["string"])]
        task.value(f"/parse/{i}/instances", people)
    task.value("/empty/empty_instances_string", modalities.poses_to_text([], []))


def parsed_person(person):
    def single(values):
        return np.asarray(values, np.float32).astype(float)

    box = single(np.array(person["box"]) * 224)
    centre = single((box[:2] + box[2:]) / 2)
    return {
        "pose_ids": person["pose"],
        "pose_ids_shape": [1, len(person["pose"]), 1, 1],
        "global_orient_shape": [1, 1, 3, 3],
        "body_pose_shape": [1, 23, 3, 3],
        "betas": [single(person["shape"]).tolist()],
        "global_orient": [[single(person["global"]).reshape(3, 3).tolist()]],
        "pred_cam": [single(person["camera"]).tolist()],
        "bbox_xyxy_224": box.tolist(),
        "box_center": [centre.tolist()],
        "box_size": float(single(centre - box[:2]).max() * 2),
    }


@kind("trans.sam")
def sam_instances(task):
    side = task.document["grid_points_per_side"]
    size = task.options["grid_image_size"]
    task.value("/grid_query_points_xy", modalities.grid_points(size, size, side, side))
    for i, entry in enumerate(task.document["build"]):
        instances = []
        for outline, tokens, box in zip(entry["polygons_xy"], entry["token_ids"], entry["bbox_ymin_xmin_ymax_xmax"]):
            instances.append({"outline": outline, "tokens": tokens, "box": [box[1], box[0], box[3], box[2]]})
        points = entry["query_points_xy"]
        hits = [[k for k, x in enumerate(instances) if modalities.covers(x["outline"], point)] for point in points]
        task.value(f"/build/{i}", {"hits_per_query": hits, "string": modalities.sam_to_text(instances, points)})
    for i, entry in enumerate(task.document["parse"]):
        found = modalities.text_to_sam(entry["string"])
        task.value(f"/parse/{i}", {
            "tokens": [[x["tokens"][k : k + 4] for k in (0, 4, 8, 12)] for x in found],
            "bboxes": [[x["box"][1], x["box"][0], x["box"][3], x["box"][2]] for x in found],
            "no_valid_instance": not found,
        })


@kind("trans.decode_text")
def masked_texts(task):
    tokenizer = task.tokenizer()
    for i, entry in enumerate(task.document):
        texts = []
        for ids, input_mask, target_mask in zip(entry["tensor"], entry["input_mask"], entry["target_mask"]):
            inputs = [number for number, masked in zip(ids, input_mask) if not masked]
            targets = [number for number, masked in zip(ids, target_mask) if not masked]
            texts.append([tokenizer.decode(part) for part in (inputs, targets, masking.merge(inputs, targets))])
        columns = [list(column) if len(texts) > 1 else column[0] for column in zip(*texts)]
        task.value(f"/{i}", dict(zip(("input_text", "target_text", "merged_text"), columns)))


@kind("text.special_ids")
def special_ids(task):
    tokenizer, asked = task.tokenizer(), task.options["names"]
    ids = tokenizer.ids
    coordinates = {}
    for axis in asked["coordinate_axes"]:
        found = [ids[f"{axis}={n}"] for n in range(1000)]
        contiguous = found == list(range(found[0], found[0] + len(found)))
        coordinates[axis] = {"first_id": found[0], "last_id": found[-1], "contiguous": contiguous}
    task.value("", {
        "vocab_size": len(tokenizer.tokens),
        "n_added_tokens": len(tokenizer.added),
        "pad": tokenizer.pad,
        "unk": tokenizer.unknown,
        "sos": tokenizer.sos,
        "eos": tokenizer.eos,
        "sentinel_number_to_id": {str(k): number for k, number in enumerate(tokenizer.sentinels)},
        "coordinate_tokens": coordinates,
        "object_class_tokens": {name: ids[name] for name in asked["object_classes"]},
        "words": {name: ids[name] for name in asked["words"]},
    })


OFFICIAL = {
    modalities.PIXELS: ("img", "ImageEncoderEmbedding", None),
    modalities.TOKENS: ("img", "ImageTokenEncoderEmbedding", "ImageTokenDecoderEmbedding"),
    modalities.SEQUENCE: ("seq", "SequenceEncoderEmbedding", "SequenceDecoderEmbedding"),
    modalities.EMBEDDINGS: ("seq_emb", "SequenceEmbEncoderEmbedding", None),
}


@kind("trans.modality_info")
def modality_registry(task):
    known = modalities.registry()
    for name in task.options["names"]:
        channels, labels = modalities.TOKENIZER_INPUTS.get(name, (None, None))
        entry = {"id": modalities.modality_id(name), "num_channels": channels, "num_labels": labels}
        if name in known:
            info = known[name]
            type_, encoder, decoder = OFFICIAL[info["kind"]]
            args = {
                "vocab_size": info.get("vocabulary"),
                "num_channels": info.get("channels"),
                "max_length": info.get("length", info["tokens"]),
                "sincos_pos_emb": not info.get("learned", False),
                "padding_idx": 0,
            }
            entry |= {
                "type": type_,
                "vocab_size": info.get("vocabulary"),
                "shared_vocab": ["caption"],
                "input_size": info.get("size", [None])[0],
                "patch_size": info.get("patch", [None])[0],
                "max_tokens": info["tokens"],
                "num_channels": info.get("channels", info.get("width", channels)),
                "encoder_embedding": {"kind": encoder, "args": {**args, "orig_emb_dim": info.get("width")}},
                "decoder_embedding": decoder and {"kind": decoder, "args": args},
            }
        task.value("/" + name.replace("~", "~0").replace("/", "~1"), entry)
