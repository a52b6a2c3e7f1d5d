"""4M-21 in numpy, after the text of `spec/`, to show that the text suffices. Docstrings name the requirements."""
