"""Masking."""

import numpy as np

from port import masking, modalities
from runners.task import kind


def listed(ids, input_mask, target_mask, attention):
    fields = {"tensor": ids, "input_mask": input_mask, "target_mask": target_mask, "decoder_attention_mask": attention}
    return {name: np.asarray(values).tolist() for name, values in fields.items()}


@kind("mask.budget")
def budgets(task):
    shares = task.options["modalities"]
    least = [x["min_tokens"] for x in shares]
    max_tokens = [x["max_tokens"] for x in shares]
    known = modalities.registry()
    is_image = [known[x["modality"]]["kind"] in (modalities.PIXELS, modalities.TOKENS) for x in shares]
    for i, entry in enumerate(task.document):

        def draws(name):
            vectors = iter([v for call, values in entry[name] for v in ([values] if call == "sample" else values)])
            return lambda: next(vectors)

        inputs = masking.budgets(entry["num_input_tokens"], max_tokens, least, draws("input_draws"))
        caps = masking.target_caps(is_image, max_tokens, least, inputs)
        targets = masking.budgets(entry["num_target_tokens"], caps, least, draws("target_draws"))
        task.value(f"/{i}", {"input_budget": inputs, "target_budget": targets})


@kind("mask.image")
def image_masks(task):
    for call in task.options["calls"]:
        name = f"img{call['k']}"
        results = masking.image_mask(task.arrays[f"in.{name}.noise"], call["input_budget"], call["target_budget"])
        for key, values in zip(("input_mask", "target_mask", "decoder_attention_mask"), results):
            task.tensor(f"out.{name}.{key}", values, values.dtype)


@kind("mask.decoder_attention")
def decoder_attention(task):
    for call in task.options["expansions"]:
        compressed, ids = task.arrays[call["mask"]].astype(int), task.arrays[call["modalities"]]
        task.tensor(call["result"], masking.expand_attention(compressed, ids, call["causal"], call["separate"]), np.uint8)


@kind("mask.span")
def spans(task):
    for i, entry in enumerate(task.document):
        chunks = entry.get("chunks") or [[number] for number in entry.get("sequence", [])]
        task.attempt(f"/{i}", lambda chunks=chunks, entry=entry: masked_and_merged(chunks, entry))


def masked_and_merged(chunks, entry):
    inputs, target = masking.spans(chunks, entry["rand"], entry["keep_prob"])
    return {"input": inputs, "target": target, "merged_back": masking.merge(inputs, target)}


@kind("mask.merge")
def merges(task):
    for i, entry in enumerate(task.document):
        groups = masking.split_by_sentinel(entry["decoder"])
        splits = {str(sentinel): run for sentinel, run in groups.items()}
        task.value(f"/{i}", {"merged": masking.merge(entry["input"], entry["decoder"]), "splits": splits})


def recorded(entry):
    """Draws and choices as they were recorded."""
    vectors = iter(entry["rand_draws"])
    choices = entry.get("sentinel_choice")
    values = iter(choices if isinstance(choices, list) else [])
    return lambda: next(vectors), lambda n: n - 1 if choices == "n-1" else next(values)[1]


@kind("mask.sequence")
def sequence_masks(task):
    tokenizer = task.tokenizer()
    for i, entry in enumerate(task.document):
        text, max_tokens = entry["text"], entry["max_tokens"]
        if isinstance(text, str):
            chunks = masking.text_chunks(tokenizer.encode(text), max_tokens)
        else:
            chunks = masking.whole_chunks([tokenizer.encode(part) for part in text], max_tokens)
        budgets = entry["input_budget"], entry["target_budget"]
        masked = (chunks, max_tokens, *budgets, entry["keep_prob_drawn"], *recorded(entry))
        task.attempt(f"/{i}", lambda masked=masked: listed(*masking.sequence_mask(*masked)))


@kind("mask.seqtoken_emb")
def token_and_embedding_masks(task):
    for i, entry in enumerate(task.document):
        draws, choose = recorded(entry)
        max_tokens, budget, keep = entry["max_tokens"], entry["input_budget"], entry["keep_prob_drawn"]
        if entry["fn"] == "sequence_token_mask":
            chunks = [[number + entry["vocab_offset"]] for number in entry["ids"]]
            masked = masking.sequence_mask(chunks, max_tokens, budget, entry["target_budget"], keep, draws, choose)
        else:
            masked = masking.embedding_mask(entry["emb"], max_tokens, budget, keep, draws)
        task.value(f"/{i}", listed(*masked))


@kind("mask.transfer")
def transfer_masks(task):
    tokenizer = task.tokenizer()
    for i, entry in enumerate(task.document):
        role, what = entry["fn"].split("_")
        if what == "image":
            masked = listed(None, *masking.transfer_image(role, entry["num_tokens"]))
            del masked["tensor"]
        else:
            chunks = masking.text_chunks(tokenizer.encode(entry["text"]), entry["max_tokens"])
            masked = listed(*masking.transfer_sequence(role, chunks, entry["max_tokens"]))
        task.value(f"/{i}", masked)
