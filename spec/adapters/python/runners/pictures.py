"""Transforms of pictures, and position tables."""

import numpy as np

from port import pictures
from port.diffusion import sinusoids
from port.layers import grid_table, interpolate, nearest_rows, sequence_table
from runners.task import kind


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
        if table == "timesteps":
            task.tensor(result, sinusoids(call["timesteps"], call["width"]))
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
