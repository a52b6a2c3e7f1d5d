"""Runs the kinds of vectors that the port has: a task's inputs to results by name."""

import datetime
import json
import math

import numpy as np

from port import configuration, diffusion, generation, masking, modalities, names, noise, pictures, quantizers, sampling
from port import schedules, tensors, vqvae
from port.fullsize import MadeUp, picture
from port.gradients import Variable
from port.layers import Weights, block, grid_table, interpolate, layer_norm, linear, nearest_rows, sequence_table
from port.tensors import Refused
from port.text import Tokenizer
from port.transformer import Model, losses

KINDS = {}


def kind(name):
    def register(function):
        KINDS[name] = function
        return function

    return register


class Task:
    """
    Inputs of a vector, and its results.

    options, document: JSON; arrays: inputs by name; files: paths by name; vocabulary: gives the path of the text
    tokenizer's file
    """

    def __init__(self, kind, options, document, arrays, files, vocabulary=None):
        self.kind, self.options, self.document = kind, options, document
        self.arrays, self.files, self.vocabulary = arrays, files, vocabulary
        self.results = {}

    @property
    def config(self):
        return self.options.get("config", {})

    def checkpoint(self):
        return tensors.read(self.files["checkpoint"])[0]

    def tokenizer(self):
        return Tokenizer(self.vocabulary())

    def tensor(self, name, values, dtype=np.float32):
        self.results[name] = np.asarray(values).astype(dtype)

    def value(self, pointer, value):
        self.results[pointer] = value

    def attempt(self, pointer, compute):
        try:
            self.value(pointer, compute())
        except Refused as error:
            self.results[pointer] = error


# Text and modalities.


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


# Pictures.


@kind("trans.image")
def image_transforms(task):
    for call in task.options["calls"]:
        k, flip = call["k"], call["flip"]

        def cropped(x, name):
            y = pictures.crop_and_resize(x, call["crop_coords"], call["target_size"], name)
            return y[:, ::-1] if flip else y

        rgb = task.arrays[f"in.img{k}"].astype(np.uint8)
        for name in ("bilinear", "bicubic", "nearest"):
            task.tensor(f"out.rgb{k}.resized_{name}", cropped(rgb, name), np.int32)
        picture = cropped(rgb, "bicubic")
        task.tensor(f"out.rgb{k}.resized_default", picture, np.int32)
        task.tensor(f"out.rgb{k}.imagenet", pictures.normalise(picture, pictures.IMAGENET))
        task.tensor(f"out.rgb{k}.inception", pictures.normalise(picture, pictures.HALF))
        normals = cropped(rgb, "bilinear").copy()
        if flip:
            normals[..., 0] = 255 - normals[..., 0]
        task.tensor(f"out.normal{k}", pictures.normalise(normals, pictures.HALF))
        task.tensor(f"out.normal_std{k}", pictures.normalise(normals, pictures.NORMALS))
        depth = task.arrays[f"in.depth{k}"] / 65535
        task.tensor(f"out.depth{k}.plain", depth[None])
        task.tensor(f"out.depth{k}.standardized", pictures.standardise(depth)[None])
        classes = (task.arrays[f"in.semseg{k}"] + 1).astype(np.uint8)
        task.tensor(f"out.semseg{k}", cropped(classes, "nearest"), np.int32)
        mask = cropped(task.arrays[f"in.mask{k}"].astype(np.uint8), "nearest")
        task.tensor(f"out.mask{k}", (mask == 255)[None], np.int32)
    for i, entry in enumerate(task.options["augmenters"]):
        width, height = entry["size_w_h"]
        task.value(f"/augmenters/{i}", {
            "center_crop_top_left_h_w": pictures.centre_square(height, width),
            "padding_crop_top_left_h_w": [0, 0, max(height, width), max(height, width)],
            "orig_size_h_w": [height, width],
        })
    images = task.arrays["in.std_img"].astype(np.float64)
    for name, (mean, deviation) in (("imagenet", pictures.IMAGENET), ("half", pictures.HALF)):
        task.tensor(f"out.denorm_{name}", images * deviation[:, None, None] + mean[:, None, None])
    task.tensor("out.tensor_to_images_b2", images.transpose(0, 2, 3, 1))
    task.tensor("out.tensor_to_images_b1c1", images[0, 0])


