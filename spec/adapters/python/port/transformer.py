"""Embeddings, encoder and decoder (EMB, TRN), and losses (LOS)."""

import numpy as np

from .layers import Weights, attention, block, layer_norm, linear, mlp
from .masking import expand_attention
from .modalities import EMBEDDINGS, PIXELS, SEQUENCE, TOKENS, grid, modality_id, overridden, registry
from .tensors import Refused

DEFAULTS = {
    "dim": 768,
    "num_heads": 12,
    "encoder_depth": 12,
    "decoder_depth": 12,
    "act_layer": "GELU",
    "decoder_causal_mask": False,
    "decoder_sep_mask": True,
    "num_register_tokens": 0,
    "share_modality_embeddings": True,
}


class Model:
    """A 4M model: configuration, modalities and weights."""

    def __init__(self, config, tensors, overrides):
        self.config = {**DEFAULTS, **config}
        self.modalities = overridden(registry(), overrides)
        self.weights = Weights(tensors)
        self.width, self.heads = self.config["dim"], self.config["num_heads"]
        self.activation = self.config["act_layer"]

    # Tokens and positions.

    def _positions(self, info, mask, decoder):
        """EMB-9: positions of all tokens, [B, L]."""
        if info["kind"] in (PIXELS, TOKENS):
            return np.broadcast_to(np.arange(mask.shape[1]), mask.shape)
        counted = np.maximum(np.cumsum(mask == 0, axis=1) - 1, 0)
        return np.where(counted < info["length"], counted, 0) if decoder else counted

    def _embed_positions(self, part, name, positions):
        """EMB-8, EMB-12."""
        table = self.weights[f"{part}.{name}.pos_emb"][0]
        if positions.max(initial=0) >= len(table):
            raise Refused(f"{name} has no position {positions.max()}")
        is_shared = self.config["share_modality_embeddings"] and name in self.config["domains_out"]
        owner = "decoder_embeddings" if is_shared else part
        return table[positions] + self.weights[f"{owner}.{name}.mod_emb"][0, 0]

    def _look_up(self, part, name, ids):
        table = self.weights.at(f"{part}.{name}")["token_emb.weight"]
        if (ids < 0).any() or (ids >= len(table)).any():
            raise Refused(f"{name} has an id outside 0 to {len(table) - 1}")
        return table[ids]

    def _input_tokens(self, name, values):
        """EMB-5 to EMB-7, [B, L, D]."""
        info, w = self.modalities[name], self.weights.at(f"encoder_embeddings.{name}")
        if info["kind"] == PIXELS:
            (rows, columns), (h, c) = info["patch"], grid(info)
            batch, channels = values.shape[:2]
            patches = values.reshape(batch, channels, h, rows, c, columns).transpose(0, 2, 4, 3, 5, 1)
            return linear(w.at("proj"), patches.reshape(batch, h * c, -1))
        if info["kind"] == EMBEDDINGS:
            return linear(w.at("emb_proj"), values)
        return self._look_up("encoder_embeddings", name, values)

    # Encoder.

    def select_inputs(self, batch, limit=None):
        """TRN-8 to TRN-11: token and place vectors [B, N, D], padding [B, N], modality ids [B, N]."""
        names = [name for name in batch if name in self.config["domains_in"]]
        tokens, embeddings, masks, ids = [], [], [], []
        for name in names:
            mask = batch[name]["input_mask"]
            tokens.append(self._input_tokens(name, batch[name]["tensor"]))
            embeddings.append(self._embed_positions("encoder_embeddings", name, self._positions(self.modalities[name], mask, False)))
            masks.append(mask)
            ids.append(np.full(mask.shape, self._id(name)))
        mask = np.concatenate(masks, axis=1)
        count = int((mask == 0).sum(1).max()) if limit is None else min(limit, mask.shape[1])
        order = np.argsort(mask, axis=1, kind="stable")[:, :count]
        padding = np.take_along_axis(mask, order, 1).astype(bool)
        tokens = _gather(np.concatenate(tokens, 1), order, padding)
        embeddings = _gather(np.concatenate(embeddings, 1), order, padding)
        ids = np.where(padding, -1, np.take_along_axis(np.concatenate(ids, 1), order, 1))
        if self.config["num_register_tokens"]:
            registers = self.weights["register_tokens"]
            shape = (len(tokens), *registers.shape[1:])
            tokens = np.concatenate([np.broadcast_to(registers, shape), tokens], 1)
            embeddings = np.concatenate([np.zeros(shape), embeddings], 1)
            padding = np.concatenate([np.zeros(shape[:2], bool), padding], 1)
            ids = np.concatenate([np.full(shape[:2], -1), ids], 1)
        return tokens, embeddings, padding, ids

    @staticmethod
    def _id(name):
        return modality_id(name)

    def encode(self, tokens, embeddings, padding):
        """TRN-11 to TRN-13: the encoder's output and the decoder's context."""
        x = tokens + embeddings
        for i in range(self.config["encoder_depth"]):
            x = block(self.weights.at(f"encoder.{i}"), x, self.heads, self.activation, padding[:, None])
        output = layer_norm(self.weights.at("encoder_norm"), x)
        return output, linear(self.weights.at("decoder_proj_context"), output) + embeddings

    # Decoder.

    def select_targets(self, batch, order, limit):
        """TRN-14, TRN-15, TRN-19: a dictionary of the decoder's inputs."""
        tokens, embeddings, masks, ids, compressed, targets = [], [], [], [], [], []
        for name in order:
            info, values, mask = self.modalities[name], batch[name]["tensor"], batch[name]["target_mask"]
            positions = self._positions(info, mask, True)
            entries = batch[name]["decoder_attention_mask"]
            if info["kind"] == SEQUENCE:
                vectors = self._look_up("decoder_embeddings", name, values)[:, :-1]
                targets.append(values[:, 1:])
                mask, positions, entries = mask[:, :-1] | mask[:, 1:], positions[:, :-1], entries[:, :-1]
            else:
                vectors = np.broadcast_to(self.weights["mask_token"][0, 0], (*mask.shape, self.width))
                targets.append(values)
            tokens.append(vectors)
            embeddings.append(self._embed_positions("decoder_embeddings", name, positions))
            masks.append(mask)
            ids.append(np.full(mask.shape, self._id(name)))
            compressed.append(entries)
        mask = np.concatenate(masks, axis=1)
        kept = np.argsort(mask, axis=1, kind="stable")[:, :limit]

        def take(parts):
            return np.take_along_axis(np.concatenate(parts, 1), kept, 1)

        padding, modality_ids = take(masks).astype(bool), take(ids)
        attention_mask = expand_attention(
            take(compressed), modality_ids, self.config["decoder_causal_mask"], self.config["decoder_sep_mask"]
        )
        return {
            "tokens": _gather(np.concatenate(tokens, 1), kept, padding),
            "embeddings": _gather(np.concatenate(embeddings, 1), kept, padding),
            "padding": padding,
            "modality_ids": np.where(padding, -1, modality_ids),
            "attention_mask": attention_mask,
            "target_ids": np.where(padding, 0, take(targets)),
        }

    def decode(self, y, context, padding, attention_mask):
        """TRN-16, TRN-17."""
        for i in range(self.config["decoder_depth"]):
            w = self.weights.at(f"decoder.{i}")
            y = y + attention(w.at("self_attn"), layer_norm(w.at("norm1"), y), None, self.heads, attention_mask)
            normed = layer_norm(w.at("context_norm"), context)
            y = y + attention(w.at("cross_attn"), layer_norm(w.at("query_norm"), y), normed, self.heads, padding[:, None])
            y = y + mlp(w.at("mlp"), layer_norm(w.at("norm2"), y), self.activation)
        return layer_norm(self.weights.at("decoder_norm"), y)

    def logits(self, name, y):
        """TRN-18."""
        return linear(self.weights.at(f"decoder_embeddings.{name}.to_logits"), y)

    # What generation decodes.

    def image_targets(self, name, positions):
        """GEN-9: the decoder's inputs at some positions, [B, M, D]."""
        return self.weights["mask_token"][0, 0] + self._embed_positions("decoder_embeddings", name, positions)

    def sequence_targets(self, name, ids):
        """GEN-13: the decoder's inputs for the ids so far, [B, M, D]."""
        positions = np.arange(ids.shape[1])
        positions = np.where(positions < self.modalities[name]["length"], positions, 0)
        return self._look_up("decoder_embeddings", name, ids) + self._embed_positions("decoder_embeddings", name, positions)[None]


def _gather(vectors, order, padding):
    taken = np.take_along_axis(vectors, order[:, :, None], 1)
    return np.where(padding[:, :, None], 0, taken)


def losses(model, output, targets, order):
    """LOS-1 to LOS-4: the loss of each modality, and both totals in official mode."""
    each, counts, sizes = {}, [], []
    for name in order:
        kept = targets["modality_ids"] == model._id(name)
        logits = model.logits(name, output[kept])
        counts.append(int(kept.sum()))
        sizes.append(logits.shape[-1])
        if not counts[-1]:
            each[name] = 0.0
            continue
        shifted = logits - logits.max(-1, keepdims=True)
        log_probabilities = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
        ids = targets["target_ids"][kept]
        each[name] = -log_probabilities[np.arange(len(ids)), ids].mean()
    weights = np.array(counts) * np.array(sizes)
    by_token = sum(weight * loss for weight, loss in zip(weights, each.values())) / max(weights.sum(), 1)
    return each, sum(each.values()) / len(each), by_token
