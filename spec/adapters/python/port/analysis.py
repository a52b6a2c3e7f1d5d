"""Statistics, edges and colours of pictures (MET-19 to MET-24). Pictures are uint8 [H, W, 3]."""

import math

import numpy as np

f32 = np.float32
MODES = {"reflect-101": "reflect", "symmetric": "symmetric", "replicate": "edge"}


def correlate(x, across, down, border):
    """With separable kernels, along x and along y."""
    for axis, kernel in ((1, across), (0, down)):
        reach = len(kernel) // 2
        pads = [(reach, reach) if i == axis else (0, 0) for i in range(x.ndim)]
        padded = np.pad(x, pads, mode=MODES[border])
        size = x.shape[axis]
        x = sum(w * np.take(padded, range(k, k + size), axis) for k, w in enumerate(kernel))
    return x


def grey_pillow(x):
    """MET-19."""
    r, g, b = np.moveaxis(x.astype(np.int64), -1, 0)
    return (19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16


def grey_opencv(x):
    r, g, b = np.moveaxis(x.astype(np.int64), -1, 0)
    return (9798 * r + 19235 * g + 3735 * b + 0x4000) >> 15


def hue(x, epsilon=0.0):
    """MET-20, in degrees."""
    r, g, b = np.moveaxis(x, -1, 0)
    v = x.max(-1)
    c = v - x.min(-1)
    difference = np.where(v == r, g - b, np.where(v == g, b - r, r - g))
    primary = np.where(v == r, 0, np.where(v == g, 120, 240))
    h = np.where(c == 0, 0, primary + 60 * difference / np.where(c == 0, 1, c + epsilon))
    return np.where(h < 0, h + 360, h)


def hsv(x, epsilon=0.0):
    """Of channels 0 to 1: hue in degrees, saturation, value."""
    v = x.max(-1)
    s = (v - x.min(-1)) / np.where(v + epsilon == 0, 1, v + epsilon)
    return np.stack([hue(x, epsilon), s, v], -1)


def hsv_opencv(x, hues=180):
    x = x.astype(np.int64)
    r, g, b = np.moveaxis(x, -1, 0)
    v = x.max(-1)
    c = v - x.min(-1)
    k = np.where(v == r, g - b, np.where(v == g, b - r + 2 * c, r - g + 4 * c))

    def reciprocal(span, divisor):
        return np.where(divisor == 0, 0, np.round(span * 4096 / np.where(divisor == 0, 1, divisor))).astype(np.int64)

    h = (k * reciprocal(hues, 6 * c) + 2048) >> 12
    s = (c * reciprocal(255, v) + 2048) >> 12
    return np.stack([np.minimum(np.where(h < 0, h + hues, h), 255), s, v], -1)


def hsv_pillow(x):
    x = x.astype(f32)
    v = x.max(-1)
    c = v - x.min(-1)
    safe = np.where(c == 0, 1, c)
    r, g, b = np.moveaxis((v[..., None] - x) / safe[..., None], -1, 0)
    k = np.where(v == x[..., 0], b - g, np.where(v == x[..., 1], 2 + r - b, 4 + g - r)).astype(f32)
    h = np.floor(((k.astype(float) / 6 + 1) % 1).astype(f32) * 255.0)
    s = np.floor((c / np.where(v == 0, 1, v)).astype(f32) * 255.0)
    grey = c == 0
    return np.stack([np.where(grey, 0, h), np.where(grey, 0, s), v], -1).astype(np.int64)


def hls_opencv(x):
    x = x.astype(float)
    high, low = x.max(-1), x.min(-1)
    light = (high + low) / 2
    span = np.where(light < 127.5, high + low, 510 - high - low)
    s = np.where(high == low, 0, 255 * (high - low) / np.where(span == 0, 1, span))
    return np.stack([np.round(hue(x) / 2) % 180, np.round(light), np.round(s)], -1).astype(np.int64)


def ycrcb_opencv(x):
    r, g, b = np.moveaxis(x.astype(np.int64), -1, 0)
    y = (4899 * r + 9617 * g + 1868 * b + 8192) >> 14
    cr, cb = ((11682 * (r - y) + 8192) >> 14) + 128, ((9241 * (b - y) + 8192) >> 14) + 128
    return np.clip(np.stack([y, cr, cb], -1), 0, 255)


def ycbcr_pillow(x):
    rows = np.array([[0.299, 0.587, 0.114], [-0.16874, -0.33126, 0.5], [0.5, -0.41869, -0.08131]])
    y = x.astype(float) @ rows.T + np.array([0, 128, 128])
    return np.clip(np.round(y), 0, 255).astype(np.int64)


MATRIX = np.array([[0.412453, 0.35758, 0.180423], [0.212671, 0.71516, 0.072169], [0.019334, 0.119193, 0.950227]])


def lab(x, white=(0.95047, 1, 1.08883)):
    """MET-20, of channels 0 to 1."""
    flat = np.where(x > 0.04045, ((x + 0.055) / 1.055) ** 2.4, x / 12.92)
    xyz = flat @ MATRIX.T / np.array(white)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    fx, fy, fz = np.moveaxis(f, -1, 0)
    return np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], -1)


