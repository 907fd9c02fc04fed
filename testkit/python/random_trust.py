"""Draws stores, signatures and questions at random, close to every boundary: for two implementations to be compared."""

import json
import random

import decisions
import keyring
from reference import key_id

DIGESTS = {"first": "a" * 64, "other": "b" * 64}  # of the first statement, and of one that there is not
TIMES = ["2025-03-01T00:00:00Z", "2025-03-01T00:00:00.000001Z", "2025-06-01T00:00:00Z", "2025-06-01T02:00:00+02:00"]
TIMES += ["2025-05-31T23:59:59.999999Z", "2025-08-30T00:00:00Z", "2025-06-01T00:05:00Z", "2025-06-01T00:05:01Z"]
NOW = ["2025-06-01T00:00:00Z", "2025-08-30T00:00:00Z", "2025-06-30T23:59:59Z", "2025-03-01T00:00:00Z"]
NAMES = ["model_a.pt", "model_b.pt", "llama.pt"]
PATTERNS = ["*", "model_*", "model_a.pt", "*.pt", "m*l_*.pt", "llama*", "*_b*", "other"]
SIGNERS = {"alice": ["alice-1", "alice-2"], "bob": ["bob"], "carol": ["carol"], "dora": ["dora"]}
SPANS = ["30d", "90d", "1y", "2160h", "1h"]


def draw(seed):
    """A complete row of the decision table, without an answer."""
    dice = random.Random(seed)
    key = dice.choice(["alice-1", "alice-1", "alice-2", "bob", "carol", "dora", "mallory"])
    layout = dice.choice(["manifest", "manifest", "oms", "bundle-manifest"])
    bare = layout != "oms" and key == "carol" and dice.random() < 0.6
    row = {"id": f"random-{seed}", "what": "", "format": layout, "key": key, "envelope": not bare}
    row["part"] = layout == "bundle-manifest" and (bare or dice.random() < 0.4)  # nobody signed the name of a bare set
    row["claims"] = draw_claims(dice, key, layout)
    if dice.random() < 0.12 and layout != "bundle-manifest":
        row["expected_name"] = dice.choice(NAMES)
    row["at"] = dice.choice(NOW)
    row["asked"] = draw_asked(dice, row["claims"])
    row["text"] = draw_store(dice, row)
    if not bare:
        row["countersigners"] = [draw_countersigner(dice, number) for number in range(dice.choice([0, 0, 1, 1, 2, 3]))]
    if dice.random() < 0.3:
        row["memory"], row["at"] = draw_memory(dice, row), None
    return decisions.complete(row)


def holder(key):
    return next((signer for signer, keys in SIGNERS.items() if key in keys), "alice")


def draw_claims(dice, key, layout):
    claims = {"name": dice.choice(NAMES), "statement_sha256": DIGESTS["first"]}
    claims["signer"] = holder(key) if dice.random() < 0.9 else dice.choice(list(SIGNERS))
    claims["signed_at"] = dice.choice(TIMES)
    if layout == "oms" and dice.random() < 0.25:
        return claims | {"signer": None, "signed_at": None}
    if dice.random() < 0.2:
        claims["expires_at"] = dice.choice(TIMES)
    if dice.random() < 0.6:
        claims["model_version"] = dice.choice([1, 3, 4, 5])
    if dice.random() < 0.15:
        claims["renews"] = DIGESTS["other"]
    return claims


def draw_asked(dice, claims):
    """The signer of another tool's signature is not asked for: the page does not say what answers that."""
    asked = {}
    if dice.random() < 0.08 and claims["signer"]:
        asked["signer"] = dice.choice(list(SIGNERS))
    if dice.random() < 0.08:
        asked["max_age"] = dice.choice(SPANS)
    if dice.random() < 0.08:
        asked["model_version_at_least"] = dice.choice([1, 4])
    if dice.random() < 0.05:
        asked["require_authenticated"] = True
    return asked


