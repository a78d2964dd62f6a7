"""The MixNN protocol, version 12: a second implementation, written from docs/protocol.md alone.

the node's side of the handshake, epoch keys, cells (peel for relays and receivers, wrap for
senders), tickets, books, messages, reports. Needs PyNaCl and cryptography, and no MPI.

It is there to test the specification, not to protect anybody: its time depends on secrets, and keys
stay in memory.
"""
import hashlib
import hmac
import os
import struct
from dataclasses import astuple, dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl import bindings as sodium
from nacl.exceptions import CryptoError

PROTOCOL_VERSION = 12
HEADER, LANE, TAG = 1472, 64, 16
SLOT, SLOT_TEXT, HOP = 232, 192, 248
BODY_AT = HEADER + LANE
LEAST_CELL, MOST_RELAYS = 3328, 5
COVERED_AT = HEADER + TAG  # covers go over the three places of tags and the body
AES256GCM, CHACHA20POLY1305 = 1, 2
COVER, OPEN, CROSSOVER, RECEIVE = 1, 2, 3, 4

# Kinds of messages
(SPECIFICATION, PARAMETERS, BOOK, FORWARD, BACKWARD, TEST, GATHER, CHECKPOINT,
 OPENING) = range(1, 10)
(EPOCH, PAUSE, RESUME, STOP, REPORT, TRACE, TRACE_PART, SETTLE, COMMIT, COMMITMENT,
 INQUIRY, CLIP, SQUARES, SCALE, TABLE) = range(16, 31)
OPEN_STATE, OPEN_INPUT, OPEN_GRADIENT = range(1, 4)
ACKNOWLEDGED, FINAL, ERROR = 1, 2, 3
HELLO, NOISE, SEALED, REFUSAL = 1, 2, 3, 4  # kinds of datagrams
UNKNOWN, BY_MUNGE, BY_KEYS = 0, 1, 2  # how peers know each other
ONION, ROUNDS = 1, 2  # traffic
REASONS = ("header", "slot", "replay", "header rest", "body", "unwanted")


class Rejected(Exception):
    """A cell that is not used; its text is one of REASONS. It is lost if its slot was genuine."""

    def __init__(self, reason, role=0, layers=0):
        super().__init__(reason)
        self.lost = (0, 0, 0)
        if reason not in ("header", "replay"):
            self.lost = (1 + REASONS.index(reason), role, layers)


class Malformed(Exception):
    """Text that was opened, but is not what the protocol says."""


# Bytes

class Reader:
    def __init__(self, data):
        self.data, self.at = bytes(data), 0

    def take(self, count):
        if count > len(self.data) - self.at:
            raise Malformed("too short")
        self.at += count
        return self.data[self.at - count:self.at]

    def unpack(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))

    def sized(self):
        return self.take(self.unpack("I")[0])


def sized(data):
    return struct.pack("<I", len(data)) + data


# The handshake

