"""Tokenizers and their training."""

import numpy as np

from port import diffusion, noise, quantizers, vqvae
from port.layers import Weights, linear
from runners.task import kind


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
