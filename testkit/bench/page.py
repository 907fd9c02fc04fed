"""The page `docs/benchmarks.md`: what was measured on which machine, which targets are met, and every figure."""

from candidates import MEMORY_TARGET_MIB, MIB, TARGETS
from machine import DISTURBED_SHARE

HEAD = """\
# Benchmarks

Written by `cargo xtask bench`; do not edit. Measured on {date}.

![Seconds that each command takes, by workload](benchmarks.svg)

Whole commands are measured, from their start to their end, with the files in the page cache. In each round every command of a
workload runs once, and each round begins with another one. One round is not counted, then {rounds} are. A ratio compares
two runs of the same round: given are the median of these ratios and, in brackets, the smallest and the largest.
Every answer is checked: the verifications succeed, and what computes the same digests prints the same.
{kept}, and a run counts only if it read next to nothing from a disk: less than 2 MB a second.

The contents are pseudo-random. Each folder has an OMS signature, made by weightseal with an ECDSA P-256 key, that both
weightseal and `model_signing` verify; where the command says FILE, it is one file with a manifest. openssl, sha256sum and
b3sum verify no signature; for shards and BLAKE3 `model_signing` verifies a signature that it made itself.
1 GB is 10^9 bytes. The peak is the most memory that one process of a command had, with what it maps of files, which is
nearly all of b3sum's. A peak below {floor:.0f} MiB cannot be seen, and reads {floor:.0f} MiB.
"""

WHENCE = """\
Measured is how many times as fast weightseal is, unless the row says otherwise. What is wanted was set by a prototype on two
cores of another processor (AMD Zen 5, 3.9 GHz). How much faster many messages are hashed at once than one differs between
processors: [crates/sha256-mb](../crates/sha256-mb/README.md) counts the instructions of one where it is less. About a third
of the time of `weightseal verify` goes into copying out of the page cache. b3sum maps the files instead: a program that does
so is ended by a signal when somebody shortens a file meanwhile. b3sum and BLAKE3 compute another digest than SHA-256.
"""

TAIL = """\
## What is not measured

Cold runs, with nothing in the page cache, and with them `--direct`: on virtual machines, whose host caches as well and takes
memory back, they measure the host. Where the disk is slower than the digest, every tool takes as long as the disk.
"""


def written(results, date, facts, versions, floor):
    rounds = max((len(measured.others) for measured in results), default=0)
    locked = all(measured.locked for measured in results)
    kept = "The files are locked in memory" if locked else "Before each run the files are read"
    parts = [HEAD.format(date=date, rounds=rounds, floor=floor, kept=kept)]
    parts.append("## The machine\n\n" + table(["", ""], facts + versions, {}))
    parts.append(disturbances(results))
    parts.append("## Targets\n\n" + targets(results))
    parts.extend(workload(measured) for measured in results)
    parts.append(TAIL)
    return "\n".join(part for part in parts if part)


def workload(measured):
    """One section: the figures of every candidate, and what is missing."""
    text = f"## {measured.workload.title[0].upper()}{measured.workload.title[1:]}\n\n"
    if not measured.runs:
        return text + "The machine took back the memory of the page cache too often: there are no figures.\n"
    rows = []
    for candidate in measured.workload.candidates:
        if measured.has(candidate.key):
            seconds = measured.seconds(candidate.key)
            ratio = "1" if candidate.key == "verify" else spread(*measured.ratios(candidate.key, "verify"))
            speed = measured.workload.bytes / 1e9 / seconds
            label = f"**{candidate.label}**" if candidate.ours else candidate.label
            figures = f"{seconds:.3f}", f"{speed:.3g}", ratio, f"{measured.peak(candidate.key):.0f}"
            rows.append((label, computes(measured, candidate), *figures))
    head = ["command", "computes", "seconds", "GB/s", "times `weightseal verify`", "peak, MiB"]
    text += table(head, rows, {2, 3, 4, 5})
    for candidate, why in measured.skipped:
        text += f"\n`{candidate.label}` was left out: {why}.\n"
    return text


