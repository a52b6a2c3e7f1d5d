"""Generation in official mode (GEN, GDC)."""

import numpy as np

from .masking import EOS, PAD, SENTINELS, merge
from .modalities import EMBEDDINGS, SEQUENCE
from .sampling import guided, is_greedy, most_confident, sample

S1, S2 = SENTINELS[1], SENTINELS[2]


def state(tensor, input_mask, target_mask, attention=None):
    shape = input_mask.shape
    attention = np.zeros(shape, np.int32) if attention is None else attention
    masks = {"input_mask": input_mask.astype(np.uint8), "target_mask": target_mask.astype(np.uint8)}
    return {"tensor": tensor, **masks, "decoder_attention_mask": attention.astype(np.int32)}


def copied(batch):
    return {name: {key: value.copy() for key, value in entry.items()} for name, entry in batch.items()}


def empty_image(size, count):
    """GEN-1."""
    return state(np.zeros((size, count), np.int32), np.ones((size, count)), np.zeros((size, count)))


def empty_sequence(size, length):
    """GEN-3."""
    length = max(length, 2)
    ids = np.full((size, length), PAD, np.int32)
    ids[:, :2], ids[:, -1] = S1, S2
    open_ = np.ones((size, length))
    open_[:, 0] = 0
    return state(ids, open_, 1 - open_, open_)


def empty_embeddings(tensor):
    """GEN-4."""
    shape = tensor.shape[:2]
    masked = np.ones(shape)
    masked[:, 0] = 0
    return state(np.zeros_like(tensor), masked, np.ones(shape))


def full_sequence(ids):
    """GEN-5."""
    ids = ids.copy()
    found = np.argwhere(ids == EOS)
    if not len(found):
        ids[:, 0] = EOS
    end = found[0][1] if len(found) else 0
    masked = np.broadcast_to(np.arange(ids.shape[1]) > end, ids.shape)
    return state(ids, masked, np.ones(ids.shape))


def prompt(ids, start, end, length):
    """GEN-7."""
    target = [start] + [PAD] * (length - 2) + [end]
    tensor = np.array([[*ids, *target]], np.int32)
    masked = (np.arange(tensor.shape[1]) >= len(ids))[None]
    return state(tensor, masked, ~masked)


def without_input(entry, kind):
    """GDC-4."""
    size, length = entry["input_mask"].shape
    if kind == SEQUENCE:
        return empty_sequence(size, length)
    if kind == EMBEDDINGS:
        return empty_embeddings(entry["tensor"])
    # GEN-2
    return {**entry, "input_mask": np.ones((size, length), np.uint8), "target_mask": np.zeros((size, length), np.uint8)}