@kind("image.resize")
def resizing(task):
    for call in (task.document or task.options)["sets"]:
        x = task.arrays[call["input"]]
        flat, is_torch = x.ndim == 2, call["library"] == "torch"
        x = x[..., None] if flat else x
        if call["dtype"].startswith("float32"):
            x = x.astype(np.float32) / np.float32(255)
        width, height, name = call["width"], call["height"], call["filter"]
        if call["library"] == "opencv":
            y = pictures.resize_opencv(x, width, height, name)
        elif call["library"] == "pillow":
            y = pictures.resize_pillow(x, width, height, name, call.get("box"))
        else:
            y = pictures.resize_torch(x, width, height, name, call["antialias"], call["align_corners"]).transpose(2, 0, 1)
        task.tensor(call["tensor"], y.reshape(height, width) if flat and not is_torch else y, y.dtype)


@kind("trans.posemb")
def positions(task):
    for call in task.options["tables"]:
        table, result = call["table"], call["result"]
        if table == "sincos1d":
            task.tensor(result, sequence_table(call["count"], call["width"])[None])
            continue
        if table in ("sincos2d", "vit_sincos2d"):
            h, w, width = call["height"], call["width"], call["channels"]
            rows = grid_table(h, w, width)
            task.tensor(result, rows[None] if table == "sincos2d" else rows.T.reshape(1, width, h, w))
            continue
        x, goal = task.arrays[call["input"]].astype(np.float64), (call["height"], call["width"])
        if table == "tokens_bicubic":
            side = int(np.sqrt(x.shape[1]))
            task.tensor(result, interpolate(x[0], (side, side), goal)[None])
            continue
        _, width, h, w = x.shape
        if table == "bicubic":
            rows = interpolate(x[0].reshape(width, -1).T, (h, w), goal)
            task.tensor(result, rows.T.reshape(1, width, *goal))
        else:
            task.tensor(result, x[:, :, nearest_rows(h, goal[0])][..., nearest_rows(w, goal[1])])


# Masking.


def listed(ids, input_mask, target_mask, attention):
    fields = {"tensor": ids, "input_mask": input_mask, "target_mask": target_mask, "decoder_attention_mask": attention}
    return {name: np.asarray(values).tolist() for name, values in fields.items()}


@kind("mask.budget")
def budgets(task):
    shares = task.options["modalities"]
    least = [x["min_tokens"] for x in shares]
    max_tokens = [x["max_tokens"] for x in shares]
    known = modalities.registry()
    is_image = [known[x["modality"]]["kind"] in (modalities.PIXELS, modalities.TOKENS) for x in shares]
    for i, entry in enumerate(task.document):

        def draws(name):
            vectors = iter([v for call, values in entry[name] for v in ([values] if call == "sample" else values)])
            return lambda: next(vectors)

        inputs = masking.budgets(entry["num_input_tokens"], max_tokens, least, draws("input_draws"))
        caps = masking.target_caps(is_image, max_tokens, least, inputs)
        targets = masking.budgets(entry["num_target_tokens"], caps, least, draws("target_draws"))
        task.value(f"/{i}", {"input_budget": inputs, "target_budget": targets})


@kind("mask.image")
def image_masks(task):
    for call in task.options["calls"]:
        name = f"img{call['k']}"
        results = masking.image_mask(task.arrays[f"in.{name}.noise"], call["input_budget"], call["target_budget"])
        for key, values in zip(("input_mask", "target_mask", "decoder_attention_mask"), results):
            task.tensor(f"out.{name}.{key}", values, values.dtype)


@kind("mask.decoder_attention")
def decoder_attention(task):
    for call in task.options["expansions"]:
        compressed, ids = task.arrays[call["mask"]].astype(int), task.arrays[call["modalities"]]
        task.tensor(call["result"], masking.expand_attention(compressed, ids, call["causal"], call["separate"]), np.uint8)


