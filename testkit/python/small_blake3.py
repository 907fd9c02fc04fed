"""BLAKE3 of what fits into one chunk (1024 bytes): enough for the small models of the test vectors.

Written from the BLAKE3 paper, sections 2.2 to 2.6: blocks of 64 bytes, seven rounds, flags for the first and last one.
"""

import struct

IV = [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19]
PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
COLUMNS = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)]
DIAGONALS = [(0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]
CHUNK_START, CHUNK_END, ROOT = 1, 2, 8
MASK = 0xFFFFFFFF


def hexdigest(data):
    assert len(data) <= 1024, "more than one chunk"
    value = IV
    blocks = [data[at : at + 64] for at in range(0, len(data), 64)] or [b""]
    for number, block in enumerate(blocks):
        last = number == len(blocks) - 1
        flags = (CHUNK_START if number == 0 else 0) | (CHUNK_END | ROOT if last else 0)
        value = compress(value, struct.unpack("<16I", block.ljust(64, b"\0")), len(block), flags)
    return struct.pack("<8I", *value).hex()


def compress(value, message, length, flags):
    state = [*value, *IV[:4], 0, 0, length, flags]
    for _ in range(7):
        for number, places in enumerate(COLUMNS + DIAGONALS):
            mix(state, *places, message[2 * number], message[2 * number + 1])
        message = [message[place] for place in PERMUTATION]
    return [low ^ high for low, high in zip(state[:8], state[8:], strict=True)]


def mix(state, a, b, c, d, x, y):
    for word, first, second in [(x, 16, 12), (y, 8, 7)]:
        state[a] = (state[a] + state[b] + word) & MASK
        state[d] = rotate(state[d] ^ state[a], first)
        state[c] = (state[c] + state[d]) & MASK
        state[b] = rotate(state[b] ^ state[c], second)


def rotate(word, bits):
    return (word >> bits | word << 32 - bits) & MASK
