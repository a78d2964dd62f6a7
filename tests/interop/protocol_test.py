#!/usr/bin/python3
"""Tests mixnn_protocol.py alone, without MPI and without the C++ program.

    python3 protocol_test.py [VECTORS.json]

VECTORS.json is tests/crypto/vectors/noise_25519_chachapoly_sha256.json. What the owner makes,
slots and tickets, is made here.
"""
import json
import os
import struct
import sys

try:
    from nacl import bindings as sodium
    import mixnn_protocol as mixnn
except ImportError as missing:
    print(f"SKIPPED: {missing} (Debian: python3-nacl python3-cryptography)")
    sys.exit(77)


def noise_vector(vector, pattern):
    """Another implementation's handshake, payloads and transport messages included."""
    texts = [(bytes.fromhex(message["payload"]), bytes.fromhex(message["ciphertext"]))
             for message in vector["messages"]]
    given = lambda name: bytes.fromhex(vector[name]) if name in vector else None
    psk = bytes.fromhex(vector["init_psks"][0]) if "init_psks" in vector else None
    side = mixnn.Noise(pattern, given("init_prologue"), given("init_ephemeral"),
                       given("init_static"), given("init_remote_static"), psk)
    assert side.first(texts[0][0]) == texts[0][1]
    assert side.second(texts[1][1]) == texts[1][0]
    assert side.hash == given("handshake_hash")
    ciphers = [side.sending, side.receiving]
    for number, (payload, sealed) in enumerate(texts[2:]):
        assert ciphers[number % 2].seal(payload) == sealed


def chain_of_epochs():
    """There is no next epoch without an agreement, and each is another."""
    chain = mixnn.EpochChain(bytes(32), bytes(32))
    other = mixnn.EpochChain(bytes(32), bytes(32))
    assert chain.slot_key == other.slot_key and chain.next_slot_key is None
    theirs = sodium.crypto_scalarmult_base(os.urandom(32))
    assert chain.agree(theirs) != other.agree(theirs)
    chain.ratchet(), other.ratchet()
    assert chain.slot_key != other.slot_key and chain.epoch == 1 and chain.next_slot_key is None


def slot(chain, text):
    nonce = os.urandom(24)
    return nonce + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(text.ljust(192, b"\0"), None,
                                                                     nonce, chain.slot_key)


def ticket(parameters, chains, cells):
    """Relays 1 .. n, then the receiver, of the ranks 1 .. n + 1 that have these chains."""
    suite, n = mixnn.Suite(parameters.suite), len(chains) - 1
    c = (n + 1) // 2
    keys = [os.urandom(32) for _ in range(c + 1)]  # of the message: k, p_c .. p_1
    headers = []
    for index in range(cells):
        k, *ps = [mixnn.cell_key(key, index) for key in keys]
        p = dict(zip(range(c, 0, -1), ps))
        q = {j: os.urandom(32) for j in range(c, n + 1)} if n else {}
        text = struct.pack("<BBHIIIQQ", mixnn.RECEIVE, len(q), 0, cells, index, 0, 100 + index, 5)
        live = slot(chains[n], text + bytes(32) + k + b"".join(q.values()))
        for j in range(n, 0, -1):
            role = mixnn.CROSSOVER if j == c else mixnn.OPEN if 1 < j < c else mixnn.COVER
            own = p[j] + q[j] if j == c else p[j] if j < c else q[j]
            rest = os.urandom(32)
            sealed, tag = suite.seal(rest, live)
            text = struct.pack("<BBHIIIQQ", role, 0, len(live), j + 1, 0, 0, 200 + index, 0)
            live = slot(chains[j - 1], text + rest + own) + tag + sealed
        headers.append(live)
    return (struct.pack("<IIHBB", 1, cells, len(headers[0]), len(keys), 0) + b"".join(keys) +
            b"".join(headers))


def walk(suite, relays):
    """A message of two cells on its way; each relay refuses the cell that comes again."""
    parameters = mixnn.RunParameters(suite, 4096, 10, 24, 1, 0, 0, mixnn.ONION, relays)
    chains = [mixnn.EpochChain(os.urandom(32), os.urandom(32)) for _ in range(relays + 1)]
    peelers = [mixnn.Peeler(chain, parameters) for chain in chains]
    payload, assembly = os.urandom(2 * parameters.body_bytes - 100), mixnn.Assembly()
    for cell in mixnn.wrap(mixnn.Ticket.parse(ticket(parameters, chains, 2)), parameters, payload):
        for hop in range(relays):
            taken = peelers[hop].take(cell)
            assert taken.next_hop == hop + 2
            try:
                peelers[hop].take(cell)
                assert False, "replayed"
            except mixnn.Rejected as reason:
                assert str(reason) == "replay"
            cell = taken.cell
        whole = assembly.add(peelers[relays].take(cell))
    assert whole[1][:len(payload)] == payload and not any(whole[1][len(payload):])


def key_of_a_cell():
    """draft-irtf-cfrg-xchacha-03, section 2.2.1."""
    key, text = bytes(range(32)), bytes.fromhex("000000090000004a0000000031415927")
    assert mixnn.hchacha20(key, text).hex() == (
        "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc")
    assert mixnn.cell_key(key, 1) != mixnn.cell_key(key, 2)


def main():
    key_of_a_cell()
    if len(sys.argv) > 1:
        with open(sys.argv[1], encoding="utf-8") as file:
            vectors = {vector["protocol_name"]: vector for vector in json.load(file)["vectors"]}
        for pattern in ("NN", "IKpsk2"):
            noise_vector(vectors[f"Noise_{pattern}_25519_ChaChaPoly_SHA256"], pattern)
    chain_of_epochs()
    for suite in (mixnn.AES256GCM, mixnn.CHACHA20POLY1305):
        for relays in range(6):
            walk(suite, relays)


if __name__ == "__main__":
    main()
