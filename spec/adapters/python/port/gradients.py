"""Gradients (LOS-5): arrays that remember how they were computed, for the operations of the transformer."""

import math

import numpy as np

from .layers import erf


def summed(gradient, shape):
    """A gradient summed over the axes along which an array of this shape was repeated."""
    gradient = gradient.sum(tuple(range(gradient.ndim - len(shape))))
    repeated = tuple(axis for axis, length in enumerate(shape) if length == 1 and gradient.shape[axis] != 1)
    return gradient.sum(repeated, keepdims=True) if repeated else gradient


def swapped(x):
    return np.swapaxes(x, -1, -2)


class Variable(np.lib.mixins.NDArrayOperatorsMixin):
    """
    An array.

    sources: pairs of a variable that it was computed from, and the function from its gradient to that one's
    """

    def __init__(self, values, sources=()):
        self.values, self.sources, self.gradient = np.asarray(values, np.float64), sources, None

    shape = property(lambda self: self.values.shape)
    T = property(lambda self: self.transpose())

    def __len__(self):
        return len(self.values)

    def backward(self):
        """Sets `gradient` of all variables that this number was computed from."""
        order, visited = [], set()

        def visit(variable):
            if id(variable) not in visited:
                visited.add(id(variable))
                for source, _ in variable.sources:
                    visit(source)
                order.append(variable)

        visit(self)
        self.gradient = np.ones(self.shape)
        for variable in reversed(order):
            for source, back in variable.sources:
                part = back(variable.gradient)
                source.gradient = part if source.gradient is None else source.gradient + part

    # Element by element, and products of matrices.

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if method != "__call__" or options or ufunc not in RULES:
            return NotImplemented
        values = [x.values if isinstance(x, Variable) else np.asarray(x, np.float64) for x in inputs]
        result = np.asarray(ufunc(*values), np.float64)
        sources = []
        for x, rule in zip(inputs, RULES[ufunc]):
            if isinstance(x, Variable):
                back = lambda g, rule=rule, shape=x.shape: summed(rule(g, result, *values), shape)
                sources.append((x, back))
        return Variable(result, sources)

    # Shapes, selections and sums.

    def _moved(self, values, back):
        return Variable(values, [(self, back)])

    def astype(self, _):
        return self

    def reshape(self, *shape):
        return self._moved(self.values.reshape(*shape), lambda g: g.reshape(self.shape))

    def transpose(self, *axes):
        axes = axes or tuple(reversed(range(len(self.shape))))
        return self._moved(self.values.transpose(axes), lambda g: g.transpose(np.argsort(axes)))

    def __getitem__(self, index):
        def back(g):
            gradient = np.zeros(self.shape)
            np.add.at(gradient, index, g)
            return gradient

        return self._moved(self.values[index], back)

    def sum(self, axis=None, keepdims=False):
        def back(g):
            g = g if keepdims or axis is None else np.expand_dims(g, axis)
            return np.broadcast_to(g, self.shape)

        return self._moved(self.values.sum(axis, keepdims=keepdims), back)

    def mean(self, axis=None, keepdims=False):
        total = self.sum(axis, keepdims)
        return total * (total.values.size / self.values.size)

    def max(self, axis, keepdims=False, **options):
        """A number that cancels out wherever this is used, so it has no gradient."""
        return self.values.max(axis, keepdims=keepdims, **options)

    def __array_function__(self, function, types, arguments, options):
        if function not in FUNCTIONS:
            return NotImplemented
        return FUNCTIONS[function](*arguments, **options)


def product(g, _, a, b, first):
    """The gradient of a matrix product by its first or second factor."""
    return g @ swapped(b) if first else swapped(a) @ g


# For each input of an operation: its gradient from that of the result, the result, and the inputs.
RULES = {
    np.add: (lambda g, r, a, b: g, lambda g, r, a, b: g),
    np.subtract: (lambda g, r, a, b: g, lambda g, r, a, b: -g),
    np.multiply: (lambda g, r, a, b: g * b, lambda g, r, a, b: g * a),
    np.divide: (lambda g, r, a, b: g / b, lambda g, r, a, b: -g * r / b),
    np.matmul: (lambda g, r, a, b: product(g, r, a, b, True), lambda g, r, a, b: product(g, r, a, b, False)),
    np.power: (lambda g, r, a, b: g * b * a ** (b - 1), None),
    np.maximum: (lambda g, r, a, b: g * (a > b), lambda g, r, a, b: g * (b >= a)),
    np.negative: (lambda g, r, a: -g,),
    np.exp: (lambda g, r, a: g * r,),
    np.log: (lambda g, r, a: g / a,),
    np.sqrt: (lambda g, r, a: g / (2 * r),),
    np.tanh: (lambda g, r, a: g * (1 - r**2),),
    erf: (lambda g, r, a: g * 2 / math.sqrt(math.pi) * np.exp(-(a**2)),),
}


def as_variable(x):
    return x if isinstance(x, Variable) else Variable(x)


def concatenate(parts, axis=0):
    parts = [as_variable(part) for part in parts]
    ends = np.cumsum([part.shape[axis] for part in parts])
    sources = []
    for part, end in zip(parts, ends):
        span = range(end - part.shape[axis], end)
        sources.append((part, lambda g, span=span: np.take(g, span, axis)))
    return Variable(np.concatenate([part.values for part in parts], axis), sources)


def split(x, count, axis):
    width = x.shape[axis] // count
    return [x[..., i * width : (i + 1) * width] for i in range(count)]


def where(condition, a, b):
    a, b = as_variable(a), as_variable(b)
    return Variable(
        np.where(condition, a.values, b.values),
        [(a, lambda g: summed(np.where(condition, g, 0), a.shape)), (b, lambda g: summed(np.where(condition, 0, g), b.shape))],
    )


def broadcast_to(x, shape):
    return Variable(np.broadcast_to(x.values, shape), [(x, lambda g: summed(g, x.shape))])


def take_along_axis(x, indices, axis):
    """Along axis 1 of [B, N, D] by [B, M, 1]."""
    return x[np.arange(len(x))[:, None], indices[:, :, 0]]


FUNCTIONS = {
    np.concatenate: concatenate,
    np.split: split,
    np.where: where,
    np.broadcast_to: broadcast_to,
    np.take_along_axis: take_along_axis,
}
