"""RSASSA-PSS by hand (RFC 8017, 8.1 and 9.1), every step open to change: makes what no library makes."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """How the encoded message is made. What is given by default is right; `salt` is its length, None: the longest."""

    salt: int | None = None
    hash: str = "sha256"
    mask_hash: str = "sha256"
    first_counter: int = 0
    counter_order: str = "big"
    masked: bool = True
    zeros: int = 8  # bytes before the digest in M'
    salt_first: bool = False  # in M'
    prehashed: bool = False  # the message is itself the digest
    padding: tuple = ()  # changes to the padding before the separator: pairs of index and byte
    separator: bytes = b"\1"
    trailer: bytes = b"\xbc"
    spoiled: int | None = None  # the byte of H in which one bit is changed
    top_bit: bool = False  # the lowest of the bits that have to be 0 is 1


def longest_salt(bits, hash_="sha256"):
    """In a modulus of so many bits."""
    return encoded_length(bits) - hashlib.new(hash_).digest_size - 2


def encoded_length(bits):
    return (bits - 1 + 7) // 8


def modulus_length(bits):
    return (bits + 7) // 8


def encode(message, bits, salt, recipe):
    """EMSA-PSS-ENCODE as a number; `salt` gives bytes, as many as it is asked for."""
    length = encoded_length(bits)
    digest = message if recipe.prehashed else hashlib.new(recipe.hash, message).digest()
    size = hashlib.new(recipe.hash).digest_size
    count = longest_salt(bits, recipe.hash) if recipe.salt is None else recipe.salt
    salt = salt(count)
    framed = bytes(recipe.zeros) + (salt + digest if recipe.salt_first else digest + salt)
    hashed = bytearray(hashlib.new(recipe.hash, framed).digest())
    if recipe.spoiled is not None:
        hashed[recipe.spoiled] ^= 1
    padding = bytearray(length - size - len(recipe.trailer) - count - len(recipe.separator))
    for index, byte in recipe.padding:
        padding[index] = byte
    block = bytes(padding) + recipe.separator + salt
    assert len(block) + size + len(recipe.trailer) == length
    if recipe.masked:
        block = xor(block, mask(bytes(hashed), len(block), recipe))
    free = 8 * length - (bits - 1)
    block = bytes([block[0] & 0xFF >> free]) + block[1:]
    number = int.from_bytes(block + bytes(hashed) + recipe.trailer, "big")
    return number | (1 << (bits - 1)) if recipe.top_bit else number


def mask(seed, length, recipe):
    """MGF1 (RFC 8017, B.2.1)."""
    made, counter = b"", recipe.first_counter
    while len(made) < length:
        made += hashlib.new(recipe.mask_hash, seed + counter.to_bytes(4, recipe.counter_order)).digest()
        counter += 1
    return made[:length]


def pkcs1v15(message, bits):
    """EMSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 9.2) as a number."""
    info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(message).digest()
    return int.from_bytes(b"\0\1" + b"\xff" * (modulus_length(bits) - 3 - len(info)) + b"\0" + info, "big")


def xor(one, other):
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


@dataclass(frozen=True)
class Numbers:
    """A private key: only these numbers are needed."""

    p: int
    q: int
    e: int

    @property
    def n(self):
        return self.p * self.q

    @property
    def bits(self):
        return self.n.bit_length()

    def sign(self, number):
        """RSASP1 by the Chinese remainder theorem."""
        assert 0 <= number < self.n
        at_p = pow(number, pow(self.e, -1, self.p - 1), self.p)
        at_q = pow(number, pow(self.e, -1, self.q - 1), self.q)
        result = at_q + self.q * ((at_p - at_q) * pow(self.q, -1, self.p) % self.p)
        assert pow(result, self.e, self.n) == number
        return result
