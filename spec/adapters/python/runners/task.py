"""A vector as its runner sees it, and the runners by kind."""

import numpy as np

from port import tensors
from port.tensors import Refused
from port.text import Tokenizer

KINDS = {}


def kind(name):
    def register(function):
        KINDS[name] = function
        return function

    return register


class Task:
    """
    Inputs of a vector, and its results.

    options, document: JSON; arrays: inputs by name; files: paths by name; vocabulary: gives the path of the published
    text tokenizer's file, for tasks that name no other
    """

    def __init__(self, kind, options, document, arrays, files, vocabulary=None):
        self.kind, self.options, self.document = kind, options, document
        self.arrays, self.files, self.vocabulary = arrays, files, vocabulary
        self.results = {}

    @property
    def config(self):
        return self.options.get("config", {})

    def checkpoint(self):
        return tensors.read(self.files["checkpoint"])[0]

    def tokenizer(self):
        return Tokenizer(self.files.get("vocabulary") or self.vocabulary())

    def tensor(self, name, values, dtype=np.float32):
        self.results[name] = np.asarray(values).astype(dtype)

    def value(self, pointer, value):
        self.results[pointer] = value

    def attempt(self, pointer, compute):
        try:
            self.value(pointer, compute())
        except Refused as error:
            self.results[pointer] = error


def sets(task):
    """The sets of a task that has several."""
    return enumerate(task.document["sets"])
