"""The strings of a checkpoint's header (CKP-4 to CKP-6): YAML 1.1 on one line."""

import datetime
import re

from .tensors import Refused

NULL, TRUE, FALSE = ("~", "null", ""), ("yes", "true", "on"), ("no", "false", "off")
INTEGER = re.compile(r"[-+]?(0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(:[0-5]?[0-9])+)")
FLOAT = re.compile(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?|\.[0-9][0-9_]*([eE][-+][0-9]+)?|"
    r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
TIME = re.compile(r"\d{4}-\d\d?-\d\d?([Tt]|[ \t]+)\d\d?:\d\d:\d\d")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", '"': '"', "\\": "\\", "/": "/", " ": " "}


class NotYaml(ValueError):
    """The string stays as it is."""


class Unsupported(ValueError):
    """YAML that this port does not read."""


def parse(text):
    """The value of a string of the header."""
    if len(text) > 10_000:
        return text
    text = text.replace("None", "null")
    try:
        return Reader(text).document()
    except NotYaml:
        return text


def scalar(text):
    """CKP-6."""

    def among(words):
        return any(text in (word, word.capitalize(), word.upper()) for word in words)

    if among(NULL):
        return None
    if among(TRUE) or among(FALSE):
        return among(TRUE)
    try:
        if INTEGER.fullmatch(text):
            return integer(text.replace("_", ""))
        if FLOAT.fullmatch(text):
            return real(text.replace("_", "").lower())
        if found := DATE.fullmatch(text):
            return datetime.date(*map(int, found.groups()))
    except ValueError as error:
        raise Refused(f"{text}: {error}") from error
    if TIME.match(text):
        raise Unsupported("a timestamp")
    return text


def integer(text):
    sign, digits = (-1 if text[0] == "-" else 1), text.lstrip("+-")
    if ":" in digits:
        return sign * int(sixties(digits))
    for prefix, base in (("0b", 2), ("0x", 16), ("0", 8)):
        if digits.startswith(prefix) and digits != "0":
            return sign * int(digits[len(prefix) :], base)
    return sign * int(digits)


def real(text):
    sign, digits = (-1 if text[0] == "-" else 1), text.lstrip("+-")
    if ":" in digits:
        return sign * sixties(digits)
    return sign * float(digits[1:] if digits[1:] in ("inf", "nan") else digits)


def sixties(digits):
    value = 0.0
    for part in digits.split(":"):
        value = 60 * value + float(part)
    return value


class Reader:
    def __init__(self, text):
        if "\n" in text.strip():
            raise Unsupported("more than one line")
        self.text, self.at = text.rstrip(), 0

    def peek(self, ahead=0):
        at = self.at + ahead
        return self.text[at] if at < len(self.text) else ""

    def space(self):
        while self.peek() in (" ", "\t") and self.peek():
            self.at += 1
        if self.peek() == "#" and (self.at == 0 or self.text[self.at - 1] in " \t"):
            self.at = len(self.text)

    def document(self):
        value = self.block()
        self.space()
        if self.peek():
            raise NotYaml(f"there is more after the value: {self.text[self.at :]}")
        return value

    def is_colon(self):
        return self.peek() == ":" and self.peek(1) in ("", " ", "\t")

    def block(self, may_map=True):
        """A value outside of brackets: a list of one entry, a mapping of one entry, or another value."""
        self.space()
        if self.peek() == "-" and self.peek(1) in ("", " ") and may_map:
            self.at += 1
            return [self.block()]
        key = self.value(flow=False)
        self.space()
        if not self.is_colon():
            return key
        if not may_map:
            raise NotYaml("a mapping where none may be")
        self.at += 1
        return {key: self.block(may_map=False)}

    def value(self, flow):
        self.space()
        first = self.peek()
        if first == "[":
            return self.sequence()
        if first == "{":
            return self.mapping()
        if first and first in "'\"":
            return self.quoted(first)
        if first and first in "&*!|>?":
            raise Unsupported(f"a value that begins with {first}")
        if first and first in "%@`,]}":
            raise NotYaml(f"a value that begins with {first}")
        return self.plain(flow)

    def plain(self, flow):
        begin = self.at
        while self.peek():
            stop = self.peek() == ":" and (self.peek(1) in ("", " ", "\t") or (flow and self.peek(1) in ",[]{}"))
            comment = self.peek() == "#" and self.at > begin and self.text[self.at - 1] in " \t"
            if stop or comment or (flow and self.peek() in ",[]{}"):
                break
            self.at += 1
        return scalar(self.text[begin : self.at].strip())

    def quoted(self, quote):
        self.at += 1
        parts = []
        while self.peek() != quote or (quote == "'" and self.peek(1) == "'"):
            if not self.peek():
                raise NotYaml("a quote without its end")
            if self.peek() == "\\" and quote == '"':
                if self.peek(1) not in ESCAPES:
                    raise Unsupported(f"the escape {self.peek(1)}")
                parts.append(ESCAPES[self.peek(1)])
                self.at += 2
            else:
                parts.append(self.peek())
                self.at += 2 if self.peek() == "'" and quote == "'" else 1
        self.at += 1
        return "".join(parts)

    def entries(self, end, read):
        self.at += 1
        while True:
            self.space()
            if self.peek() == end:
                self.at += 1
                return
            read()
            self.space()
            if self.peek() == ",":
                self.at += 1
            elif self.peek() != end:
                raise NotYaml(f"neither , nor {end}")

    def sequence(self):
        values = []

        def read():
            value = self.value(flow=True)
            self.space()
            if self.peek() == ":":
                self.at += 1
                value = {value: self.value(flow=True)}
            values.append(value)

        self.entries("]", read)
        return values

    def mapping(self):
        pairs = {}

        def read():
            key = self.value(flow=True)
            self.space()
            pairs[key] = None
            if self.peek() == ":":
                self.at += 1
                pairs[key] = self.value(flow=True)

        self.entries("}", read)
        return pairs
