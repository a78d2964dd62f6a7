#!/usr/bin/env python3
"""Makes a token file of every character of texts, for language models of characters.

usage: make_tokens.py TEXT... --out DIR [--validation SHARE]

TEXT is a file in UTF-8, plain or .gz, or texts that R keeps (.rda, .rdb). Debian's
r-cran-janeaustenr has six English novels:

    apt-get download r-cran-janeaustenr && dpkg-deb -x r-cran-janeaustenr_*.deb austen
    python3 make_tokens.py austen/usr/lib/R/site-library/janeaustenr/data/Rdata.rdb --out novels

DIR gets train.bin and val.bin, 16 bits a token, little-endian, as nanoGPT has them, and meta.json:
{"characters": [...]}, the character of each token. The last SHARE of the text (0.1) is for
validation.
"""

import argparse
import array
import gzip
import json
import pathlib
import struct
import sys

import r_data

MOST_CHARACTERS = 65536


def text_of_r(file):
    """The lines of all its texts, in alphabetical order of their names."""
    texts = sorted(r_data.variables(file).items())
    lines = [line for _, values in texts if isinstance(values, list) for line in values]
    if not all(isinstance(line, str) for line in lines):
        raise ValueError("holds other values than texts")
    return "\n".join(lines) + "\n"


def text_of(file):
    if file.endswith((".rda", ".rdb")):
        return text_of_r(file)
    content = pathlib.Path(file).read_bytes()
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    return content.decode("utf-8")


def write_tokens(file, tokens):
    words = array.array("H", tokens)
    if sys.byteorder == "big":
        words.byteswap()
    pathlib.Path(file).write_bytes(words.tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", nargs="+", metavar="TEXT")
    parser.add_argument("--out", required=True, metavar="DIR")
    parser.add_argument("--validation", type=float, default=0.1, metavar="SHARE")
    arguments = parser.parse_args()
    if not 0 < arguments.validation < 1:
        parser.error("--validation must be between 0 and 1")
    texts = []
    for file in arguments.texts:
        try:
            texts.append(text_of(file))
        except (OSError, EOFError, ValueError, struct.error) as error:
            sys.exit(f"{file}: {error}")
    text = "".join(texts)
    characters = sorted(set(text))
    if len(characters) > MOST_CHARACTERS:
        sys.exit(f"the texts have {len(characters)} different characters, and a token of 16 bits "
                 f"can be {MOST_CHARACTERS}")
    if len(text) < 2:
        sys.exit("the texts are empty")
    number = {character: i for i, character in enumerate(characters)}
    tokens = [number[character] for character in text]
    cut = len(tokens) - max(1, round(len(tokens) * arguments.validation))
    folder = pathlib.Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    write_tokens(folder / "train.bin", tokens[:cut])
    write_tokens(folder / "val.bin", tokens[cut:])
    (folder / "meta.json").write_text(json.dumps({"characters": characters}) + "\n")
    print(f"{folder}: {cut} tokens to train, {len(tokens) - cut} to validate, "
          f"{len(characters)} characters")


if __name__ == "__main__":
    main()