def hmac256(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


class NoiseCipher:
    """ChaChaPoly with Noise's nonces: four zero bytes, then a little-endian counter."""

    def __init__(self, key):
        self.key, self.count = key, 0

    def _nonce(self):
        self.count += 1
        return struct.pack("<IQ", 0, self.count - 1)

    def seal(self, text, ad=b""):
        return sodium.crypto_aead_chacha20poly1305_ietf_encrypt(text, ad or None, self._nonce(),
                                                                self.key)

    def open(self, sealed, ad=b""):
        return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(sealed, ad or None, self._nonce(),
                                                                self.key)


class Noise:
    """The initiator's side of Noise_NN and Noise_IKpsk2, each with two messages."""

    def __init__(self, pattern, prologue, secret=None, static=None, remote=None, psk=None):
        name = f"Noise_{pattern}_25519_ChaChaPoly_SHA256".encode()
        self.hash = self.chain = name if len(name) == 32 else hashlib.sha256(name).digest()
        self.secret = secret or os.urandom(32)
        self.static, self.remote, self.psk, self.cipher = static, remote, psk, None
        self._mix_hash(prologue)
        if remote:
            self._mix_hash(remote)

    def _mix_hash(self, data):
        self.hash = hashlib.sha256(self.hash + data).digest()

    def _hkdf(self, data, outputs=2):
        temporary, all_of_them = hmac256(self.chain, data), [b""]
        for number in range(1, outputs + 1):
            all_of_them.append(hmac256(temporary, all_of_them[-1] + bytes([number])))
        return all_of_them[1:]

    def _mix_key(self, data):
        self.chain, key = self._hkdf(data)
        self.cipher = NoiseCipher(key)

    def _mix_ephemeral(self, public):
        self._mix_hash(public)
        if self.psk:
            self._mix_key(public)

    def _seal(self, text):
        sealed = self.cipher.seal(text, self.hash) if self.cipher else text
        self._mix_hash(sealed)
        return sealed

    def first(self, payload=b""):
        public = sodium.crypto_scalarmult_base(self.secret)
        self._mix_ephemeral(public)  # e
        if not self.remote:
            return public + self._seal(payload)
        self._mix_key(sodium.crypto_scalarmult(self.secret, self.remote))  # es
        sealed = self._seal(sodium.crypto_scalarmult_base(self.static))  # s
        self._mix_key(sodium.crypto_scalarmult(self.static, self.remote))  # ss
        return public + sealed + self._seal(payload)

    def second(self, message):
        """The payload. Then sending and receiving are there."""
        theirs, sealed = message[:32], message[32:]
        self._mix_ephemeral(theirs)  # e
        self._mix_key(sodium.crypto_scalarmult(self.secret, theirs))  # ee
        if self.remote:
            self._mix_key(sodium.crypto_scalarmult(self.static, theirs))  # se
            self.chain, mixed, key = self._hkdf(self.psk, 3)  # psk
            self._mix_hash(mixed)
            self.cipher = NoiseCipher(key)
        payload = self.cipher.open(sealed, self.hash)
        self._mix_hash(sealed)
        self.sending, self.receiving = (NoiseCipher(key) for key in self._hkdf(b""))
        return payload


class Refused(Exception):
    """Why this node does not serve this owner."""


def body_of(kind, datagram):
    if datagram[:1] != bytes([kind]):
        raise Malformed("kind of datagram")
    return datagram[1:]


class NodeHandshake:
    """The node's side: takes the hello, then first(), second(datagram), third(..), fourth(..).

    `key` is the machine's secret key; `owners` are pre-shared keys by an owner's public key."""

    def __init__(self, datagram, rank, ranks, key=None, owners=None):
        hello = body_of(HELLO, datagram)
        version, authentication, _, owner, _ = struct.unpack("<IB16s32s32s", hello)
        if authentication == BY_MUNGE:
            raise Refused("there is no munge here")
        prologue = b"MixNN handshake 2" + hello + struct.pack("<II", rank, ranks)
        if authentication != BY_KEYS:
            self.noise = Noise("NN", prologue)
            return
        if key is None or owner not in (owners or {}):
            raise Refused("this machine does not know this owner's key")
        self.noise = Noise("IKpsk2", prologue, None, key, owner, owners[owner])

    def first(self):
        return bytes([NOISE]) + self.noise.first()

    def second(self, datagram):
        try:
            payload = self.noise.second(body_of(NOISE, datagram))
        except CryptoError:
            raise Refused("its answer does not open")
        if payload:
            raise Malformed("payload in the second message")

    def third(self, aes, blas_version, blas_core):
        return bytes([SEALED]) + self.noise.sending.seal(
            struct.pack("<IB", PROTOCOL_VERSION, aes) + sized(blas_version.encode()) +
            sized(blas_core.encode()) + sized(b""))

    def fourth(self, datagram):
        text = Reader(self.noise.receiving.open(body_of(SEALED, datagram)))
        root = text.take(32)
        parameters = RunParameters(*text.unpack("BIIBIqIBB"))
        if parameters.traffic not in (ONION, ROUNDS):
            raise Malformed("traffic")
        if parameters.traffic == ROUNDS:
            parameters.patience_ms, parameters.allowance, parameters.period_ns = \
                text.unpack("IBQ")
        text.sized()  # the owner's credential
        if text.at != len(text.data):
            raise Malformed("fourth message of the handshake")
        return EpochChain(self.noise.hash, root), parameters


def refusal(why):
    return bytes([REFUSAL]) + sized(str(why).encode()[:500])


@dataclass
class RunParameters:
    suite: int
    cell_bytes: int
    cells_needed: int
    serial_bits: int
    mix_threshold: int
    mix_deadline_ns: int
    trace_events: int
    traffic: int
    hops: int
    patience_ms: int = 0  # in rounds alone, as the two behind it
    allowance: int = 1
    period_ns: int = 0

    @property
    def body_bytes(self):
        return self.cell_bytes - BODY_AT


class EpochChain:
    def __init__(self, handshake_hash, root):
        self.chain, self.epoch = hmac256(handshake_hash, b"MixNN epoch chain" + root), 0
        self._keys()

    def _keys(self):
        self.slot_key = hmac256(self.chain, b"MixNN slot key")
        self.next_chain = self.next_slot_key = None

    def agree(self, theirs):
        """Takes the owner's half of a fresh agreement; this node's public half."""
        secret = os.urandom(32)
        fresh = sodium.crypto_scalarmult(secret, theirs)
        self.next_chain = hmac256(self.chain, b"MixNN next epoch" + fresh)
        self.next_slot_key = hmac256(self.next_chain, b"MixNN slot key")
        return sodium.crypto_scalarmult_base(secret)

    def ratchet(self):
        self.chain, self.epoch = self.next_chain, self.epoch + 1
        self._keys()


# The AEAD of the run

def hchacha20(key, text):
    """ChaCha20's rounds alone, as XChaCha20 uses them: of a block, less what was added to it."""
    block = Cipher(algorithms.ChaCha20(key, text), None).encryptor().update(bytes(64))
    words = struct.unpack("<16I", block)
    start = struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<4I", text)
    return struct.pack("<8I", *((word - added) % 2**32
                                for word, added in zip(words[:4] + words[12:], start)))


def cell_key(of_message, index):
    """The key of one layer of one cell, from the ticket's key of that layer."""
    return hchacha20(of_message, struct.pack("<I", index) + b"MixNN cell 1")


class Suite:
    """seal, open and cover with the run's AEAD. A key of a cell is used once, with a nonce of
    zeros; rounds number theirs."""

    NONCE = bytes(12)

    def __init__(self, number):
        if number not in (AES256GCM, CHACHA20POLY1305):
            raise Malformed("AEAD suite")
        self.aes = number == AES256GCM

    def seal(self, key, text, nonce=NONCE):
        """(ciphertext, tag)"""
        if self.aes:
            both = AESGCM(key).encrypt(nonce, bytes(text), None)
        else:
            both = sodium.crypto_aead_chacha20poly1305_ietf_encrypt(bytes(text), None, nonce, key)
        return both[:-TAG], both[-TAG:]

    def open(self, key, ciphertext, tag, nonce=NONCE):
        both = bytes(ciphertext) + bytes(tag)
        try:
            if self.aes:
                return AESGCM(key).decrypt(nonce, both, None)
            return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(both, None, nonce, key)
        except (InvalidTag, CryptoError):
            return None

    def cover(self, key, text, nonce=NONCE):
        if self.aes:  # CTR counts 128 bits, GCM the last 32: the same for cells below 64 GiB
            cipher = Cipher(algorithms.AES(key), modes.CTR(nonce + b"\0\0\0\2"))
        else:  # 32 bits of counter, little-endian, then the nonce
            cipher = Cipher(algorithms.ChaCha20(key, struct.pack("<I", 1) + nonce), None)
        return cipher.encryptor().update(bytes(text))


def tag_at(place):
    """Place 3 is k's, 2 is p_c's, 1 is p_2's where c = 3."""
    return HEADER + place * TAG


# Taking a cell

@dataclass
class Forwarded:
    next_hop: int
    cell: bytes


@dataclass
class Received:
    message: int
    cells: int
    index: int
    description: bytes
    text: bytes = None


class Peeler:
    """Takes the cells that come to one node."""

    def __init__(self, chain, parameters):
        self.chain, self.parameters = chain, parameters
        self.suite = Suite(parameters.suite)
        self.seen = set()

    def _slot(self, slot):
        for key, is_next in ((self.chain.slot_key, False), (self.chain.next_slot_key, True)):
            if key is None:
                continue
            try:
                text = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
                    bytes(slot[24:]), None, bytes(slot[:24]), key)
            except CryptoError:
                continue
            if is_next:
                self.chain.ratchet()
                self.seen.clear()
            return text
        raise Rejected("header")

    def take(self, cell, wanted=lambda received: True):
        if len(cell) != self.parameters.cell_bytes:
            raise Rejected("header")
        cell = bytearray(cell)
        text = self._slot(cell[:SLOT])
        role, layers, live, hop, index, epoch, serial, message = struct.unpack_from("<BBHIIIQQ",
                                                                                    text)
        keys = [text[at:at + 32] for at in range(64, SLOT_TEXT, 32)]
        if epoch != self.chain.epoch or serial >> self.parameters.serial_bits:
            raise Rejected("slot")
        if role in (COVER, OPEN, CROSSOVER):
            lives = [HOP * relays + SLOT for relays in range(MOST_RELAYS)]
            if layers or live not in lives:
                raise Rejected("slot")
            if index or message:
                raise Rejected("slot")
        elif role == RECEIVE:
            if layers > 3 or not index < hop:
                raise Rejected("slot")
        else:
            raise Rejected("slot")
        if serial in self.seen:
            raise Rejected("replay")
        self.seen.add(serial)
        if role == RECEIVE:
            return self._receive(cell, layers, hop, index, message, text[32:64], keys, wanted)
        return self._relay(cell, role, live, hop, text[32:64], keys)

    def _relay(self, cell, role, live, hop, rest_key, keys):
        rest = self.suite.open(rest_key, cell[HOP:HOP + live], cell[SLOT:HOP])
        if rest is None:
            raise Rejected("header rest", role)
        cell[:live] = rest
        filler_end = HEADER + TAG
        if role != COVER:
            at = tag_at(1 if role == OPEN else 2)
            filler_end = at + TAG
            opened = self.suite.open(keys[0], cell[at + TAG:], cell[at:at + TAG])
            if opened is None:
                raise Rejected("body", role)
            cell[at + TAG:] = opened
        cell[live:filler_end] = os.urandom(filler_end - live)
        if role != OPEN:
            cell[COVERED_AT:] = self.suite.cover(keys[role == CROSSOVER], cell[COVERED_AT:])
        return Forwarded(hop, bytes(cell))

    def _receive(self, cell, layers, cells, index, message, description, keys, wanted):
        for key in keys[1:1 + layers]:
            cell[COVERED_AT:] = self.suite.cover(key, cell[COVERED_AT:])
        received = Received(message, cells, index, description)
        if not wanted(received):
            raise Rejected("unwanted", RECEIVE, layers)
        received.text = self.suite.open(keys[0], cell[BODY_AT:], cell[tag_at(3):BODY_AT])
        if received.text is None:
            raise Rejected("body", RECEIVE, layers)
        return received


