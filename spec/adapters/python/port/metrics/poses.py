"""Poses and rotations."""

import math

import numpy as np


def nearest_rotation(matrix):
    """MET-14."""
    u, _, vt = np.linalg.svd(matrix)
    return u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt


def procrustes(p, g, used):
    """MET-13: scale, rotation and aligned joints."""
    mp, mg = p[used].mean(0), g[used].mean(0)
    centred = p[used] - mp
    covariance = (g[used] - mg).T @ centred
    rotation, size = nearest_rotation(covariance), (centred**2).sum()
    scale = np.trace(rotation.T @ covariance) / size if size >= 1e-18 else None
    return scale, rotation, (scale or 0) * (p - mp) @ rotation.T + mg


def distances(a, b, used):
    return np.sqrt(((a - b)[used] ** 2).sum(-1))


def quaternion(a):
    angle = np.linalg.norm(a, axis=-1, keepdims=True)
    safe = np.where(angle < 1e-3, 1, angle)
    scale = np.where(angle < 1e-3, 0.5 - angle**2 / 48 + angle**4 / 3840, np.sin(angle / 2) / safe)
    q = np.concatenate([np.cos(angle / 2), a * scale], -1)
    return np.where(q[..., :1] < 0, -q, q)


def rotation_of(q):
    w, x, y, z = np.moveaxis(q, -1, 0)
    rows = [
        [w * w + x * x - y * y - z * z, 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), w * w - x * x + y * y - z * z, 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), w * w - x * x - y * y + z * z],
    ]
    return np.stack([np.stack(row, -1) for row in rows], -2)


def quaternion_of(m):
    """The quaternion of a rotation matrix, by its largest component."""
    xx, yy, zz = np.diag(m)
    rows = np.array([
        [1 + xx + yy + zz, m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]],
        [m[2, 1] - m[1, 2], 1 + xx - yy - zz, m[0, 1] + m[1, 0], m[0, 2] + m[2, 0]],
        [m[0, 2] - m[2, 0], m[0, 1] + m[1, 0], 1 - xx + yy - zz, m[1, 2] + m[2, 1]],
        [m[1, 0] - m[0, 1], m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], 1 - xx - yy + zz],
    ])
    best = rows[np.argmax(np.diag(rows))]
    q = best / np.linalg.norm(best)
    return -q if q[0] < 0 else q


def axis_angle(q):
    q = -q if q[0] < 0 else q
    length = np.linalg.norm(q[1:])
    angle = 2 * math.atan2(length, q[0])
    return q[1:] * (2 + angle**2 / 12 + 7 * angle**4 / 2880 if angle < 1e-3 else angle / length)


LAYOUTS = {"columns": [0, 3, 6, 1, 4, 7], "interleaved": [0, 1, 3, 4, 6, 7], "rows": [0, 1, 2, 3, 4, 5]}


def from_columns(six):
    """Gram–Schmidt of the first two columns, one after the other."""

    def direction(v):
        return v / np.linalg.norm(v, axis=-1, keepdims=True)

    first = direction(six[..., :3])
    second = direction(six[..., 3:] - (six[..., 3:] * first).sum(-1, keepdims=True) * first)
    return np.stack([first, second, np.cross(first, second)], -1)


def from_six(six, layout):
    order = LAYOUTS["columns"] if layout == "rows" else LAYOUTS[layout]
    parts = np.zeros((len(six), 9))
    parts[:, order] = six
    matrix = from_columns(parts[:, LAYOUTS["columns"]])
    return matrix.transpose(0, 2, 1) if layout == "rows" else matrix


def euler(m):
    """About the fixed axes x, y and z."""
    pitch = math.atan2(-m[2, 0], math.hypot(m[2, 1], m[2, 2]))
    if math.pi / 2 - abs(pitch) < 1e-7:
        return [math.atan2(-m[1, 2], m[1, 1]), pitch, 0.0]
    return [math.atan2(m[2, 1], m[2, 2]), pitch, math.atan2(m[1, 0], m[0, 0])]
