"""Noise schedules, timesteps and samplers of diffusion (SCH-7 to SCH-15, DIF-1 to DIF-14)."""

import math

import numpy as np

from .tensors import Refused

f32 = np.float32


def sigmoid(x):
    return f32(1) / (f32(1) + np.exp(-x))


def evenly(start, end, count):
    return np.linspace(start, end, count).astype(f32)


class NoiseSchedule:
    """SCH-7 to SCH-11."""

    def __init__(self, name, timesteps=1000, start=0.0001, end=0.02, zero_terminal_snr=False):
        self.betas = None
        if name.startswith("shifted_cosine:"):
            self.alpha_bars = self._shifted_cosine(timesteps, float(name.split(":")[1]))
            return
        betas = self._betas(name, timesteps, start, end)
        if zero_terminal_snr:
            betas = self._without_terminal_signal(betas)
        self.betas, self.alpha_bars = betas, self._products(betas)

    @staticmethod
    def _betas(name, timesteps, start, end):
        if name == "linear":
            return evenly(start, end, timesteps)
        if name == "scaled_linear":
            return evenly(math.sqrt(start), math.sqrt(end), timesteps) ** 2
        if name == "sigmoid":
            return (sigmoid(evenly(-6, 6, timesteps)) * f32(end - start) + f32(start)).astype(f32)
        if name == "squaredcos_cap_v2":

            def f(u):
                return math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2

            return np.array([min(1 - f((t + 1) / timesteps) / f(t / timesteps), 0.999) for t in range(timesteps)], f32)
        raise Refused(f"unknown noise schedule {name}")

    @staticmethod
    def _products(betas):
        return np.cumprod((f32(1) - betas).astype(np.float64)).astype(f32)

    @staticmethod
    def _shifted_cosine(timesteps, shift):
        u = evenly(0, 1, timesteps).astype(np.float64)
        with np.errstate(divide="ignore"):
            snr = -2 * (np.log(np.tan(np.pi * u / 2)) + math.log(shift))
        table = sigmoid(np.clip(snr, -15, 15).astype(f32)).astype(f32)
        table[-1] = 0
        return table

    @classmethod
    def _without_terminal_signal(cls, betas):
        roots = np.sqrt(cls._products(betas))
        scaled = ((roots - roots[-1]) * (roots[0] / (roots[0] - roots[-1]))) ** 2
        return f32(1) - np.concatenate([scaled[:1], scaled[1:] / scaled[:-1]])

    def at(self, timestep, ends_at_one=True):
        """DIF-6."""
        if timestep < 0:
            return 1.0 if ends_at_one else float(self.alpha_bars[0])
        return float(self.alpha_bars[timestep])

    def _factors(self, timesteps, like):
        a = self.alpha_bars[timesteps].astype(np.float64).reshape(-1, *[1] * (like.ndim - 1))
        return np.sqrt(a), np.sqrt(1 - a)

    def noisy(self, clean, noise, timesteps):
        signal, sigma = self._factors(timesteps, clean)
        return signal * clean + sigma * noise

    def velocity(self, clean, noise, timesteps):
        signal, sigma = self._factors(timesteps, clean)
        return signal * noise - sigma * clean

    def noise_of_velocity(self, noisy, velocity, timesteps):
        signal, sigma = self._factors(timesteps, noisy)
        return signal * velocity + sigma * noisy


def timesteps(spacing, steps, total, offset=0):
    """SCH-12 to SCH-14."""
    if not 1 <= steps <= total:
        raise Refused(f"{steps} steps of {total}")
    stride = total // steps
    if spacing == "leading":
        values = [k * stride for k in range(steps - 1, -1, -1)]
    elif spacing == "trailing":
        values = list(range(total - 1, -1, -stride))
    else:
        values = [round(x) - 1 for x in np.linspace(total, 1, steps)]
    return [t + offset for t in values]


def clean_and_noise(kind, output, sample, a):
    """DIF-2."""
    signal, sigma = math.sqrt(a), math.sqrt(1 - a)
    if kind == "epsilon":
        return (sample - sigma * output) / signal, output
    if kind == "sample":
        return output, (sample - signal * output) / sigma
    return signal * sample - sigma * output, signal * output + sigma * sample


def limited(clean, limit):
    """DIF-3; `limit` is (ratio, highest) of dynamic thresholding, a number to clip to, or nothing."""
    if limit is None:
        return clean
    if not isinstance(limit, tuple):
        return np.clip(clean, -limit, limit)
    ratio, highest = limit
    rows = np.abs(clean.reshape(len(clean), -1))
    s = np.clip(np.quantile(rows, ratio, axis=1), 1, highest).reshape(-1, *[1] * (clean.ndim - 1))
    return np.clip(clean, -s, s) / s