# Tickets

@dataclass
class Ticket:
    first_hop: int
    cells: int
    live: int
    keys: list  # k, p_c .. p_1
    headers: list

    @staticmethod
    def parse(data):
        text = Reader(data)
        hop, cells, live, keys, zero = text.unpack("IIHBB")
        if not keys or zero:
            raise Malformed("ticket")
        ticket = Ticket(hop, cells, live, [text.take(32) for _ in range(keys)],
                        [text.take(live) for _ in range(cells)])
        if text.at != len(text.data):
            raise Malformed("ticket")
        return ticket


def wrap(ticket, parameters, payload):
    """The cells of a message, to be sent to ticket.first_hop."""
    suite, size = Suite(parameters.suite), parameters.body_bytes
    if len(payload) > ticket.cells * size:
        raise Malformed("payload does not fit its ticket")
    cells, crossover = [], len(ticket.keys) - 1
    for index, header in enumerate(ticket.headers):
        body = payload[index * size:(index + 1) * size]
        cell = bytearray(os.urandom(BODY_AT) + body + bytes(size - len(body)))
        cell[:ticket.live] = header
        for number, key in enumerate(cell_key(key, index) for key in ticket.keys):  # k, p_c .. p_1
            if number and number == crossover and crossover > 1:
                cell[COVERED_AT:] = suite.cover(key, cell[COVERED_AT:])
            else:
                at = tag_at(3 - number)
                cell[at + TAG:], cell[at:at + TAG] = suite.seal(key, cell[at + TAG:])
        cells.append(bytes(cell))
    return cells


