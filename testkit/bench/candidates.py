"""What is measured, as data: the workloads, the commands that run side by side on each, and the targets.

In the words of a command, `{name}` stands for a tool or a path of the workload, and the word `{files}` for all its files.
"""

from dataclasses import dataclass, replace

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
UNITS = ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB"))


@dataclass(frozen=True)
class Candidate:
    """One command. `family` is the tool; `computes` and `answer` say what it computes and how its output is checked."""

    key: str
    label: str
    family: str
    computes: str
    answer: str
    words: tuple
    needs: tuple = ()

    @property
    def ours(self):
        return self.family == "weightseal"


@dataclass(frozen=True)
class Workload:
    """Files of one size in one folder, and what runs on them."""

    key: str
    count: int
    size: int
    candidates: tuple

    @property
    def bytes(self):
        return self.count * self.size

    @property
    def title(self):
        size = next(f"{self.size // unit} {name}" for unit, name in UNITS if self.size >= unit)
        return f"one file of {size}" if self.count == 1 else f"{self.count:,} files of {size}".replace(",", " ")

    def an_eighth(self):
        """The same with an eighth of the bytes."""
        if self.size < MIB:
            return replace(self, count=self.count // 8)
        return replace(self, size=self.size // 8)


@dataclass(frozen=True)
class Target:
    """The rival's time has to be `at_least` so many times ours, or ours `at_most` so many times its. Of several `ours` the
    first that was measured counts."""

    workload: str
    ours: tuple
    rival: str
    text: str
    at_least: float = None
    at_most: float = None


MEMORY_TARGET_MIB = 32
"""What any of our commands may need, whatever the sizes."""

SHA256, ROOT, BLAKE3 = "SHA-256", "chunk root", "BLAKE3"


def ours(key, label, computes, answer, *words, needs=()):
    return Candidate(key, label, "weightseal", computes, answer, ("{weightseal}", *words), needs)


def rival(key, label, computes, answer, *words, needs=()):
    return Candidate(key, label, label.split()[0].rstrip(","), computes, answer, words, needs)


def piped(key, label, computes, answer, command, tool):
    """`find` gives the names, `xargs` runs the tool."""
    script = f'find "$1" -type f -print0 | xargs -0 {command}'
    family = tool.strip("{}")
    words = ("sh", "-c", script, "sh", "{folder}", tool, "{cores}")
    return Candidate(key, label, family, computes, answer, words, needs=(family,))


def reference(key, label, computes, form, signature):
    words = ("{python}", "{driver}", "verify", form, "{folder}", signature, "{public}")
    return rival(key, label, computes, "succeeded", *words, needs=("model_signing",))


VERIFY_FOLDER = ("verify", "{folder}", "--signature", "{signature}", "--key", "{public}")
VERIFY_FILE = ("verify", "{file}", "--signature", "{manifest}", "--key", "{public}")

BY_WHOLE_FILES = ("whole", "roots")

VERIFY = (
    ours("verify", "weightseal verify", ROOT, "verified", *VERIFY_FOLDER),
    ours("whole", "weightseal verify --whole", f"{SHA256} and root", "verified", *VERIFY_FOLDER, "--whole", needs=BY_WHOLE_FILES),
)
DIGEST_FOLDER = ours("digest", "weightseal digest DIR", SHA256, "listing", "digest", "{folder}")
OPENSSL = rival(
    "openssl", "openssl dgst -sha256", SHA256, "sha256", "openssl", "dgst", "-sha256", "-r", "{files}", needs=("openssl",)
)
SHA256SUM = rival("sha256sum", "sha256sum", SHA256, "sha256", "sha256sum", "{files}", needs=("sha256sum",))
B3SUM = rival("b3sum", "b3sum", BLAKE3, "blake3", "{b3sum}", "{files}", needs=("b3sum",))
MODEL_SIGNING = rival(
    "model_signing", "model_signing verify key", SHA256, "succeeded",
    "{model_signing}", "verify", "key", "{folder}", "--signature", "{signature}", "--public_key", "{public}",
    needs=("model_signing",),
)  # fmt: skip
REFERENCE_BLAKE3 = reference("model_signing_blake3", "model_signing, BLAKE3", BLAKE3, "blake3", "{blake3}")

WORKLOADS = (
    Workload("one", 1, 4 * GIB, (
        *VERIFY,
        ours("verify_file", "weightseal verify FILE", ROOT, "verified", *VERIFY_FILE),
        ours("whole_file", "weightseal verify --whole FILE", f"{SHA256} and root", "verified",
             *VERIFY_FILE, "--whole", needs=BY_WHOLE_FILES),
        ours("digest", "weightseal digest FILE", SHA256, "sha256", "digest", "{file}"),
        ours("sign", "weightseal sign FILE", f"{SHA256} and root", "signed",
             "sign", "{file}", "--key", "{private}", "--signer", "bench", "-o", "{manifest}"),
        OPENSSL,
        SHA256SUM,
        B3SUM,
        MODEL_SIGNING,
        reference("model_signing_shards", "model_signing, shards of 1 GB", SHA256, "shards", "{shards}"),
        reference("model_signing_small", "model_signing, shards of 64 MiB", SHA256, "shards-small", "{shards_small}"),
        REFERENCE_BLAKE3,
    )),
    Workload("many", 64, 64 * MIB, (
        *VERIFY,
        DIGEST_FOLDER,
        OPENSSL,
        piped("openssl_cores", "openssl, a process a core", SHA256, "sha256", '-P "$3" -n 4 "$2" dgst -sha256 -r', "openssl"),
        SHA256SUM,
        piped("sha256sum_cores", "sha256sum, a process a core", SHA256, "sha256", '-P "$3" -n 4 "$2"', "sha256sum"),
        B3SUM,
        piped("b3sum_cores", "b3sum, a process a core", BLAKE3, "blake3", '-P "$3" -n 4 "$2" --num-threads 1', "{b3sum}"),
        MODEL_SIGNING,
        REFERENCE_BLAKE3,
    )),
    Workload("small", 20_000, 4 * KIB, (
        *VERIFY,
        DIGEST_FOLDER,
        piped("openssl", "find | xargs openssl dgst -sha256", SHA256, "sha256", '"$2" dgst -sha256 -r', "openssl"),
        piped("sha256sum", "find | xargs sha256sum", SHA256, "sha256", '"$2"', "sha256sum"),
        piped("sha256sum_cores", "sha256sum, a process a core", SHA256, "sha256", '-P "$3" -n 1000 "$2"', "sha256sum"),
        piped("b3sum", "find | xargs b3sum", BLAKE3, "blake3", '"$2"', "{b3sum}"),
        piped("b3sum_one", "find | xargs b3sum, one thread", BLAKE3, "blake3", '"$2" --num-threads 1', "{b3sum}"),
        piped("b3sum_cores", "b3sum, a process a core", BLAKE3, "blake3", '-P "$3" -n 1000 "$2" --num-threads 1', "{b3sum}"),
        MODEL_SIGNING,
        REFERENCE_BLAKE3,
    )),
)  # fmt: skip

WHOLE = ("whole", "verify")
"""Without chunk roots, `verify` is by whole files already."""

TARGETS = (
    Target("one", ("verify",), "openssl", "verify by chunk root, against openssl dgst", at_least=6),
    Target("one", ("verify",), "model_signing_shards", "verify by chunk root, against model_signing, shards", at_least=3.6),
    Target("one", ("verify",), "model_signing", "verify by chunk root, against model_signing", at_least=6),
    Target("one", ("verify",), "b3sum", "verify by chunk root, against b3sum", at_least=1.15),
    Target("one", ("digest",), "openssl", "digest, plain SHA-256, against openssl dgst", at_least=1.15),
    Target("one", ("sign",), "digest", "sign with both digests, as a multiple of digest", at_most=1.05),
    Target("many", WHOLE, "model_signing", "verify --whole, plain SHA-256 and root, against model_signing", at_least=3.5),
    Target("many", WHOLE, "openssl", "verify --whole, plain SHA-256 and root, against openssl dgst", at_least=6),
    Target("many", WHOLE, "b3sum", "verify --whole, plain SHA-256 and root, against b3sum", at_least=0.85),
    Target("many", ("digest",), "openssl", "digest DIR, plain SHA-256, against openssl dgst", at_least=6),
    Target("many", ("digest",), "b3sum", "digest DIR, plain SHA-256, against b3sum", at_least=0.85),
    Target("small", ("verify",), "model_signing", "verify, against model_signing", at_least=30),
    Target("small", ("verify",), "b3sum", "verify, against find with xargs b3sum", at_least=2.5),
)
