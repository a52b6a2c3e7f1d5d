"""Words of numbers (MOD-4, MOD-17)."""

import re


def token_word(number):
    """MOD-4."""
    return f"v0={number}" if number < 512 else f"v1={number - 512}"


def token_of(word):
    number = number_of(word)
    if number is None:
        return None
    return number if word.startswith("v0=") else number + 512


def pose_token_of(word):
    """MOD-17: v1 alone begins at 512."""
    number = token_of(word) if word.startswith("v1=") else number_of(word)
    return number if number is not None and number < 1024 else None


def number_of(word):
    """The number of a number word, nothing for any other."""
    match = re.fullmatch(r"v[0-3]=([0-9]{1,3})", word)
    return int(match[1]) if match else None


def words_of(text):
    return [word for word in text.split() if word not in ("[EOS]", "[PAD]")]


def tokenized_words_of(text):
    """The words that the text tokenizer makes of a string, with [PAD]; a malformed number word is several."""
    words = re.findall(r"\[[A-Z]+\]|\bv[0-3]=[0-9]{1,3}\b|[^\W_]+|\S", text)
    return [word for word in words if word != "[EOS]"]
