"""Metrics of maps, captions, poses and vectors."""

import numpy as np

from port import metrics
from runners.task import kind, sets


def image_masks(task, name, count):
    return [[task.arrays[f"in.{name}.{part}{i}"] for part in ("pred", "gt", "mask")] for i in range(count)]


@kind("eval.semseg")
def semseg(task):
    for s, entry in sets(task):
        name, classes, ignored = entry["name"], entry["num_classes"], entry["ignore_index"]
        count = range(entry["n_images"])
        images = [[task.arrays[f"in.{name}.{part}{i}"].astype(int) for part in ("pred", "gt")] for i in count]
        matrix, pixels = metrics.confusion(*zip(*images), classes, ignored)
        each = [metrics.segmentation(*metrics.confusion([p], [g], classes, ignored)) for p, g in images]
        per_image = [{key: scores[key] for key in ("miou", "pixel_accuracy")} for scores in each]
        scores = metrics.segmentation(matrix, pixels)
        task.value(f"/sets/{s}/expected", {
            **scores, "per_image": per_image, "mean_of_image_miou": metrics.mean([x["miou"] for x in per_image])
        })
        task.tensor(f"out.{name}.confusion", matrix, np.float64)


@kind("text.caption_f1")
def captions(task):
    words = {key: task.document[key] for key in ("colours", "shapes", "numbers")}
    totals, each = np.zeros(3, int), []
    for i, entry in enumerate(task.document["pairs"]):
        named, true = (metrics.named_pairs(entry[key], **words) for key in ("prediction", "reference"))
        matched = metrics.common_pairs(named, true)
        scores = metrics.caption_scores(matched, len(named), len(true))
        totals += [matched, len(named), len(true)]
        each.append(scores["f1"])
        pairs = {"prediction_pairs": named, "reference_pairs": true, "matches": matched}
        task.value(f"/pairs/{i}", {**pairs, **scores})
    task.value("/micro", metrics.caption_scores(*(int(n) for n in totals)))
    task.value("/macro_f1", float(np.mean(each)))


@kind("eval.depth")
def depth(task):
    for s, entry in sets(task):
        images = image_masks(task, entry["name"], entry["n_images"])
        for name in entry["expected"]:
            per_image = []
            for i, (pred, gt, mask) in enumerate(images):
                p, g = metrics.valid_depths(pred, gt, mask)
                if not len(g):
                    per_image.append({"n": 0})
                    continue
                aligned, fit = metrics.aligned_depth(name, p, g, entry["clamp_min"])
                per_image.append({**metrics.depth_scores(aligned, g), **fit, "n": len(g)})
                shown = np.zeros(gt.shape)
                shown[(mask != 0) & (gt > 0)] = aligned
                task.tensor(f"out.{entry['name']}.aligned_{name}{i}", shown, np.float64)
            known = [scores for scores in per_image if scores["n"]]
            keys = [key for key in metrics.depth_scores(np.ones(1), np.ones(1))]
            means = {key: float(np.mean([x[key] for x in known])) if known else None for key in keys}
            missing = {key: None for key in keys}
            each = [scores if scores["n"] else {**missing, "n": 0} for scores in per_image]
            task.value(f"/sets/{s}/expected/{name}", {"per_image": each, "mean": means})
        valid = [metrics.valid_depths(*maps) for maps in images]
        ssi = []
        for p, g in valid:
            errors = {f"l1_{key}_abs_dev": average for key, average in (("mean", np.mean), ("median", np.median))}
            ssi.append({k: metrics.invariant_error(p, g, a) for k, a in errors.items()} if len(g) else None)
        task.value(f"/sets/{s}/ssi", ssi)
        task.value(f"/sets/{s}/truncated_standardised_l1", [metrics.standardised_error(p, g) for p, g in valid])


@kind("eval.normals")
def normals(task):
    limits = task.options["shares_below"]

    def scores(angles):
        if not len(angles):
            return {**{key: None for key in (*limits, "mean", "median", "rmse")}, "n": 0}
        shares = {key: float((angles < limit).mean() * 100) for key, limit in limits.items()}
        figures = {"mean": angles.mean(), "median": np.median(angles), "rmse": np.sqrt((angles**2).mean())}
        return {**shares, **{key: float(value) for key, value in figures.items()}, "n": len(angles)}

    for s, entry in sets(task):
        pooled = []
        for i, (pred, gt, mask) in enumerate(image_masks(task, entry["name"], entry["n_images"])):
            angles = metrics.angles(pred, gt)
            pooled.append(angles[mask != 0])
            task.value(f"/sets/{s}/expected/per_image/{i}", scores(pooled[-1]))
            task.tensor(f"out.{entry['name']}.angle{i}", np.where(mask != 0, angles, 0), np.float64)
        task.value(f"/sets/{s}/expected/pooled", scores(np.concatenate(pooled)))