@kind("mask.span")
def spans(task):
    for i, entry in enumerate(task.document):
        chunks = entry.get("chunks") or [[number] for number in entry.get("sequence", [])]
        task.attempt(f"/{i}", lambda chunks=chunks, entry=entry: masked_and_merged(chunks, entry))


def masked_and_merged(chunks, entry):
    inputs, target = masking.spans(chunks, entry["rand"], entry["keep_prob"])
    return {"input": inputs, "target": target, "merged_back": masking.merge(inputs, target)}


@kind("mask.merge")
def merges(task):
    for i, entry in enumerate(task.document):
        groups = masking.split_by_sentinel(entry["decoder"])
        splits = {str(sentinel): run for sentinel, run in groups.items()}
        task.value(f"/{i}", {"merged": masking.merge(entry["input"], entry["decoder"]), "splits": splits})


def recorded(entry):
    """Draws and choices as they were recorded."""
    vectors = iter(entry["rand_draws"])
    choices = entry.get("sentinel_choice")
    values = iter(choices if isinstance(choices, list) else [])
    return lambda: next(vectors), lambda n: n - 1 if choices == "n-1" else next(values)[1]


@kind("mask.sequence")
def sequence_masks(task):
    tokenizer = task.tokenizer()
    for i, entry in enumerate(task.document):
        text, max_tokens = entry["text"], entry["max_tokens"]
        if isinstance(text, str):
            chunks = masking.text_chunks(tokenizer.encode(text), max_tokens)
        else:
            chunks = masking.whole_chunks([tokenizer.encode(part) for part in text], max_tokens)
        budgets = entry["input_budget"], entry["target_budget"]
        masked = (chunks, max_tokens, *budgets, entry["keep_prob_drawn"], *recorded(entry))
        task.attempt(f"/{i}", lambda masked=masked: listed(*masking.sequence_mask(*masked)))


@kind("mask.seqtoken_emb")
def token_and_embedding_masks(task):
    for i, entry in enumerate(task.document):
        draws, choose = recorded(entry)
        max_tokens, budget, keep = entry["max_tokens"], entry["input_budget"], entry["keep_prob_drawn"]
        if entry["fn"] == "sequence_token_mask":
            chunks = [[number + entry["vocab_offset"]] for number in entry["ids"]]
            masked = masking.sequence_mask(chunks, max_tokens, budget, entry["target_budget"], keep, draws, choose)
        else:
            masked = masking.embedding_mask(entry["emb"], max_tokens, budget, keep, draws)
        task.value(f"/{i}", listed(*masked))


@kind("mask.transfer")
def transfer_masks(task):
    tokenizer = task.tokenizer()
    for i, entry in enumerate(task.document):
        role, what = entry["fn"].split("_")
        if what == "image":
            masked = listed(None, *masking.transfer_image(role, entry["num_tokens"]))
            del masked["tensor"]
        else:
            chunks = masking.text_chunks(tokenizer.encode(entry["text"]), entry["max_tokens"])
            masked = listed(*masking.transfer_sequence(role, chunks, entry["max_tokens"]))
        task.value(f"/{i}", masked)


# Schedules, sampling and guidance.


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


# Generation.


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


# The transformer.