def computes(measured, candidate):
    """What a candidate computes, as long as signatures have no chunk roots: plain digests."""
    return candidate.computes if measured.roots or "root" not in candidate.computes else "SHA-256"


def targets(results):
    """The table of what is to be reached, and whether it is."""
    by_key = {measured.workload.key: measured for measured in results}
    rows = []
    for target in TARGETS:
        measured = by_key[target.workload]
        ours = next((key for key in target.ours if measured.has(key)), None)
        wanted = f"≥ {target.at_least} ×" if target.at_least else f"≤ {target.at_most} ×"
        row = [measured.workload.title, target.text, wanted]
        if ours is None or not measured.has(target.rival):
            rows.append((*row, "not measured", "", ""))
            continue
        if target.at_most:
            ratio = measured.ratios(ours, target.rival)
            rows.append((*row, spread(*ratio), verdict(ratio[0] <= target.at_most), ""))
            continue
        ratio, fastest = measured.ratios(target.rival, ours), best_form(measured, target.rival)
        beside = f"{spread(*measured.ratios(fastest.key, ours))} {fastest.label}" if fastest.key != target.rival else ""
        rows.append((*row, spread(*ratio), verdict(ratio[0] >= target.at_least), beside))
    rows.append(memory(results))
    head = ["workload", "target", "wanted", "measured", "", "against the fastest form of that tool"]
    text = table(head, rows, {2, 3})
    if plain := [measured.workload.title for measured in results if measured.runs and not measured.roots]:
        text += f"\nSmall files have no chunk root: there `verify` is by plain SHA-256 ({', '.join(plain)}).\n"
    text += f"\n{WHENCE}"
    return text


def memory(results):
    peaks = [
        (measured.peak(candidate.key), candidate, measured.workload)
        for measured in results
        for candidate in measured.workload.candidates
        if candidate.ours and measured.has(candidate.key)
    ]
    row = ["all", "memory of every `weightseal` command", f"≤ {MEMORY_TARGET_MIB} MiB"]
    if not peaks:
        return (*row, "not measured", "", "")
    peak, candidate, where = max(peaks, key=lambda entry: entry[0])
    label = f"{peak:.0f} MiB (`{candidate.label}`, {where.title})"
    return (*row, label, verdict(peak <= MEMORY_TARGET_MIB), "")


def best_form(measured, key):
    """The candidate of the same tool that took the least time."""
    by_key = {candidate.key: candidate for candidate in measured.workload.candidates if measured.has(candidate.key)}
    forms = [candidate for candidate in by_key.values() if candidate.family == by_key[key].family]
    return min(forms, key=lambda candidate: measured.seconds(candidate.key))


def disturbances(results):
    """What has to be known before the figures are believed; nothing where nothing was wrong."""
    sentences = []
    for measured in results:
        title, counted = measured.workload.title, len(measured.others)
        if measured.busy_starts or measured.disturbed():
            sentences.append(
                f"Disturbed, {title}: {measured.busy_starts} of {counted} rounds began while the machine was not idle; "
                f"in {measured.disturbed()}, others used more than {DISTURBED_SHARE:.0%} of its processors, "
                f"up to {max(measured.others):.0%}."
            )
        if measured.cold_rounds:
            sentences.append(f"Not counted, {title}: {measured.cold_rounds} rounds, as files or programs had left the page cache.")
    return "".join(f"**{sentence}**\n\n" for sentence in sentences).rstrip("\n") + "\n" if sentences else ""


def verdict(met):
    return "met" if met else "**missed**"


def spread(median, smallest, largest):
    return f"{factor(median)} ({factor(smallest)}–{factor(largest)})"


def factor(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(head, rows, right):
    lines = ["| " + " | ".join(head) + " |"]
    lines.append("|" + "|".join("--:" if at in right else "---" for at in range(len(head))) + "|")
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
