"""What the scoreboard consists of: the programs that attack weightseal, and the rows that each has to bring.

A program writes lines `row: {...}` (see testkit/README.md). A row that is listed here and does not come is a miss: what
was not attacked shall not look like what held.
"""

from dataclasses import dataclass

PYTHON = "python3"
CARGO_TEST = ("cargo", "test", "-q", "-p")


@dataclass(frozen=True)
class Program:
    """One program, and how it is started in both forms; an empty form is not run."""

    area: str
    short: tuple
    full: tuple
    # The rows of both forms, and those of the full form alone.
    rows: tuple
    full_rows: tuple = ()
    # Environment of the full form.
    full_env: tuple = ()

    def words(self, is_short):
        return self.short if is_short else self.full

    def expected(self, is_short):
        if not self.words(is_short):
            return ()
        return self.rows if is_short else self.rows + self.full_rows


def script(name, *options):
    return (PYTHON, f"testkit/attacks/{name}.py", *options)


def rust_test(package, test, *options):
    return (*CARGO_TEST, package, "--test", test, "--", "--nocapture", *options)


FUZZ_TARGETS = (
    "bundle-manifest certificate chunk-list differential dsse json manifest paths pem-pkcs8 public-key sigstore-bundle "
    "statement time trust-state trust-store trusted-root"
).split()
# Those of the full form; the short one cuts the power of ext4 alone.
FILE_SYSTEMS = ("ext4-writeback", "ext3", "ext2", "xfs")
RACES = "rename write mmap truncate fifo symlink signature store folder loading stopped stopped-loading".split()
LIMITS = "limit-files limit-memory limit-stack limit-file-size limit-processes streams places".split()


def rows(area, names):
    return tuple(f"{area}/{name}" for name in names)


PROGRAMS = (
    Program(
        "vectors",
        rust_test("weightseal", "vectors"),
        rust_test("weightseal", "vectors"),
        rows("vectors", ["negative", "library"]),
    ),
    Program("vectors", script("vectors"), script("vectors"), rows("vectors", ["command", "python"])),
    Program(
        "suites",
        rust_test("weightseal", "wycheproof"),
        rust_test("weightseal", "wycheproof"),
        rows("suites", ["wycheproof"]),
    ),
    Program(
        "suites",
        rust_test("weightseal", "x509_limbo"),
        rust_test("weightseal", "x509_limbo"),
        rows("suites", ["x509-limbo"]),
    ),
    Program(
        "suites",
        script("key_files", "--short"),
        script("key_files"),
        rows("suites", ["key-files", "key-files-damaged"]),
    ),
    Program("suites", (), script("conformance"), (), rows("suites", ["sigstore-conformance"])),
    Program(
        "mutation",
        rust_test("weightseal", "mutation"),
        rust_test("weightseal", "mutation"),
        rows("mutation", "bits bytes json folders keys trust".split()),
        full_env=(("WEIGHTSEAL_FULL", "1"),),
    ),
    Program(
        "faults",
        script("faults", "--short"),
        script("faults"),
        rows("faults", ["errors-once", "errors-persistent", "kill", "short-io"]),
    ),
    Program(
        "faults",
        script("disks", "--short"),
        script("disks"),
        rows("faults", ["full-disk", "file-size-limit", "device-error-reading", "device-error-writing"]),
    ),
    Program(
        "faults",
        script("power", "--short"),
        script("power"),
        rows("faults", ["power-cut-ext4", "power-cut-midway-ext4", "power-cut-proof"]),
        rows("faults", [f"power-cut{when}-{fs}" for fs in FILE_SYSTEMS for when in ("", "-midway")]),
    ),
    Program("races", script("races", "--short"), script("races"), rows("races", RACES)),
    Program("soak", script("soak", "--short"), script("soak"), rows("soak", ["verdicts", "stores", "memory", "descriptors"])),
    Program("fuzz", script("fuzz", "--short"), (), rows("fuzz", ["replay"])),
    Program("fuzz", (), script("fuzz"), (), rows("fuzz", FUZZ_TARGETS)),
    Program(
        "fuzz",
        script("differential", "--short"),
        script("differential", "--changes", "5000"),
        rows("fuzz", ["reference"]),
    ),
    Program(
        "bounds",
        script("bounds", "--short"),
        script("bounds"),
        rows("bounds", "terabyte signature-size json-shapes json-payload names many-files".split()) + ("panics/sizes",),
    ),
    Program(
        "bounds",
        script("bounds_keys", "--short"),
        script("bounds_keys"),
        rows("bounds", ["key-derivation", "keys", "certificates", "stores"]) + ("panics/keys",),
    ),
    Program(
        "bounds",
        script("bounds_limits", "--short"),
        script("bounds_limits"),
        rows("bounds", LIMITS) + ("panics/limits",),
    ),
    Program("secrets", script("secrets", "--short"), script("secrets"), rows("secrets", ["output", "cmdline", "core", "memory-after"])),
    Program("panics", script("panics", "--short"), script("panics"), rows("panics", ["threads", "none"])),
    Program("panics", script("lints"), script("lints"), rows("panics", ["lints"])),
    Program(
        "supply",
        ("cargo", "xtask", "supply", "--short"),
        ("cargo", "xtask", "supply"),
        rows("supply", "licences bans sources advisories dependencies unsafe release".split()),
        rows("supply", ["reproducible"]),
    ),
)