@kind("eval.pose")
def poses(task):
    for s, entry in sets(task):
        name = entry["name"]
        preds, truths = (task.arrays[f"in.{name}.{part}"].astype(float) for part in ("pred", "gt"))
        flags = task.arrays.get(f"in.{name}.visible", np.ones(preds.shape[:2])) != 0
        root = entry.get("root", 0)
        plain, rooted, scaled, aligned, parts = [], [], [], [], []
        for p, g, used in zip(preds, truths, flags):
            if not used.any():
                parts.append((None, np.eye(3), np.zeros(p.shape)))
                for errors in (plain, rooted, scaled, aligned):
                    errors.append(np.zeros(0))
                continue
            pr, gr = p - p[root], g - g[root]
            squares = (pr[used] ** 2).sum()
            factor = (pr[used] * gr[used]).sum() / squares if squares else 1
            fit = metrics.procrustes(p, g, used)
            parts.append(fit)
            for errors, (a, b) in zip((plain, rooted, scaled, aligned), ((p, g), (pr, gr), (factor * pr, gr), (fit[2], g))):
                errors.append(metrics.distances(a, b, used))

        def means(errors):
            return [float(e.mean()) if len(e) else None for e in errors]

        pooled = {key: np.concatenate(errors) for key, errors in (("p", plain), ("r", rooted), ("a", aligned))}
        task.value(f"/sets/{s}/expected", {
            "mpjpe": means(plain),
            "mpjpe_root": means(rooted),
            "n_mpjpe": means(scaled),
            "pa_mpjpe": means(aligned),
            "pa_scale": [None if scale is None else float(scale) for scale, _, _ in parts],
            "mean_mpjpe": float(pooled["p"].mean()),
            "mean_mpjpe_root": float(pooled["r"].mean()),
            "mean_pa_mpjpe": float(pooled["a"].mean()),
            "pck": {limit: float((pooled["a"] < float(limit)).mean() * 100) for limit in task.options["pck_at"]},
        })
        errors = [np.sqrt(((moved - g) ** 2).sum(-1)) for (_, _, moved), g in zip(parts, truths)]
        task.tensor(f"out.{name}.pa_error", flags * errors, np.float64)
        task.tensor(f"out.{name}.aligned", flags[..., None] * [moved for _, _, moved in parts], np.float64)
        task.tensor(f"out.{name}.pa_rotation", [rotation for _, rotation, _ in parts], np.float64)


@kind("eval.frechet")
def frechet(task):
    for s, entry in sets(task):
        name = entry["name"]
        terms, (mean, covariance) = metrics.frechet(task.arrays[f"in.{name}.a"], task.arrays[f"in.{name}.b"])
        task.value(f"/sets/{s}/expected", {**terms, "frechet_sqrtm": terms["frechet"]})
        task.tensor(f"out.{name}.mean_a", mean, np.float64)
        task.tensor(f"out.{name}.cov_a", covariance, np.float64)


@kind("eval.retrieval")
def retrieval(task):
    for s, entry in sets(task):
        name = entry["name"]
        a, b = task.arrays[f"in.{name}.a"], task.arrays[f"in.{name}.b"]
        for key, (x, y) in (("a_to_b", (a, b)), ("b_to_a", (b, a))):
            scores, least = [metrics.retrieval(x, y, task.options["recall_at"], bad) for bad in (False, True)]
            task.value(f"/sets/{s}/expected/{key}", {**scores, "pessimistic": least})
        rows, columns = task.options["similarities_shown"].get(name, (0, 0))
        task.tensor(f"out.{name}.similarity", metrics.similarities(a, b)[:rows, :columns], np.float64)


