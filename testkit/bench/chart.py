"""The chart `docs/benchmarks.svg`: a bar for the seconds of each candidate, readable on light and on dark pages."""

from html import escape

WIDTH, LABELS, FIGURES = 860, 270, 150
ROW, BAR, HEADING = 22, 14, 40
MARGIN, TOP, BOTTOM = 16, 52, 12

STYLE = """
text { font-family: system-ui, "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", "DejaVu Sans", sans-serif }
text { font-size: 12px; fill: #24292f }
.title { font-size: 15px; font-weight: 600 }
.heading { font-size: 13px; font-weight: 600 }
.quiet { fill: #57606a }
.ours { font-weight: 600 }
.axis { stroke: #8c959f; stroke-width: 1 }
rect.ours { fill: #0a7ea4 }
rect.rival { fill: #a8b1bb }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .quiet { fill: #9aa4af }
  .axis { stroke: #6e7681 }
  rect.ours { fill: #3fb0d8 }
  rect.rival { fill: #5c6670 }
}
"""


def drawn(results):
    """The whole chart. Each workload has its own scale, from zero to its slowest candidate."""
    parts, y = [], TOP
    for measured in results:
        if measured.runs:
            y = workload(parts, measured, y)
    height = y + BOTTOM
    title = "Seconds of whole commands, files in the page cache"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{title}">',
        f"<title>{title}</title>",
        f"<style>{STYLE}</style>",
        text(MARGIN, 24, title, "title"),
        text(MARGIN, 42, "Shorter is better. Medians. Each group has its own scale.", "quiet"),
        *parts,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def workload(parts, measured, y):
    """Adds one group of bars, the fastest first, and returns where the next begins."""
    parts.append(text(MARGIN, y + HEADING - 14, measured.workload.title, "heading"))
    y += HEADING
    candidates = [candidate for candidate in measured.workload.candidates if measured.has(candidate.key)]
    candidates.sort(key=lambda candidate: measured.seconds(candidate.key))
    longest = max(measured.seconds(candidate.key) for candidate in candidates)
    left, room = MARGIN + LABELS, WIDTH - 2 * MARGIN - LABELS - FIGURES
    top = y
    for candidate in candidates:
        seconds = measured.seconds(candidate.key)
        who = "ours" if candidate.ours else "rival"
        length = max(1.0, room * seconds / longest)
        speed = measured.workload.bytes / 1e9 / seconds
        base = y + ROW / 2 + 4
        parts.append(text(left - 8, base, candidate.label, who, "end"))
        parts.append(f'<rect class="{who}" x="{left}" y="{y + (ROW - BAR) / 2:g}" width="{length:.1f}" height="{BAR}"/>')
        parts.append(text(left + length + 6, base, f"{figure(seconds)} s, {figure(speed)} GB/s", who))
        y += ROW
    parts.append(f'<line class="axis" x1="{left}" y1="{top}" x2="{left}" y2="{y}"/>')
    return y


def figure(value):
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def text(x, y, words, kind, anchor="start"):
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>'