def lab_opencv(x):
    """MET-20, in fixed point."""
    levels = np.arange(256) / 255
    linear = np.where(levels > 0.04045, ((levels + 0.055) / 1.055) ** 2.4, levels / 12.92)
    shares = np.arange(3072) / 2040
    roots = np.round(np.where(shares > 0.008856, np.cbrt(shares), 7.787 * shares + 16 / 116) * 2**15).astype(np.int64)
    weights = np.round(MATRIX / np.array([[0.950456], [1], [1.088754]]) * 2**12).astype(np.int64)
    xyz = (np.round(2040 * linear).astype(np.int64)[x] @ weights.T + 2**11) >> 12
    fx, fy, fz = np.moveaxis(roots[xyz], -1, 0)
    lightness = (296 * fy - 1336934 + 2**14) >> 15
    a, b = ((500 * (fx - fy) + 2**14) >> 15) + 128, ((200 * (fy - fz) + 2**14) >> 15) + 128
    return np.clip(np.stack([lightness, a, b], -1), 0, 255)


def delta_e94(a, b):
    c1, c2 = np.hypot(a[..., 1], a[..., 2]), np.hypot(b[..., 1], b[..., 2])
    hue_part = np.maximum((a[..., 1] - b[..., 1]) ** 2 + (a[..., 2] - b[..., 2]) ** 2 - (c1 - c2) ** 2, 0)
    chroma, tint = ((c1 - c2) / (1 + 0.045 * c1)) ** 2, hue_part / (1 + 0.015 * c1) ** 2
    return np.sqrt((a[..., 0] - b[..., 0]) ** 2 + chroma + tint)


def delta_e2000(a, b):
    """Sharma, Wu and Dalal, 2005."""

    def knee(c):
        return np.sqrt(c**7 / (c**7 + 25.0**7))

    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(a, -1, 0), np.moveaxis(b, -1, 0)
    stretch = 1 + 0.5 * (1 - knee((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    neutral = c1 * c2 == 0
    step = h2 - h1
    far = np.abs(step) > 180
    total = np.where(neutral, 2 * (h1 + h2), np.where(far, h1 + h2 + np.where(h1 + h2 < 360, 360, -360), h1 + h2))
    step = np.where(neutral, 0, np.where(far, step - 360 * np.sign(step), step))
    light, chroma, h = (l1 + l2) / 2 - 50, (c1 + c2) / 2, total / 2

    def cos(degrees):
        return np.cos(np.radians(degrees))

    t = 1 - 0.17 * cos(h - 30) + 0.24 * cos(2 * h) + 0.32 * cos(3 * h + 6) - 0.2 * cos(4 * h - 63)
    dl = (l2 - l1) / (1 + 0.015 * light**2 / np.sqrt(20 + light**2))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(step / 2)) / (1 + 0.015 * chroma * t)
    rotation = -2 * knee(chroma) * np.sin(np.radians(60 * np.exp(-(((h - 275) / 25) ** 2))))
    return np.sqrt(np.maximum(dl**2 + dc**2 + dh**2 + rotation * dc * dh, 0))


def derivative_kernel(size, order):
    """MET-21."""
    if size == "scharr":
        return [3, 10, 3] if order == 0 else [-1, 0, 1]
    size = 3 if size == 1 and order else size
    weights = np.array([1])
    for _ in range(size - order - 1):
        weights = np.convolve(weights, [1, 1])
    for _ in range(order):
        weights = np.convolve(weights, [-1, 1])
    return weights


def sobel(x, dx, dy, size, border="reflect-101"):
    return correlate(x.astype(np.int64), derivative_kernel(size, dx), derivative_kernel(size, dy), border)


def laplacian(x, size):
    x = x.astype(np.int64)
    if size == 3:
        return 2 * correlate(x, [1, 0, 1], [1, 0, 1], "reflect-101") - 8 * x
    smooth, second = [1] if size == 1 else derivative_kernel(size, 0), derivative_kernel(size, 2)
    return correlate(x, second, smooth, "reflect-101") + correlate(x, smooth, second, "reflect-101")


def gaussian(x, size, sigma=0):
    sigma = sigma or 0.3 * ((size - 1) / 2 - 1) + 0.8
    kernel = np.exp(-0.5 * ((np.arange(size) - (size - 1) / 2) / sigma) ** 2)
    kernel /= kernel.sum()
    return correlate(x.astype(float), kernel, kernel, "reflect-101")


def canny(x, low, high, aperture=3, l2=False):
    """MET-22."""
    scale = 1 / 16 if aperture == 7 else 1
    weak, strong = (t * scale for t in (min(low, high), max(low, high)))
    if l2:
        weak, strong = (min(t, 32767) ** 2 if t > 0 else t for t in (weak, strong))
    weak, strong = math.floor(weak), math.floor(strong)
    dx, dy = (np.round(sobel(x, i, 1 - i, aperture, "replicate") * scale).astype(np.int64) for i in (1, 0))
    m = dx * dx + dy * dy if l2 else np.abs(dx) + np.abs(dy)
    height, width = m.shape
    padded = np.pad(m, 1)

    def at(oy, ox):
        return padded[1 + oy : 1 + oy + height, 1 + ox : 1 + ox + width]

    run, rise = np.abs(dx), np.abs(dy) << 15
    flat, steep = rise < run * 13573, rise > run * (13573 + 65536)
    falling = (dx ^ dy) < 0
    diagonal = np.where(falling, (m > at(-1, 1)) & (m > at(1, -1)), (m > at(-1, -1)) & (m > at(1, 1)))
    largest = np.where(flat, (m > at(0, -1)) & (m >= at(0, 1)), np.where(steep, (m > at(-1, 0)) & (m >= at(1, 0)), diagonal))
    candidates = largest & (m > weak)
    edges = candidates & (m > strong)
    while True:
        padded_edges = np.pad(edges, 1)
        grown = np.zeros_like(edges)
        for oy in (0, 1, 2):
            for ox in (0, 1, 2):
                grown |= padded_edges[oy : oy + height, ox : ox + width]
        grown &= candidates
        if (grown == edges).all():
            return (edges * 255).astype(np.uint8)
        edges = grown


def entropy(levels):
    counts = np.bincount(levels.ravel())
    shares = counts[counts > 0] / levels.size
    return float(-(shares * np.log2(shares)).sum()) + 0.0


def attributes(x):
    """MET-23."""
    grey, colours = grey_pillow(x), x.astype(float)
    rg = colours[..., 0] - colours[..., 1]
    yb = (colours[..., 0] + colours[..., 1]) / 2 - colours[..., 2]
    luma, highest, lowest = colours @ [0.299, 0.587, 0.114], colours.max(-1), colours.min(-1)
    low, high = float(grey.min()), float(grey.max())
    return {
        "brightness": float(grey.mean()),
        "contrast": float(grey.std()),
        "saturation": float(hsv_pillow(x)[..., 1].mean()),
        "colorfulness": float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())),
        "entropy": entropy(grey),
        "brightness_float_luma": float(luma.mean()),
        "brightness_perceived_rms_mix": float(perceived(colours).mean()),
        "brightness_perceived_of_means": float(perceived(colours.mean((0, 1)))),
        "brightness_hsv_v": float(highest.mean()),
        "contrast_float_luma": float(luma.std()),
        "contrast_unit": float(luma.std() / 255),
        "contrast_michelson": (high - low) / (high + low) if high else 0.0,
        "saturation_float": float(np.where(highest > 0, 255 * (highest - lowest) / np.maximum(highest, 1), 0).mean()),
        "saturation_opencv": float(hsv_opencv(x)[..., 1].mean()),
        "entropy_opencv_gray": entropy(grey_opencv(x)),
        "entropy_rgb_768": entropy(x + 256 * np.arange(3)),
        "rg": [float(rg.mean()), float(rg.std())],
        "yb": [float(yb.mean()), float(yb.std())],
    }