# Messages

@dataclass
class Description:
    kind: int
    step: int
    micro_batch: int
    part: int
    micro_batches: int = 0
    rows: int = 0
    learning_rate: float = 0.0

    @staticmethod
    def parse(data):
        return Description(*struct.unpack_from("<BIIIIIf", data))

    def pack(self):
        return struct.pack("<BIIIIIf", *astuple(self)).ljust(32, b"\0")

    @property
    def label(self):
        return (self.kind, self.step, self.micro_batch, self.part)


def parse_book(data):
    """[(label, ticket)]"""
    return read_book(Reader(data))


def read_book(text):
    pages = []
    for _ in range(text.unpack("I")[0]):
        label = text.unpack("BIII")
        pages.append((label, Ticket.parse(text.sized())))
    return pages


def parse_settle(data):
    """The book, and at how many cells delivered it is to be answered."""
    text = Reader(data)
    return read_book(text), text.unpack("Q")[0]


def parse_inquiry(data):
    """The book, and the label of the request that it is about."""
    text = Reader(data)
    return read_book(text), text.unpack("BIII")


def parse_commit(data):
    """The book, after how many updates it is to be answered, and whether tensors count, too."""
    text = Reader(data)
    book = read_book(text)
    updates, tensors = text.unpack("IB")
    return book, updates, bool(tensors)


