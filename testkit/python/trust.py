"""The decision of a trust store, as docs/spec/trust.md, sections 3 to 8 describe it: facts, store and time to reasons.

It opens nothing and asks no clock. trust_store.py reads the store, trust_verifier.py finds the facts.
"""

from dataclasses import dataclass, field
from datetime import datetime

from public_keys import KeyProblem
from verifier import CLOCK_SKEW

# Which of several refusals is the headline; before all of them come those about the name and the key.
ORDER = [
    "wrong-model", "untrusted-key", "wrong-method", "revoked", "key-trust-ended", "key-not-yet-valid", "key-retired",
    "wrong-signer", "signer-missing", "no-matching-rule", "untrusted-signer", "format-not-allowed", "threshold-not-met",
    "not-authenticated", "rolled-back", "model-version-missing", "model-version-too-low", "signed-in-the-future",
    "signing-time-missing", "expired", "too-old",
]  # fmt: skip


@dataclass
class Facts:
    """What a signature proves and claims. `key` is one of the store's, or the code why it is nobody's.

    `key_id` is that of the key that made the signature, also where a certificate stands for it. Without an envelope
    there is no `statement`, and `sha256` is the digest of the file.
    """

    format: str
    key: object
    key_id: str
    name: str
    statement: str | None = None
    sha256: str | None = None
    signer: str | None = None
    signed_at: datetime | None = None
    expires_at: datetime | None = None
    model_version: int | None = None
    renews: str | None = None
    vouched: datetime | None = None

    @property
    def signed_time(self):
        return self.signed_at or self.vouched


@dataclass
class Countersignature:
    """`countersigns` is the digest that it names, `same` whether it is of the same name, kind and files."""

    facts: Facts
    countersigns: str | None
    same: bool = True


@dataclass
class Memory:
    """What the state file says: (name, signer) to (version, digest of the statement)."""

    store_serial: int
    models: dict = field(default_factory=dict)


@dataclass
class Asked:
    """What the caller asks besides. `max_age` is a span with `before`."""

    signer: str | None = None
    max_age: object = None
    model_version_at_least: int | None = None
    require_authenticated: bool = False


@dataclass
class Decision:
    """(code, detail) of everything that rejects, the headline first, and of everything that was let pass."""

    refused: list = field(default_factory=list)
    tolerated: list = field(default_factory=list)

    def add(self, code, detail="", relaxed=False):
        (self.tolerated if relaxed else self.refused).append((code, detail))

    def sort(self):
        for reasons in (self.refused, self.tolerated):
            reasons.sort(key=lambda reason: ORDER.index(reason[0]) if reason[0] in ORDER else len(ORDER))
        return self


def check_store(store, now, memory=None):
    """What is at fault with the store as a whole: nothing is decided then."""
    if now >= store.expires_at:
        raise KeyProblem("trust-store-expired", str(store.expires_at))
    if memory is not None and store.serial < memory.store_serial:
        raise KeyProblem("trust-store-rolled-back", f"{store.serial} after {memory.store_serial}")


def decide(store, facts, expected_name, now, *, countersignatures=(), memory=None, asked=None):
    check_store(store, now, memory)
    decision = Decision()
    if isinstance(facts.key, str):
        decision.add(facts.key, "nobody's key")
        return decision  # what a stranger claims is worth nothing
    rules = [rule for rule in store.rules if rule.applies_to(expected_name)]
    lenient = bool(rules) and all(rule.warns for rule in rules)
    for code in judge_key(store, facts, now):
        decision.add(code, facts.key_id)
    for code in judge_times(facts, now):
        decision.add(code, relaxed=lenient)
    if facts.signer not in (None, facts.key.signer):
        decision.add("wrong-signer", facts.signer)
    if facts.name != expected_name:
        decision.add("wrong-model", facts.name, relaxed=lenient)
    if facts.statement is None and not is_listed(store, facts):
        decision.add("not-authenticated", "not listed in the store")
    judge_rules(store, rules, facts, now, countersignatures, decision)
    judge_memory(facts, expected_name, memory, decision)
    answer(asked or Asked(), facts, now, decision)
    return decision.sort()


# ---------------------------------------------------------------------------------------------- keys and times


def is_listed(store, facts):
    return facts.statement is None and (facts.name, facts.sha256, facts.key_id) in store.unauthenticated


def judge_key(store, facts, now):
    """Section 5: each by itself."""
    key, codes = facts.key, []
    spared = facts.statement in key.frozen or is_listed(store, facts)
    if key.revoked is not None:
        since = key.revoked.get("compromised_since")
        before = since is not None and facts.vouched is not None and facts.vouched < since
        if since is None or not (before or spared):
            codes.append("revoked")
    if key.trusted_until is not None and key.trusted_until <= now:
        codes.append("key-trust-ended")
    signed = facts.signed_time
    if signed is None:
        bounded = key.signs_from is not None or key.signs_until is not None
        return codes + (["signing-time-missing"] if bounded and not spared else [])
    if key.signs_from is not None and signed < key.signs_from:
        codes.append("key-not-yet-valid")
    if key.signs_until is not None and signed >= key.signs_until:
        codes.append("key-retired")
    return codes