def draw_countersigner(dice, number):
    key = dice.choice(["alice-1", "alice-2", "bob", "bob", "carol", "dora", "mallory"])
    item = {"key": key, "signer": holder(key) if dice.random() < 0.9 else dice.choice(list(SIGNERS))}
    item["statement_sha256"] = f"{number + 1}" * 64
    item["signed_at"] = dice.choice(TIMES)
    item["countersigns"] = DIGESTS["first"] if dice.random() < 0.9 else dice.choice([DIGESTS["other"], None])
    if dice.random() < 0.1:
        item["expires_at"] = dice.choice(TIMES)
    if dice.random() < 0.1:
        item["differs"] = dice.choice(["files", "name"])
    return item


def draw_memory(dice, row):
    models = []
    for name in sorted({row["claims"]["name"], "zebra.pt"}):
        known = {"name": name, "signer": holder(row["key"]), "model_version": dice.choice([3, 4])}
        models.append(known | {"statement_sha256": dice.choice(list(DIGESTS.values()))})
    if dice.random() < 0.2:
        return "new"
    return {"schema": "weightseal.state/1", "store_serial": dice.choice([1, 3, 3, 3, 4]), "models": models}


# --------------------------------------------------------------------------------------------------------- stores


def draw_store(dice, row):
    lines = ["serial = 3", f"expires_at = {dice.choice(['2099-01-01'] * 12 + NOW)}"]
    if not row["envelope"] and dice.random() < 0.7:
        digest = decisions.TABLE["defaults"]["claims"]["sha256"]
        name, carol = dice.choice([row["claims"]["name"], row["claims"]["name"], "zebra.pt"]), ids("carol")
        lines.append(f'unauthenticated = [{{ model = "{name}", sha256 = "{digest}", key = "{carol}" }}]')
    for signer, keys in SIGNERS.items():
        lines += ["[[signer]]", f'name = "{signer}"']
        for version, key in enumerate(keys, 1):
            lines += ["[[signer.key]]", f"version = {version}", f'public_key = "keys/{key}.pub"', *draw_times(dice)]
    for _ in range(dice.choice([0, 1, 1, 1, 2, 2, 3])):
        lines += draw_rule(dice, holder(row["key"]))
    return "\n".join(lines) + "\n"


def ids(key):
    return key_id(keyring.private(key).public_key())


def draw_times(dice):
    lines = []
    begin, end = sorted(dice.sample(["2025-03-01", "2025-05-31", "2025-06-01", "2025-08-30"], 2))
    if dice.random() < 0.2:
        lines.append(f"signs_from = {begin}")
    if dice.random() < 0.2:
        lines.append(f"signs_until = {end}")
    if dice.random() < 0.1:
        lines.append(f"trusted_until = {dice.choice([begin, end])}")
    if dice.random() < 0.15:
        since = f", compromised_since = {begin}" if dice.random() < 0.6 else ""
        lines.append(f'revoked = {{ at = {end}, reason = "lost"{since} }}')
    if dice.random() < 0.3:
        lines.append(f"frozen = {json.dumps([dice.choice([DIGESTS['first'], '1' * 64, '2' * 64])])}")
    return lines


def draw_rule(dice, signer):
    lines = ["[[rule]]", f"models = {json.dumps(dice.sample(PATTERNS, dice.choice([1, 1, 2])))}"]
    asked = dice.sample(["signers", "threshold", "version", "age", "formats"], dice.choice([1, 1, 2, 3]))
    if dice.random() < 0.75 and not {"signers", "threshold"} & set(asked):
        asked.append("signers")
    if "signers" in asked:
        named = {signer if dice.random() < 0.9 else "dora", *dice.sample(list(SIGNERS), dice.choice([0, 1, 2]))}
        lines.append(f"signers = {json.dumps(sorted(named))}")
    if "threshold" in asked:
        named = dice.sample(list(SIGNERS), dice.choice([1, 2, 3, 4]))
        lines.append(f"threshold = {{ n = {dice.randint(1, min(3, len(named)))}, of = {json.dumps(named)} }}")
    if "version" in asked:
        lines.append(f"minimum_model_version = {dice.choice([1, 3, 4])}")
    if "age" in asked:
        lines.append(f'max_age = "{dice.choice(SPANS)}"')
    if "formats" in asked:
        formats = dice.sample(["manifest", "bundle-manifest", "oms"], dice.choice([1, 2, 3]))
        lines.append(f"allowed_formats = {json.dumps(formats)}")
    if dice.random() < 0.45:
        lines.append('level = "warn"')
    return lines