@kind("fm.forward")
def forward(task):
    model, batch, options = model_of(task), batch_of(task), task.options
    order = options["decoder_modality_order"]
    tokens, embeddings, padding, ids = model.select_inputs(batch, options["num_encoder_tokens"])
    output, context = model.encode(tokens, embeddings, padding)
    targets = model.select_targets(batch, order, options["num_decoder_tokens"])
    y = model.decode(targets["tokens"] + targets["embeddings"], context, padding, targets["blocked"].astype(bool))
    exact = {
        "encoder_mask": (padding, np.uint8),
        "encoder_mod_mask": (ids, np.int32),
        "decoder_mask": (targets["padding"], np.uint8),
        "target_ids": (targets["target_ids"], np.int32),
        "decoder_attention_mask": (targets["blocked"], np.uint8),
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
    y = model.decode(targets["tokens"] + targets["embeddings"], context, padding, targets["blocked"].astype(bool))
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
    blocked = targets["blocked"].astype(bool)
    return encoded, model.decode(targets["tokens"] + targets["embeddings"], context, padding, blocked)


@kind("manifests")
def manifests(task):
    for model in task.options["models"]:
        task.value(model["name"], names.of(model["name"], model["config"]))


@kind("checkpoint")
def checkpoint(task):
    infos = modalities.overridden(modalities.registry(), task.options.get("modality_info_overrides", {}))
    task.value("tensors", names.transformer(task.config, infos))


# Noise schedules.


def schedule_of(scheduler, args):
    return noise.NoiseSchedule(
        args.get("beta_schedule", "linear"), args.get("num_train_timesteps", 1000), args.get("beta_start", 0.0001),
        args.get("beta_end", 0.02), scheduler != "PNDMScheduler" and args.get("zero_terminal_snr", True),
    )


@kind("sched.tables")
def noise_tables(task):
    for call in task.options["configs"]:
        scheduler, args, name = call["scheduler"], call["args"], f"out.{call['i']:02}"
        schedule = schedule_of(scheduler, args)
        task.tensor(f"{name}.alphas_cumprod", schedule.alpha_bars)
        if schedule.betas is not None:
            task.tensor(f"{name}.betas", schedule.betas)
        ends_at_one = args.get("set_alpha_to_one", scheduler != "PNDMScheduler")
        task.tensor(f"{name}.final_alpha_cumprod", schedule.at(-1, ends_at_one))


@kind("sched.timesteps")
def timesteps(task):
    total = task.options.get("num_train_timesteps", 1000)
    for i, entry in enumerate(task.document):
        task.value(f"/{i}", {"timesteps": noise.timesteps(entry["mode"], entry["n"], total)})


@kind("sched.loss")
def diffusion_loss(task):
    clean, added, output, t = (task.arrays[f"in.{name}"] for name in ("clean", "noise", "output", "t"))
    schedule = noise.NoiseSchedule(task.config["beta_schedule"], 1000, 0.0001, 0.02, False)
    targets = {"sample": clean, "epsilon": added, "v_prediction": schedule.velocity(clean, added, t)}
    for prediction in task.config["predictions"]:
        target = targets[prediction]
        task.tensor(f"out.loss.{prediction}", np.mean((output - target) ** 2))


@kind("sched.steps")
def denoising_steps(task):
    config = task.config
    name, args, steps = config["scheduler"], config["args"], config["num_inference_steps"]
    schedule = schedule_of(name, args)
    limit = None
    if args.get("thresholding", False):
        limit = args.get("dynamic_thresholding_ratio", 0.995), args.get("sample_max_value", 1)
    elif args.get("clip_sample", True):
        limit = args.get("clip_sample_range", 1)
    given, offset = args.get("prediction_type"), args.get("steps_offset", 0)
    if name == "DDIMScheduler":
        sampler = noise.Ddim(
            schedule, steps, given or "v_prediction", limit, config["mode"] or "trailing", config.get("eta", 0),
            config.get("use_clipped_model_output", False), args.get("set_alpha_to_one", True), offset,
        )
    elif name == "DDPMScheduler":
        sampler = noise.Ddpm(schedule, steps, given or "v_prediction", limit, args.get("variance_type") == "fixed_large")
    else:
        sampler = noise.Pndm(
            schedule, steps, given or "epsilon", config["mode"] or "leading", args.get("skip_prk_steps", False),
            args.get("set_alpha_to_one", False), offset,
        )
    task.tensor("out.timesteps", sampler.timesteps, np.int32)
    x = task.arrays["in.sample0"]
    for k, t in enumerate(sampler.timesteps):
        output, drawn = task.arrays[f"in.model_output.{k:02}"], task.arrays.get(f"in.noise.{k:02}")
        x, clean = sampler.step(x, output, t, drawn)
        x = x.astype(np.float32)
        task.tensor(f"out.prev_sample.{k:02}", x)
        if clean is not None:
            task.tensor(f"out.pred_original.{k:02}", clean)
    clean, added, t = task.arrays["in.clean"], task.arrays["in.add_noise"], task.arrays["in.t"]
    task.tensor("out.noisy", schedule.noisy(clean, added, t))
    task.tensor("out.velocity", schedule.velocity(clean, added, t))
    task.tensor("out.noise_from_velocity", schedule.noise_of_velocity(clean, added, t))


# Tokenizers.


@kind("vq.autoencode")
def autoencode(task):
    presets = vit_presets(task.options.get("custom_presets", {}))
    model = vqvae.Tokenizer(task.config, task.checkpoint(), presets)
    labels = task.config.get("n_labels")
    for name in [name for name in task.arrays if name == "in.x" or name.startswith("in.x_")]:
        suffix, x = name[len("in.x") :], task.arrays[name]
        x = x.astype(np.int64 if labels else np.float64)
        flat = x.ndim == 2 and not labels
        x = x[..., None, None] if flat else x
        encoded, grid = model.features(x)
        latents = model.project(encoded)
        tokens = model.tokenize(latents)
        codes = model.quantized(tokens)
        shape = () if flat else grid
        heads = tokens.shape[1:2] if tokens.shape[1] > 1 else ()
        task.tensor(f"out.tokens{suffix}", tokens.reshape(len(x), *heads, *(shape if heads else grid)), np.int32)
        for part, values in (("encoder", encoded), ("latents", latents), ("quant", codes)):
            task.tensor(f"out.{part}{suffix}", values.transpose(0, 2, 1).reshape(len(x), -1, *shape))
        decoded = model.decode(codes, grid)
        task.tensor(f"out.recon{suffix}", decoded[..., 0, 0] if flat else decoded)
        task.tensor(f"out.code_loss{suffix}", [0])
    if "in.tokens" in task.arrays:
        tokens = task.arrays["in.tokens"].astype(np.int64)
        flat = tokens.ndim == 2
        grid = (1, 1) if flat else tokens.shape[-2:]
        codes = model.quantized(tokens.reshape(len(tokens), -1, grid[0] * grid[1]))
        decoded = model.decode(codes, grid)
        task.tensor("out.decode_tokens", decoded[..., 0, 0] if flat else decoded)
        embedded = codes.transpose(0, 2, 1)
        task.tensor("out.tokens_to_embedding", embedded.reshape(len(tokens), -1, *(() if flat else grid)))


@kind("vq.kmeans")
def k_means(task):
    for call in task.options["clusterings"]:
        name = call["name"]
        samples = task.arrays[f"in.{name}.samples"].astype(np.float64)
        if call["cosine"]:
            samples = quantizers.normalized(samples)
        start = samples[task.arrays[f"in.{name}.initial_rows"]]
        means, sizes = quantizers.k_means(samples, start, call["cosine"], call["iterations"])
        task.tensor(f"out.{name}.means", means)
        task.tensor(f"out.{name}.bins", sizes)
    for call in task.options["usages"]:
        task.tensor(call["result"], quantizers.usage(task.arrays["in.usage.tokens"], call["codebook_size"], call["window"]))


def vit_presets(presets):
    return {
        name: (sizes["dim_tokens"], sizes["depth"], sizes["num_heads"])
        for name, sizes in presets.items()
        if "dim_tokens" in sizes
    }


def encoding(task, encoder):
    encoded, grid = encoder.features(task.arrays["in.x"].astype(np.float64))
    latents = encoder.project(encoded)
    task.tensor("out.encoder", encoded.transpose(0, 2, 1).reshape(len(encoded), -1, *grid))
    tokens = encoder.tokenize(latents)
    codes = encoder.quantized(tokens).transpose(0, 2, 1).reshape(len(latents), -1, *grid)
    task.tensor("out.latents", latents.transpose(0, 2, 1).reshape(codes.shape))
    task.tensor("out.quant", codes)
    task.tensor("out.tokens", tokens.reshape(len(tokens), *grid), np.int32)
    task.tensor("out.code_loss", [0])


@kind("vq.divae")
def diffusion_tokenizer(task):
    presets = task.options.get("custom_presets", {})
    weights = task.checkpoint()
    encoder = vqvae.Tokenizer(task.config, weights, vit_presets(presets))
    network = diffusion.denoiser(task.config, weights, presets)
    if "in.x" in task.arrays:
        encoding(task, encoder)

    noised, t = task.arrays["in.noised"].astype(np.float64), task.arrays["in.t"]
    given = task.arrays["in.quant"].astype(np.float64)
    task.tensor("out.denoise", network(noised, t, given))
    if "scalar_timestep" in task.options:
        task.tensor("out.denoise_scalar_t", network(noised, np.full(len(t), task.options["scalar_timestep"]), given))
    if "in.cond_mask" in task.arrays:
        task.tensor("out.denoise_masked", network(noised, t, given, task.arrays["in.cond_mask"].astype(np.float64)))
    if "in.orig_res" in task.arrays:
        task.tensor("out.denoise_res", network(noised, t, given, original=task.arrays["in.orig_res"]))

    config = {**task.config, **task.options.get("scheduler_for_sampling", {})}
    for run in task.options["runs"]:
        sampler = sampler_of(config, run)
        task.tensor(run["timesteps"], sampler.timesteps, np.int32)
        x, drawn, images = task.arrays["in.init_noise"].astype(np.float64), iter(run["noise"]), []
        ids = task.arrays["in.quant_tokens"].astype(np.int64).reshape(len(given), -1, given[0, 0].size)
        codes = encoder.quantized(ids).transpose(0, 2, 1).reshape(given.shape)
        for step in sampler.timesteps:
            output = network(x, np.full(len(x), step), codes)
            added = task.arrays[next(drawn)] if run["sampler"] == "ddpm" and step > 0 else None
            x, _ = sampler.step(x, output, step, added)
            images.append(x)
        task.tensor(run["sample"], x)
        if "trajectory" in run:
            task.tensor(run["trajectory"], images)


def sampler_of(config, run):
    kind_ = config.get("prediction_type", "v_prediction")
    limit = (0.995, 1) if config.get("thresholding", True) else 1 if config.get("clip_sample", False) else None
    schedule = noise.NoiseSchedule(
        config.get("beta_schedule", "squaredcos_cap_v2"),
        config.get("num_train_timesteps", 1000),
        zero_terminal_snr=config.get("zero_terminal_snr", True) and run["sampler"] != "pndm",
    )
    if run["sampler"] == "ddpm":
        return noise.Ddpm(schedule, run["steps"], kind_, limit)
    if run["sampler"] == "ddim":
        return noise.Ddim(schedule, run["steps"], kind_, limit, run.get("spacing", "trailing"))
    return noise.Pndm(schedule, run["steps"], kind_, run.get("spacing", "leading"))


@kind("vq.train_ema")
def moving_average(task):
    config = task.config
    state = {name.removeprefix("in.state."): values for name, values in task.arrays.items() if name.startswith("in.state.")}
    cosine, lbg = config["kind"] == "CosineSim", config["code_replacement_policy"] == "linde_buzo_gray"
    settings = {"num_codebooks": config["heads"], "norm_codes": cosine, "norm_latents": config["norm_latents"]}
    training = quantizers.Training(
        state["_codebook.embed"], state["_codebook.cluster_size"], state.get("_codebook.embed_avg"), cosine,
        config["decay"], config["threshold_ema_dead_code"], config["code_replacement_policy"],
    )
    for step in range(config["steps"]):
        state["_codebook.embed"] = training.codes
        book = quantizers.Codebook(Weights(state), settings)
        x, upstream = (task.arrays[f"in.{name}.{step}"].astype(np.float64) for name in ("x", "grad"))
        shape, rows = x.shape, channels_last(x)
        compared = book.compared(rows)
        ids = quantizers.nearest_in_float32(compared, book.codes) if lbg else quantizers.nearest(compared, book.codes, cosine)
        difference = compared - book.codes[ids]
        weight = config["commitment_weight"]
        gradient = channels_last(upstream)
        if config["heads"] > 1:
            gradient = gradient @ state["project_out.weight"].astype(np.float64)
        gradient = gradient.reshape(compared.shape) + weight * 2 * difference / difference.size
        if config["norm_latents"]:
            split = rows if config["heads"] == 1 else linear(Weights(state).at("project_in"), rows).reshape(compared.shape)
            gradient = quantizers.normalization_gradient(split, gradient)
        if config["heads"] > 1:
            gradient = gradient.reshape(len(rows), -1) @ state["project_in.weight"].astype(np.float64)
        task.tensor(f"out.quant.{step}", channels_first(book.values(ids.reshape(-1, config["heads"])), shape))
        task.tensor(f"out.loss.{step}", [weight * (difference**2).mean()])
        heads = (config["heads"],) if config["heads"] > 1 else ()
        by_head = ids.reshape(len(x), -1, config["heads"]).transpose(0, 2, 1)
        task.tensor(f"out.indices.{step}", by_head.reshape(len(x), *heads, *shape[2:]), np.int32)
        task.tensor(f"out.grad_x.{step}", channels_first(gradient, shape))
        replacements = task.arrays.get(f"in.replacement_rows.{step}")
        latents = compared.reshape(len(x), -1, config["heads"], shape[1]).transpose(0, 2, 1, 3).reshape(compared.shape)
        training.step(latents, by_head.ravel(), lambda _, rows=replacements: rows)
        now = {"initted": [1], "cluster_size": training.usage, "embed": training.codes, "embed_avg": training.sums}
        for name, values in now.items():
            if values is not None:
                task.tensor(f"out.state.{step}._codebook.{name}", values)
        for name, values in state.items():
            if not name.startswith("_codebook."):
                task.tensor(f"out.state.{step}.{name}", values)


def channels_last(x):
    """[B, C, …] to [B · …, C]"""
    return np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])


