"""Human poses: dictionaries with box in fractions, pose (8 ids), global (9), camera (3) and shape (10)."""

from .detections import crop_box
from .words import number_of, pose_token_of, token_word, tokenized_words_of


COMPONENTS = {"pose": (8, 1, 0), "global": (9, 499.5, 499.5), "camera": (3, 49.95, 49.95), "shape": (10, 166.5, 499.5)}


def crop_poses(people, crop, size):
    """MOD-15."""
    kept = []
    for person in people:
        x0, y0, x1, y1 = box = crop_box(person["box"], crop, size)
        outside = (x0 < 0 and x1 < 0) or (y0 < 0 and y1 < 0) or (x0 > 1 and x1 > 1) or (y0 > 1 and y1 > 1)
        if not outside:
            kept.append({**person, "box": [min(max(x, 0), 1) for x in box]})
    return kept


def poses_to_text(people, order):
    """MOD-14 to MOD-16, in official mode."""
    if not people:
        return "none"
    text = ""
    for person in people:
        words = ["human"] + [f"v{axis}={round(min(max(x, 0), 1) * 999)}" for axis, x in enumerate(person["box"])]
        for name in order:
            _, scale, offset = COMPONENTS[name]
            numbers = [round(x * scale + offset) for x in person[name]]
            if name == "camera":
                numbers = [min(max(n, 0), 999) for n in numbers]
            words += [name] + ([token_word(n) for n in numbers] if name == "pose" else [f"v0={n}" for n in numbers])
        text += " ".join(words) + " "
    return text


def text_to_poses(text):
    """MOD-17, in official mode."""
    all_words = tokenized_words_of(text)
    people, rows = [], [all_words[i : i + 39] for i in range(0, len(all_words) - 38, 39)]
    for words in rows:
        corners = [number_of(word) for word in words[1:5]]
        if None in corners:
            continue
        person = {"box": [n / 999 for n in corners]}
        for name, (count, scale, offset) in COMPONENTS.items():
            start = words.index(name) + 1 if name in words else len(words)
            numbers = [(pose_token_of if name == "pose" else number_of)(word) for word in words[start : start + count]]
            if len(numbers) < count or None in numbers:
                break
            person[name] = [(n - offset) / scale for n in numbers]
        else:
            people.append(person)
    return people