@kind("eval.image")
def image_quality(task):
    for s, entry in sets(task):
        name, span = entry["name"], entry["data_range"]
        a, b = task.arrays[f"in.{name}.a"], task.arrays[f"in.{name}.b"]
        a, b = (x if x.ndim == 3 else x[..., None] for x in (a.astype(float), b.astype(float)))
        place, mse = f"/sets/{s}/expected", float(((a - b) ** 2).mean())
        psnr = float("inf") if mse == 0 else 10 * np.log10(span**2 / mse)
        task.value(f"{place}/psnr", float(psnr))
        task.value(f"{place}/mse", mse)
        task.value(f"{place}/mae", float(np.abs(a - b).mean()))
        variants = {
            "ssim_default": {},
            "ssim_uniform7_population": {"sample": False},
            "ssim_gaussian": {"gaussian": True},
        }
        for key, options in variants.items():
            task.attempt(f"{place}/{key}", lambda options=options: metrics.ssim(a, b, span, **options))
        task.attempt(f"{place}/ssim_gaussian_per_channel", lambda: per_channel(a, b, span))
        for key, gaussian in (("default", False), ("gaussian", True)):
            if min(a.shape[:2]) >= (11 if gaussian else 7):
                values = metrics.ssim_map(a, b, span, gaussian)[0]
                task.tensor(f"out.{name}.map_{key}", values.reshape(task.arrays[f"in.{name}.a"].shape), np.float64)


def per_channel(a, b, span):
    values, reach = metrics.ssim_map(a, b, span, gaussian=True)
    return values[reach:-reach, reach:-reach].mean((0, 1)).tolist()


@kind("eval.knn")
def nearest_neighbours(task):
    for s, entry in sets(task):
        name = entry["name"]
        train, labels, test, wanted = (
            task.arrays[f"in.{name}.{part}"] for part in ("train", "train_labels", "test", "test_labels")
        )
        for i, call in enumerate(entry["expected"]):
            order, shares, rankings = metrics.neighbours(
                train, labels, entry["classes"], test, call["k"], call["temperature"]
            )
            voteless = [ranked + [c for c in range(entry["classes"]) if c not in ranked] for ranked in rankings]

            def top(lists, k):
                return float(np.mean([w in ranked[:k] for ranked, w in zip(lists, wanted)]) * 100)

            task.value(f"/sets/{s}/expected/{i}", {
                "top1": top(rankings, 1),
                "top5": top(rankings, 5),
                "top5_counting_voteless": top(voteless, 5),
                "prediction": [ranked[0] for ranked in rankings],
            })
            if i == 0:
                task.tensor(f"out.{name}.votes", shares)
                task.tensor(f"out.{name}.neighbours", np.sort(order, axis=1), np.int32)


@kind("eval.rotation")
def rotations(task):
    vectors = task.arrays["in.axis_angle"].astype(float)
    quaternions = metrics.quaternion(vectors)
    matrices = metrics.rotation_of(quaternions)
    task.tensor("out.quaternion", quaternions, np.float64)
    task.tensor("out.matrix", matrices, np.float64)
    task.tensor("out.near_pi", np.abs(np.linalg.norm(vectors, axis=1) - np.pi) < 5e-6, np.uint8)
    task.tensor("axis_angle_of_matrix", [metrics.axis_angle(metrics.quaternion_of(m)) for m in matrices], np.float64)
    task.results["axis_angle_of_matrix_by_quaternion"] = task.results["axis_angle_of_matrix"]
    given = task.arrays.get("in.quaternion", quaternions).astype(float)
    task.tensor("axis_angle_of_quaternion", [metrics.axis_angle(q) for q in given], np.float64)
    noisy = task.arrays["in.d6_noisy"].astype(float)
    plain = metrics.from_columns(noisy)
    for layout, order in metrics.LAYOUTS.items():
        six = matrices.reshape(-1, 9)[:, order]
        task.tensor(f"out.d6_{layout}", six, np.float64)
        back = task.arrays.get(f"in.d6_{layout}", six).astype(float)
        task.tensor(f"matrix_of_d6_{layout}", metrics.from_six(back, layout), np.float64)
        task.tensor(f"d6_noisy_matrix_{layout}", plain, np.float64)
    task.tensor("out.d6_noisy_matrix", plain, np.float64)
    task.tensor("out.d6_noisy_axis_angle", [metrics.axis_angle(metrics.quaternion_of(m)) for m in plain], np.float64)
    count = task.options["euler_count"]
    task.tensor("out.euler_xyz", [metrics.euler(m) for m in matrices[:count]], np.float64)
    noisy_matrices = task.arrays["in.noisy_matrix"].astype(float).reshape(-1, 3, 3)
    task.tensor("out.noisy_nearest", [metrics.nearest_rotation(m) for m in noisy_matrices], np.float64)
    pairs, offset = task.options["geodesic_count"], task.options["geodesic_offset"]
    relative = [matrices[i].T @ matrices[i + offset] for i in range(pairs)]
    task.tensor("out.geodesic", [np.linalg.norm(metrics.axis_angle(metrics.quaternion_of(m))) for m in relative], np.float64)