def channels_first(rows, shape):
    return np.moveaxis(rows.reshape(shape[0], *shape[2:], -1), -1, 1)


@kind("vq.train_memcodes")
def memcodes(task):
    config, state = task.config, {n.removeprefix("in.state."): v for n, v in task.arrays.items() if n.startswith("in.state.")}
    quantizer = quantizers.Memcodes(Weights(state), config)
    x, upstream = (task.arrays[f"in.{name}"].astype(np.float64) for name in ("x", "grad"))
    gumbel = task.arrays["in.gumbel"].astype(np.float64)
    by_head = gumbel.transpose(1, 0, 2, 3).reshape(gumbel.shape[1], -1, gumbel.shape[3])
    rows = channels_last(x)
    output, ids, gradients = quantizers.memcodes_training(
        quantizer, rows, by_head, channels_last(upstream), config.get("temperature", 1.0)
    )
    scores = quantizer.scores(rows).reshape(gumbel.shape[1], len(x), -1, gumbel.shape[3])
    quiet = quantizer.ids(rows)
    task.tensor("out.logits", scores.transpose(1, 0, 2, 3))
    task.tensor("out.out", channels_first(output, x.shape))
    task.tensor("out.eval_out", channels_first(quantizer.values(quiet), x.shape))
    task.tensor("out.grad_x", channels_first(gradients.pop("x"), x.shape))
    for name, codes in (("indices", ids), ("eval_indices", quiet)):
        grid = channels_first(codes, x.shape)
        task.tensor(f"out.{name}", grid if quantizer.heads > 1 else grid[:, 0], np.int32)
    task.tensor("out.loss", [0])
    for name, gradient in gradients.items():
        task.tensor(f"out.grad.{name}", gradient)
        moved = state[name] - config.get("sgd_learning_rate", 0.1) * gradient
        task.tensor(config.get("sgd_results", "out.after_sgd_lr0.1.") + name, moved)


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
    def described(path):
        return {name: [dtype, shape] for name, (dtype, shape, _) in tensors.entries(path)[0].items()}

    for name in task.options["files"]:
        task.attempt(name, lambda path=task.files[name]: described(path))