def perceived(colours):
    return np.sqrt(colours**2 @ [0.299, 0.587, 0.114])


def clusters(x, centres):
    """MET-24: centres, labels, sizes, inertia, and how often pixels were assigned."""
    pixels, centres, labels, rounds = x.reshape(-1, 3).astype(float), centres.astype(float).copy(), None, 0
    while True:
        nearest = ((pixels[:, None] - centres[None]) ** 2).sum(-1).argmin(1)
        rounds += 1
        changed = labels is None or (nearest != labels).any()
        labels = nearest
        sizes = np.bincount(labels, minlength=len(centres))
        for k in np.flatnonzero(sizes):
            centres[k] = pixels[labels == k].mean(0)
        if not changed:
            break
    order = np.argsort(-sizes, kind="stable")
    inertia = ((pixels - centres[labels]) ** 2).sum()
    return centres[order], np.argsort(order)[labels], sizes[order], float(inertia), rounds


def lab_float_opencv(x):
    """MET-20: interpolated in a grid of 33 points a channel, in units of 2^-14."""
    grid = np.stack(np.meshgrid(*[np.arange(33) / 32] * 3, indexing="ij"), -1)
    table = np.round((lab(grid) + [0, 128, 128]) / [100, 256, 256] * 2**14).astype(np.int64)
    steps = np.floor(np.round(x / 255.0 * 2**14) / 2**14 * 512).astype(np.int64)
    base, rest = steps // 16, steps % 16
    total = 0
    for corner in range(8):
        offset = np.array([corner & 1, corner >> 1 & 1, corner >> 2])
        weight = np.where(offset, rest, 16 - rest).prod(-1)
        place = np.minimum(base + offset, 32)
        total = total + weight[..., None] * table[place[..., 0], place[..., 1], place[..., 2]]
    return np.floor(total / 4096 + 0.5) / 2**14 * [100, 256, 256] - [0, 128, 128]
