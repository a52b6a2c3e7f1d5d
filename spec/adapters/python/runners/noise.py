"""Noise schedules."""

import numpy as np

from port import noise
from runners.task import kind


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
