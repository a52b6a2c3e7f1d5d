"""The text tokenizer (TXT)."""

import json
import os
import unicodedata

from .tensors import Refused

TABLES = os.path.join(os.path.dirname(__file__), "..", "..", "..", "tables", "characters.json")
IDEOGRAPHS = ["4e00-9fff", "3400-4dbf", "20000-2a6df", "2a700-2b73f", "2b740-2b81f", "2b920-2ceaf", "f900-faff", "2f800-2fa1f"]
WHITE_SPACE = ["9-d", "20", "85", "a0", "1680", "2000-200a", "2028", "2029", "202f", "205f", "3000"]


class CharacterSet:
    """Ranges of code points as `a` or `a-b`, hexadecimal (TXT-17)."""

    def __init__(self, ranges):
        self.ranges = [(int(r.split("-")[0], 16), int(r.split("-")[-1], 16)) for r in ranges]

    def __contains__(self, character):
        code = ord(character)
        return any(first <= code <= last for first, last in self.ranges)


with open(TABLES, encoding="utf-8") as file:
    SETS = {name: CharacterSet(ranges) for name, ranges in json.load(file).items()}
REMOVED, DECOMPOSING, ACCENTS = SETS["removed"], SETS["decomposing"], SETS["accents"]
PUNCTUATION, WORD = SETS["punctuation"], SETS["word"]
IDEOGRAPH, SPACE = CharacterSet(IDEOGRAPHS), CharacterSet(WHITE_SPACE)

CLEANUPS = [
    (" .", "."),
    (" ?", "?"),
    (" !", "!"),
    (" ,", ","),
    (" ' ", "'"),
    (" n't", "n't"),
    (" 'm", "'m"),
    (" do not", " don't"),
    (" 's", "'s"),
    (" 've", "'ve"),
    (" 're", "'re"),
]


def normalize(text):
    """TXT-8."""
    kept = "".join(" " if c in SPACE else c for c in text if c not in REMOVED and not 0xD800 <= ord(c) < 0xE000)
    spaced = "".join(f" {c} " if c in IDEOGRAPH else c for c in kept)
    decomposed, run = [], ""
    for c in spaced:
        if c in DECOMPOSING:
            run += c
        else:
            decomposed += [unicodedata.normalize("NFD", run), c]
            run = ""
    decomposed.append(unicodedata.normalize("NFD", run))
    plain = "".join(c for c in "".join(decomposed) if c not in ACCENTS)
    return "".join(c.lower() for c in plain)


def words(text):
    """TXT-10."""
    result, word = [], ""
    for c in text:
        if c in SPACE or c in PUNCTUATION:
            if word:
                result.append(word)
            word = ""
            if c in PUNCTUATION:
                result.append(c)
        else:
            word += c
    return result + ([word] if word else [])


class Tokenizer:
    """The published tokenizer (TXT-1)."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        model = content["model"]
        self.vocabulary = model["vocab"]
        self.unknown = self.vocabulary[model["unk_token"]]
        self.prefix = model["continuing_subword_prefix"]
        self.longest = model["max_input_chars_per_word"]
        self.added = content["added_tokens"]
        self.ids = {**self.vocabulary, **{token["content"]: token["id"] for token in self.added}}
        self.tokens = {number: token for token, number in self.ids.items()}
        self.special = {token["content"] for token in self.added if token["special"]}
        self.raw = self._patterns({t["content"]: t for t in self.added if not t["normalized"]})
        self.normalized = self._patterns({normalize(t["content"]): t for t in self.added if t["normalized"]})
        self.pad, self.sos, self.eos = self.ids["[PAD]"], self.ids["[SOS]"], self.ids["[EOS]"]
        self.sentinels = [self.ids[f"[S_{k}]"] for k in range(200)]

    @staticmethod
    def _patterns(tokens):
        """Tokens by pattern, and for each first character the lengths of patterns, longest first."""
        lengths = {}
        for pattern in tokens:
            lengths.setdefault(pattern[0], set()).add(len(pattern))
        return tokens, {c: sorted(n, reverse=True) for c, n in lengths.items()}

    @staticmethod
    def _split(text, patterns):
        """Strings and added tokens (TXT-6, TXT-7)."""
        tokens, lengths = patterns
        parts, done, at = [], 0, 0
        while at < len(text):
            length = next((n for n in lengths.get(text[at], ()) if text[at : at + n] in tokens), 0)
            if not length:
                at += 1
                continue
            token, end = tokens[text[at : at + length]], at + length
            touches = (at > 0 and text[at - 1] in WORD) or (end < len(text) and text[end] in WORD)
            if not (token["single_word"] and touches):
                parts += [text[done:at], token]
                done = end
            at = end
        return parts + [text[done:]]

    def encode(self, text):
        """TXT-5 to TXT-12."""
        ids = []
        for part in self._split(text, self.raw):
            if isinstance(part, dict):
                ids.append(part["id"])
                continue
            for piece in self._split(normalize(part), self.normalized):
                if isinstance(piece, dict):
                    ids.append(piece["id"])
                else:
                    ids += [number for word in words(piece) for number in self._pieces(word)]
        return ids

    def _pieces(self, word):
        if len(word) > self.longest:
            return [self.unknown]
        ids, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = (self.prefix if start else "") + word[start:end]
                if piece in self.vocabulary:
                    break
            else:
                return [self.unknown]
            ids.append(self.vocabulary[piece])
            start = end
        return ids

    def decode(self, ids, skip_special=False):
        """TXT-13 to TXT-16."""
        text = ""
        first = True
        for number in ids:
            if number not in self.tokens:
                raise Refused(f"no token has the id {number}")
            token = self.tokens[number]
            if skip_special and token in self.special:
                continue
            if first:
                joined = token
            elif token.startswith(self.prefix):
                joined = token[len(self.prefix) :]
            else:
                joined = " " + token
            for old, new in CLEANUPS:
                joined = joined.replace(old, new)
            text += joined
            first = False
        return text