def judge_times(facts, now):
    codes = []
    if facts.expires_at is not None and facts.expires_at <= now:
        codes.append("expired")
    if facts.signed_time is not None and facts.signed_time > now + CLOCK_SKEW:
        codes.append("signed-in-the-future")
    return codes


# ------------------------------------------------------------------------------------------------------- rules


def judge_rules(store, rules, facts, now, countersignatures, decision):
    if not rules:
        decision.add("no-matching-rule", facts.name)
        return
    if not any(rule.signers or rule.threshold for rule in rules):
        decision.add("untrusted-signer", "no rule says who may sign")
    for number, rule in enumerate(rules):
        signers = rule.signers or (rule.threshold and rule.threshold[1])
        if signers and facts.key.signer not in signers:
            decision.add("untrusted-signer", f"rule {number}")
        if rule.allowed_formats and (facts.statement is None or facts.format not in rule.allowed_formats):
            decision.add("format-not-allowed", f"rule {number}")
        if rule.threshold and not is_met(store, rule.threshold, facts, countersignatures, now):
            decision.add("threshold-not-met", f"rule {number}")
        if facts.statement is None:
            if rule.max_age or rule.minimum_model_version:
                decision.add("not-authenticated", f"rule {number}")
            continue
        judge_age_and_version(rule, facts, now, decision)


def judge_age_and_version(rule, facts, now, decision):
    if rule.max_age and facts.signed_time is None:
        decision.add("signing-time-missing", "the rule", relaxed=rule.warns)
    elif rule.max_age and facts.signed_time < rule.max_age.before(now):
        decision.add("too-old", str(facts.signed_time), relaxed=rule.warns)
    least = rule.minimum_model_version
    if least and facts.model_version is None:
        decision.add("model-version-missing", "the rule", relaxed=rule.warns)
    elif least and facts.model_version < least:
        decision.add("model-version-too-low", facts.model_version, relaxed=rule.warns)


def is_met(store, threshold, first, countersignatures, now):
    """Whether n signers can be found, each with a key of its own: a matching of signers and keys."""
    least, named = threshold
    if least > 1 and first.statement is None:
        return False
    signed = [(first.key.signer, first.key_id)]
    if least > 1:
        counting = [item.facts for item in countersignatures if counts(store, item, first, now)]
        signed += [(facts.key.signer, facts.key_id) for facts in counting]
    keys = {}
    for signer, key in signed:
        if signer in named:
            keys.setdefault(signer, set()).add(key)
    return matching(keys) >= least


def matching(keys):
    """How many signers can have a key each, no key twice (augmenting paths)."""
    holder = {}

    def give(signer, tried):
        for key in sorted(keys[signer] - tried):
            tried.add(key)
            if key not in holder or give(holder[key], tried):
                holder[key] = signer
                return True
        return False

    return sum(give(signer, set()) for signer in sorted(keys))


def counts(store, item, first, now):
    """Section 7. Nothing here is relaxed by `warn`."""
    facts = item.facts
    return (
        not isinstance(facts.key, str)
        and facts.statement is not None
        and facts.format == first.format
        and item.countersigns == first.statement
        and item.same
        and facts.signer in (None, facts.key.signer)
        and not judge_key(store, facts, now)
        and not judge_times(facts, now)
    )


# -------------------------------------------------------------------------------------- memory and questions


def judge_memory(facts, expected_name, memory, decision):
    known = memory and memory.models.get((expected_name, facts.key.signer))
    if not known:
        return
    version, digest = known
    if facts.model_version is None:
        decision.add("model-version-missing", f"version {version} is remembered")
    elif facts.model_version < version:
        decision.add("rolled-back", f"version {version} is remembered")
    elif facts.model_version == version and digest not in (facts.statement, facts.renews):
        decision.add("rolled-back", f"another statement of version {version}")


def remember(store, facts, expected_name, memory):
    """What is known after a success; without facts, the store's serial alone."""
    models = dict(memory.models) if memory else {}
    if facts and facts.model_version is not None:
        models[expected_name, facts.key.signer] = (facts.model_version, facts.statement)
    return Memory(max(store.serial, memory.store_serial if memory else 1), models)


def answer(asked, facts, now, decision):
    """What the caller asks is never relaxed, and unsigned text never answers."""
    questions = [asked.signer, asked.max_age, asked.model_version_at_least]
    if facts.statement is None:
        if asked.require_authenticated or any(question is not None for question in questions):
            decision.add("not-authenticated", "no envelope")
        return
    if asked.signer is not None and facts.key.signer != asked.signer:
        decision.add("wrong-signer", asked.signer)
    if asked.max_age and facts.signed_time is None:
        decision.add("signing-time-missing", "the caller")
    elif asked.max_age and facts.signed_time < asked.max_age.before(now):
        decision.add("too-old", "the caller")
    least = asked.model_version_at_least
    if least is not None and facts.model_version is None:
        decision.add("model-version-missing", "the caller")
    elif least is not None and facts.model_version < least:
        decision.add("model-version-too-low", "the caller")