class Generator:
    """
    Runs the steps of a chain.

    draw: gives the uniform numbers of a call of sampling, or nothing for the likeliest tokens
    order: gives the noise that orders the positions of ROAR
    record: called with the name and value of every intermediate result
    """

    def __init__(self, model, top_k, top_p, draw, order, record):
        self.model, self.top_k, self.top_p = model, top_k, top_p
        self.draw, self.order, self.record = draw, order, record
        self.calls = self.selections = 0

    def run(self, batch, schedule, conditions=None):
        """The batch after all steps. Conditions are batches of their own (GEN-16 to GEN-18)."""
        batch = copied(batch)
        conditions = None if conditions is None else [copied(condition) for condition in conditions]
        target = None
        for index, step in enumerate(schedule):
            if conditions is not None and target != step["target_domain"]:
                self._next_target(batch, conditions, target, step["target_domain"])
            target = step["target_domain"]
            passes, weights = self._passes(batch, step, conditions)
            if step["scheme"] == "autoregressive":
                batch[target] = self._sequence(passes, weights, batch[target], step)
            else:
                written = [batch, *(conditions or [])]
                self._image(passes, weights, written, step)
            entry = batch[target]
            for key in ("tensor", "input_mask", "target_mask", "decoder_attention_mask"):
                self.record(f"out.step{index:03}.{key}", entry[key].copy())
        return batch

    @staticmethod
    def _next_target(batch, conditions, before, target):
        """GEN-16, GEN-18."""
        if before is not None:
            for condition in conditions:
                del condition[before]
            completed = {key: value.copy() for key, value in batch[before].items()}
            completed["input_mask"][:] = 0
            completed["target_mask"][:] = 1
            batch[before]["input_mask"][:] = 1
            conditions.append({before: completed})
        for condition in conditions:
            condition.update(copied({target: batch[target]}))

    def _passes(self, batch, step, conditions):
        """GDC-2 to GDC-5: batches, the unconditional one last, and their weights."""
        if conditions is not None:
            return [*conditions, batch], step["cfg_scale"]
        scale, names = step["cfg_scale"], step["cfg_cond_domains"]
        if scale == 1 or not names:
            return [batch], []
        emptied = {name: without_input(batch[name], self.model.modalities[name]["kind"]) for name in names if name in batch}
        return [batch, {**batch, **emptied}], [scale]

    def _encoded(self, batch):
        tokens, embeddings, padding, _ = self.model.select_inputs(batch)
        return self.model.encode(tokens, embeddings, padding)[1], padding

    def _record_logits(self, logits):
        logits = logits.astype(np.float32)
        self.record(f"out.call{self.calls:03}.logits", logits.reshape(-1, logits.shape[-1]))
        self.calls += 1
        return logits.astype(np.float64)

    def _guided(self, logits, weights):
        return guided(logits[-1], logits[:-1], weights) if weights else logits[0]

    def _image(self, passes, weights, written, step):
        """GEN-9 to GEN-12, GEN-17."""
        name, roar = step["target_domain"], step["scheme"] == "roar"
        logits = []
        for batch in passes:
            target_mask = batch[name]["target_mask"]
            count = int((target_mask[0] == 0).sum())
            keys = target_mask.astype(np.float64)
            if roar:
                keys = keys + self.order()[None] * 1e-6
                count = min(count, step["num_tokens"])
            positions = np.argsort(keys, axis=1, kind="stable")[:, :count]
            context, padding = self._encoded(batch)
            y = self.model.image_targets(name, positions)
            output = self.model.decode(y, context, padding, None)
            logits.append(self._record_logits(self.model.logits(name, output)))
        combined = self._guided(logits, weights)
        greedy = is_greedy(step["temperature"])
        drawn = self._draw(combined.reshape(-1, combined.shape[-1]), step["temperature"])
        ids = np.array([number for number, _ in drawn]).reshape(positions.shape)
        confidences = np.array([p for _, p in drawn]).reshape(positions.shape)
        self.record(f"out.sel{self.selections:03}.samples", ids.ravel().astype(np.int32))
        self.record(f"out.sel{self.selections:03}.sampled_probs", confidences.ravel().astype(np.float32))
        self.selections += 1
        for b in range(len(positions)):
            committed = range(positions.shape[1])
            if not roar:
                committed = most_confident(confidences[b], step["num_tokens"], greedy)
            for i in committed:
                for k, batch in enumerate(written):
                    entry, place = batch[name], positions[b, i]
                    frozen = roar and k > 0
                    entry["tensor"][b, place] = ids[b, i]
                    entry["input_mask"][b, place] = frozen
                    entry["target_mask"][b, place] = not frozen

    def _draw(self, rows, temperature):
        greedy = is_greedy(temperature)
        uniforms = None if greedy else self.draw(len(rows))
        numbers = [None] * len(rows) if uniforms is None else uniforms
        return [sample(row.astype(np.float32), temperature, self.top_k, self.top_p, u) for row, u in zip(rows, numbers)]

    def _sequence(self, passes, weights, entry, step):
        """GEN-13 to GEN-15."""
        name = step["target_domain"]
        encoded = [self._encoded(batch) for batch in passes]
        last = passes[-1][name]
        targets = [row[mask == 0] for row, mask in zip(last["tensor"], last["target_mask"])]
        ids = np.array([[row[0]] for row in targets], np.int32)
        stop = targets[0][-1]
        if not (ids == stop).any(1).all():
            for _ in range(min(self.model.modalities[name]["tokens"], len(targets[0]))):
                count = ids.shape[1]
                causal = np.triu(np.ones((count, count), bool), 1)[None]
                logits = []
                for context, padding in encoded:
                    output = self.model.decode(self.model.sequence_targets(name, ids), context, padding, causal)
                    logits.append(self._record_logits(self.model.logits(name, output[:, -1])))
                drawn = self._draw(self._guided(logits, weights), step["temperature"])
                ids = np.concatenate([ids, [[number] for number, _ in drawn]], axis=1).astype(np.int32)
                if (ids == stop).any(1).all():
                    break
        merged = []
        for b, row in enumerate(ids):
            inputs = entry["tensor"][b][entry["input_mask"][b] == 0]
            merged.append(merge(inputs if len(inputs) else [S1], row))
        length = max(map(len, merged))
        tensor = np.full((len(merged), length), PAD, np.int32)
        masked = np.ones((len(merged), length))
        for b, row in enumerate(merged):
            tensor[b, : len(row)] = row
            masked[b, : len(row)] = 0
        return state(tensor, masked, masked.copy())
