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
        return self.rows if is_short else self.rows + self.full_rows


def script(name, *options):
    return (PYTHON, f"testkit/attacks/{name}.py", *options)


def rust_test(package, test, *options):
    return (*CARGO_TEST, package, "--test", test, "--", "--nocapture", *options)


PROGRAMS = (
    Program("vectors", script("vectors"), script("vectors"), ("vectors/command", "vectors/python")),
    Program("panics", script("lints"), script("lints"), ("panics/lints",)),
)
