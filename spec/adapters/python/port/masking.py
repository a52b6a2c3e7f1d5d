"""Masking (MSK). Random numbers are arguments."""

import numpy as np

from .tensors import Refused

PAD, EOS = 0, 3
SENTINELS = [4 + k for k in range(200)]


def budgets(total, caps, least, draw):
    """MSK-1 to MSK-3. `draw` gives a vector of shares at every call."""
    for _ in range(100):
        shares = np.asarray(draw(), np.float32)
        result = np.floor(shares * np.float32(total)).astype(int)
        for _ in range(total - result.sum()):
            result[np.argmax(draw())] += 1
        result = np.minimum(result, caps)
        if (result >= least).all():
            break
    return [int(n) for n in result]


def target_caps(is_image, max_tokens, least, input_budgets):
    """MSK-2."""
    caps = [m - n if image else m for image, m, n in zip(is_image, max_tokens, input_budgets)]
    return np.maximum(caps, least)


def image_mask(noise, input_budget, target_budget):
    """MSK-4, MSK-5."""
    rank = np.argsort(noise, kind="stable")
    input_mask = (rank >= input_budget).astype(np.uint8)
    end = len(noise) if target_budget is None else input_budget + target_budget
    target_mask = 1 - ((rank >= input_budget) & (rank < end)).astype(np.uint8)
    attention = np.zeros(len(noise), np.int32)
    targets = np.flatnonzero(target_mask == 0)
    if len(targets):
        attention[targets[0]] = len(targets)
    return input_mask, target_mask, attention


def spans(chunks, draws, keep):
    """MSK-6."""
    inputs, targets, count, masked_before = [], [], 0, False

    def sentinel(k):
        if k >= len(SENTINELS):
            raise Refused(f"there is no sentinel [S_{k}]")
        return SENTINELS[k]

    for chunk, draw in zip(chunks, draws):
        masked = draw > np.float32(keep)
        if masked and not masked_before:
            count += 1
            inputs.append(sentinel(count))
            targets.append(sentinel(count))
        (targets if masked else inputs).extend(chunk)
        masked_before = masked
    return inputs, targets + [sentinel(count + 1)]


def text_chunks(ids, max_tokens):
    """MSK-8."""
    return [[number] for number in [*ids, EOS][:max_tokens]]


def whole_chunks(chunks, max_tokens):
    """MSK-8."""
    kept, count = [], 0
    for chunk in [*chunks, [EOS]]:
        count += len(chunk)
        if count <= max_tokens:
            kept.append(chunk)
    return kept


def split_within_budget(chunks, input_budget, keep, vectors):
    """MSK-9, MSK-10. `vectors` gives a vector of draws at every call."""
    if input_budget == 0:
        return [], spans(chunks, vectors(), 0)[1]
    inputs, targets = spans(chunks, vectors(), keep)
    while len(inputs) > input_budget:
        keep *= 0.9
        inputs, targets = spans(chunks, vectors(), keep)
    return inputs, targets


def cut_target(target, budget, choose):
    """MSK-11. `choose(n)` gives a number from 0 to n - 1."""
    if budget is None or len(target) <= budget:
        return target
    starts = [i for i, number in enumerate(target) if number in SENTINELS]
    start = starts[choose(max(1, len(starts) - 1))]
    if len(target) - start >= budget:
        return target[start : start + budget]
    return target[next(i for i in starts if len(target) - i <= budget) :]


def layout(inputs, target, max_tokens, start):
    """MSK-7."""
    length, end = 2 * (max_tokens + 1), start + len(target)
    if end > length or len(inputs) > length:
        raise Refused(f"{end} positions do not fit into {length}")
    ids = np.full(length, PAD, np.int32)
    ids[: len(inputs)], ids[start:end] = inputs, target
    input_mask, target_mask, attention = np.ones(length, np.uint8), np.ones(length, np.uint8), np.zeros(length, np.int32)
    input_mask[: len(inputs)] = 0
    target_mask[start:end] = 0
    attention[start:end] = 1
    return ids, input_mask, target_mask, attention


def sequence_mask(chunks, max_tokens, input_budget, target_budget, keep, vectors, choose):
    """MSK-7 to MSK-11."""
    inputs, target = split_within_budget(chunks, input_budget, keep, vectors)
    return layout(inputs, cut_target(target, target_budget, choose), max_tokens, input_budget)


def embedding_mask(vectors_of_sample, max_tokens, input_budget, keep, vectors):
    """MSK-13."""
    # Rows are numbered behind the sentinels, which stand for zero vectors.
    first = SENTINELS[-1] + 1
    rows = [[first + i] for i in range(min(len(vectors_of_sample), max_tokens))]
    inputs = [number - first for number in split_within_budget(rows, input_budget, keep, vectors)[0]]
    width = len(vectors_of_sample[0]) if len(vectors_of_sample) else 0
    tensor = np.zeros((max_tokens, width), np.float32)
    for i, row in enumerate(inputs):
        if row >= 0:
            tensor[i] = vectors_of_sample[row]
    input_mask = np.ones(max_tokens, np.uint8)
    input_mask[: len(inputs)] = 0
    return tensor, input_mask, np.ones(max_tokens, np.uint8), np.zeros(max_tokens, np.int32)


def transfer_image(role, count):
    """MSK-15."""
    attention = np.zeros(count, np.int32)
    if role == "target" and count:
        attention[0] = count
    is_input = role == "input"
    return np.full(count, not is_input, np.uint8), np.full(count, is_input, np.uint8), attention


def transfer_sequence(role, chunks, max_tokens):
    """MSK-16."""
    inputs, target = spans(chunks, [0.5] * len(chunks), 1 if role == "input" else 0)
    return layout(inputs if role == "input" else [], target, max_tokens, max_tokens)


def split_by_sentinel(ids):
    """MSK-17."""
    groups, current = {}, None
    for number in ids:
        if number in SENTINELS:
            current = number
        else:
            groups.setdefault(current, []).append(number)
    return groups


def merge(inputs, predicted):
    """MSK-17."""
    groups, merged = split_by_sentinel(predicted), []
    for number in inputs:
        merged += groups.get(number, []) if number in SENTINELS else [number]
    return merged


def expand_attention(compressed, modality_ids, causal, separate):
    """TRN-20 to TRN-22: 1 where a query (row) may not see a key (column). [B, M] to [B, M, M]."""
    count = compressed.shape[1]
    columns = np.arange(count)
    if causal:
        masked = np.broadcast_to(columns[None, None, :] > columns[None, :, None], (len(compressed), count, count))
    else:
        masked = columns[None, None, :] >= np.cumsum(compressed, axis=1)[:, :, None]
    if separate:
        masked = masked | (modality_ids[:, :, None] != modality_ids[:, None, :])
    return masked.astype(np.uint8)
