"""Asks the published WordPiece tokenizer about every character, and writes src/tokenizers/text/character-classes.ts.

pip install tokenizers==0.23.2
python scripts/character-classes.py > src/tokenizers/text/character-classes.ts
python scripts/character-classes.py --digest    what test/tokenizers/text/every-character.test.ts expects of all together
"""
import hashlib
import sys
import unicodedata

from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers

CHARACTERS = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]

as_written = normalizers.BertNormalizer(strip_accents=True, lowercase=False)
clean = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
strip = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
nfd = normalizers.NFD()
words = pre_tokenizers.BertPreTokenizer()
marker = Tokenizer(models.WordPiece({"[UNK]": 0}, unk_token="[UNK]"))
marker.add_special_tokens([AddedToken("<>", single_word=True, normalized=False)])


def split(text):
    return [word for word, _ in words.pre_tokenize_str(text)]


def touches_words(c):
    return marker.token_to_id("<>") not in marker.encode("<>" + c).ids


def is_removed(c):
    return clean.normalize_str(c) == ""


def is_word_of_its_own(c):
    return split(f"a{c}b") == ["a", c, "b"]


def decomposes(c):
    return nfd.normalize_str(c) != c


def moves(c):
    """Changes places with a mark of the lowest or of the highest class."""
    return any(nfd.normalize_str(text) != text for text in (c + "\u0334", "\u0345" + c))


def is_accent(c):
    return not decomposes(c) and strip.normalize_str("a" + c) == "a"


def assigned_long_ago(c):
    """In Unicode 3.2, so that its decomposition will never change."""
    return unicodedata.ucd_3_2_0.category(c) != "Cn"


def ranges(belongs, may_belong=lambda c: False):
    """Runs of characters that belong; those between two runs are taken in where all of them may belong."""
    runs, between = [], False
    for code in map(ord, CHARACTERS):
        if belongs(chr(code)):
            if runs and between:
                runs[-1][1] = code
            else:
                runs.append([code, code])
            between = True
        elif not may_belong(chr(code)):
            between = False
    return runs


def base36(number):
    digits = "" if number >= 36 else "0123456789abcdefghijklmnopqrstuvwxyz"[number]
    return digits or base36(number // 36) + base36(number % 36)


def constant(name, comment, runs):
    lines, before = [""], 0
    for first, last in runs:
        item = base36(first - before) + ("" if first == last else "-" + base36(last - first))
        before = last
        if len(lines[-1]) + len(item) > 116:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + item
    body = "\n".join("  " + line for line in lines)
    return f"/** {comment} */\nexport const {name} = `\n{body}`;\n"


def digest():
    """Of what becomes of each character between two letters: normal form in its own case, words, whether it touches words."""
    sha = hashlib.sha256()
    for c in CHARACTERS:
        text = f"A{c}b"
        fate = [as_written.normalize_str(text), *split(text), str(int(touches_words(c)))]
        sha.update("\t".join(fate).encode() + b"\n")
    return sha.hexdigest()


if "--digest" in sys.argv:
    print(digest())
    sys.exit()

print("""/**
 * Characters as the published WordPiece tokenizer knows them: its tables are of Unicode 8, 9 and 16, while those of engines grow with
 * their releases. Each run of characters is written as its distance from the end of the run before it and, after a hyphen, how many
 * more follow; both in base 36. Written by scripts/character-classes.py.
 */
""")
print(
    constant("REMOVED", "Left out of a text: controls, formats, private use.", ranges(is_removed)),
    constant("ACCENTS", "Left out of a decomposed text: marks that take no room.", ranges(is_accent, decomposes)),
    constant(
        "DECOMPOSING",
        "What decomposition takes apart or moves; between such characters, some that it leaves alone.",
        ranges(lambda c: decomposes(c) or moves(c), assigned_long_ago),
    ),
    constant("PUNCTUATION", "Words of their own.", ranges(is_word_of_its_own)),
    constant("WORD", "What an added token may not touch if it is to stand alone.", ranges(touches_words)),
    sep="\n", end="",
)