def parse_clip(data):
    """The book, and behind how many updates the step is whose gradients are asked for."""
    text = Reader(data)
    return read_book(text), text.unpack("I")[0]


def parse_scale(data):
    """Which update is to be made, and what its gradients are multiplied with."""
    return Reader(data).unpack("If")


def trace_part(clock_ns, dropped=0):
    """A part without events."""
    return struct.pack("<QQI", clock_ns, dropped, 0)


@dataclass
class Counters:
    received: int = 0
    sent: int = 0
    forwarded: int = 0
    delivered: int = 0
    rejected: dict = field(default_factory=lambda: dict.fromkeys(REASONS, 0))
    refused: dict = field(default_factory=dict)  # messages that were dropped, by sender
    lost: tuple = (0, 0, 0, 0)  # of a cell of the run: 1 + reason, role, layers, sender

    def refuse(self, sender):
        self.refused[sender] = self.refused.get(sender, 0) + 1


def report(kind, counters, usage, error="", fresh=bytes(32), known=0):
    assert len(usage) == 17 and len(fresh) == 32
    most = sorted(counters.refused.items(), key=lambda pair: -pair[1])[:8]
    return (struct.pack("<BB32s4Q", kind, known, fresh, counters.received, counters.sent,
                        counters.forwarded, counters.delivered) +
            struct.pack("<6Q", *(counters.rejected[reason] for reason in REASONS)) +
            b"".join(struct.pack("<IQ", *pair) for pair in most + [(0, 0)] * (8 - len(most))) +
            struct.pack("<BBBI", *counters.lost) + struct.pack("<17Q", *usage) +
            sized(error.encode()[:1000]))


class Assembly:
    """Joins cells to messages, by the number that they have at this node."""

    def __init__(self):
        self.open = {}

    def fits(self, cell):
        cells, parts = self.open.get(cell.message, (cell.cells, {}))
        return cells == cell.cells and cell.index not in parts

    def add(self, cell):
        """(description, bytes of all bodies) once the message is whole, else None"""
        parts = self.open.setdefault(cell.message, (cell.cells, {}))[1]
        parts[cell.index] = cell.text
        if len(parts) < cell.cells:
            return None
        del self.open[cell.message]
        payload = b"".join(parts[index] for index in range(cell.cells))
        return Description.parse(cell.description), payload