class Ddim:
    """DIF-5 to DIF-7."""

    def __init__(self, schedule, steps, kind, limit, spacing, eta=0, clipped=False, ends_at_one=True, offset=0):
        self.schedule, self.kind, self.limit, self.eta = schedule, kind, limit, eta
        self.clipped, self.ends_at_one = clipped, ends_at_one
        self.stride = len(schedule.alpha_bars) // steps
        self.timesteps = timesteps(spacing, steps, len(schedule.alpha_bars), offset)

    def step(self, sample, output, t, noise):
        a, b = self.schedule.at(t), self.schedule.at(t - self.stride, self.ends_at_one)
        clean, direction = clean_and_noise(self.kind, output, sample, a)
        clean = limited(clean, self.limit)
        if self.clipped:
            direction = (sample - math.sqrt(a) * clean) / math.sqrt(1 - a)
        variance = self.eta**2 * (1 - b) / (1 - a) * (1 - a / b)
        following = math.sqrt(b) * clean + math.sqrt(max(1 - b - variance, 0)) * direction
        if self.eta:
            following = following + math.sqrt(variance) * noise
        return following, clean


class Ddpm:
    """DIF-8, DIF-9."""

    def __init__(self, schedule, steps, kind, limit, large=False):
        self.schedule, self.kind, self.limit, self.large = schedule, kind, limit, large
        self.stride = len(schedule.alpha_bars) // steps
        self.timesteps = timesteps("leading", steps, len(schedule.alpha_bars))

    def step(self, sample, output, t, noise):
        a, b = self.schedule.at(t), self.schedule.at(t - self.stride)
        alpha = float(f32(a / b))
        beta = 1 - alpha
        clean = limited(clean_and_noise(self.kind, output, sample, a)[0], self.limit)
        following = math.sqrt(b) * beta / (1 - a) * clean + math.sqrt(alpha) * (1 - b) / (1 - a) * sample
        if t > 0:
            variance = beta if self.large else max((1 - b) / (1 - a) * beta, 1e-20)
            following = following + math.sqrt(variance) * noise
        return following, clean


class Pndm:
    """DIF-10 to DIF-14. A sampler is for one run, and its steps are taken in order."""

    WEIGHTS = {1: [1], 2: [3 / 2, -1 / 2], 3: [23 / 12, -16 / 12, 5 / 12], 4: [55 / 24, -59 / 24, 37 / 24, -9 / 24]}

    def __init__(self, schedule, steps, kind, spacing="leading", skip=False, ends_at_one=False, offset=0):
        self.schedule, self.kind, self.ends_at_one = schedule, kind, ends_at_one
        total = len(schedule.alpha_bars)
        self.stride = total // steps
        self.half = self.stride // 2
        if spacing == "leading":
            rising = [i * self.stride + offset for i in range(steps)]
        elif spacing == "linspace":
            rising = [round(x) for x in np.linspace(0, total - 1, steps)]
        else:
            rising = [round(total - i * total / steps) - 1 for i in range(steps)][::-1]
        if skip:
            self.runge_kutta = []
            later = (rising[:-1] + rising[-2:-1] + rising[-1:])[::-1]
        else:
            if len(rising) < 4:
                raise Refused(f"Runge-Kutta steps need four timesteps, not {len(rising)}")
            points = [x for t in rising[-4:] for x in (t, t + self.half)][:-1]
            self.runge_kutta = [x for t in points for x in (t, t)][1:-1][::-1]
            later = rising[:-3][::-1]
        self.timesteps = self.runge_kutta + later
        self.calls, self.outputs, self.start, self.average = 0, [], None, 0

    def _transfer(self, sample, output, origin, goal):
        a, b = f32(self.schedule.at(origin)), f32(self.schedule.at(goal, self.ends_at_one))
        noise = clean_and_noise(self.kind, output, sample, float(a))[1].astype(f32)
        divisor = a * np.sqrt(f32(1) - b) + np.sqrt(a * (f32(1) - a) * b)
        return np.sqrt(b / a) * sample.astype(f32) - (b - a) * noise / divisor

    def step(self, sample, output, t, noise=None):
        following = self._runge_kutta(sample, output, t) if self.calls < len(self.runge_kutta) else self._multistep(sample, output, t)
        self.calls += 1
        return following, None

    def _runge_kutta(self, sample, output, t):
        call = self.calls % 4
        if call == 0:
            self.start, self.average = sample, 0
            self.outputs.append(output)
        self.average = self.average + (1 / 6 if call in (0, 3) else 1 / 3) * output
        goal = t - (self.half if call in (0, 2) else 0)
        return self._transfer(self.start, self.average if call == 3 else output, self.runge_kutta[self.calls - call], goal)

    def _multistep(self, sample, output, t):
        if self.calls == 1:
            return self._transfer(self.start, (output + self.outputs[0]) / 2, t + self.stride, t)
        if self.calls == 0:
            self.start = sample
        self.outputs = (self.outputs + [output])[-4:]
        weights = self.WEIGHTS[len(self.outputs)]
        return self._transfer(sample, sum(w * x for w, x in zip(weights, self.outputs[::-1])), t, t - self.stride)
