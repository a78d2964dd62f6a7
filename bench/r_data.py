"""Reads what R keeps in files, without R: data sets of Debian's r-cran-... packages.

variables(file) gives the values by name, of an .rda (as `save` writes it) or of a package's
data/Rdata.rdb, which lies beside its index Rdata.rdx. A vector is a Vector: a list with a
dictionary of attributes, such as "names", "levels" or "class".
"""

import bz2
import gzip
import lzma
import pathlib
import struct
import zlib


class Vector(list):
    def __init__(self, values=()):
        super().__init__(values)
        self.attributes = {}


class Reader:
    """R's serialization in XDR (R Internals, "Serialization Formats"): numbers, strings, lists."""

    WITHOUT_CONTENT = (241, 242, 247, 250, 251, 252, 253, 254)  # NULL, missing, environments

    def __init__(self, content):
        if content[:2] != b"X\n":
            raise ValueError("is no R data of the form XDR")
        self.content, self.at, self.symbols = content, 2, []
        version = self.number("i")
        self.at += 8
        if version == 3:
            length = self.number("i")  # of the name of an encoding
            self.at += length

    def number(self, form):
        return self.numbers(form, 1)[0]

    def numbers(self, form, count):
        layout = f">{count}{form}"
        values = struct.unpack_from(layout, self.content, self.at)
        self.at += struct.calcsize(layout)
        return values

    def text(self, flags):
        length = self.number("i")
        if length < 0:
            return None
        self.at += length
        return self.content[self.at - length:self.at].decode("latin-1" if flags & 0x4000
                                                              else "utf-8")

    def item(self):
        flags = self.number("i")
        kind = flags & 255
        if kind == 2:
            return self.pairs(flags)
        if kind == 1:
            self.symbols.append(self.item())
            return self.symbols[-1]
        if kind == 255:
            return self.symbols[(flags >> 8 or self.number("i")) - 1]
        if kind == 9:
            return self.text(flags)
        if kind in self.WITHOUT_CONTENT:
            return None
        value = self.vector(kind)
        if flags & 512:
            value.attributes = self.item()
        return value

    def pairs(self, flags):
        pairs = {}
        while flags & 255 == 2:
            if flags & 512:
                self.item()
            name = self.item() if flags & 1024 else len(pairs)
            pairs[name] = self.item()
            flags = self.number("i")
        return pairs

    def vector(self, kind):
        count = self.number("i") if kind in (10, 13, 14, 16, 19) else 0
        if kind in (10, 13):  # truth values, whole numbers
            return Vector(self.numbers("i", count))
        if kind == 14:
            return Vector(self.numbers("d", count))
        if kind in (16, 19):  # strings, values of any kind
            return Vector(self.item() for _ in range(count))
        raise ValueError(f"holds R values of kind {kind}, which are not read")


def unpacked(content):
    for start, module in (b"\x1f\x8b", gzip), (b"BZh", bz2), (b"\xfd7zXZ", lzma):
        if content.startswith(start):
            return module.decompress(content)
    return content


def of_database(file):
    index = Reader(unpacked(file.with_suffix(".rdx").read_bytes())).item()
    places = index[index.attributes["names"].index("variables")]
    content = file.read_bytes()
    values = {}
    for name, (offset, length) in zip(places.attributes["names"], places):
        packed = content[offset + 4:offset + length]  # the first four bytes: its length unpacked
        if packed[:1] in b"Z2":
            start = packed[1:]
            packed = (lzma if packed[:1] == b"Z" else bz2).decompress(start)
        else:
            packed = zlib.decompress(packed)
        values[name] = Reader(packed).item()
    return values


def variables(file):
    file = pathlib.Path(file)
    if file.suffix == ".rdb":
        return of_database(file)
    content = unpacked(file.read_bytes())
    if content[:5] not in (b"RDX2\n", b"RDX3\n"):
        raise ValueError("is no R data file")
    return Reader(content[5:]).item()
