"""What the processes of the soak share: trust stores that all of them edit, and state files that all of them write.

A slot is a folder with one store, one state file, and one model in several versions. After some minutes the processes go
on to the next slot, so that stores do not grow without end. At the end each slot is held against what was done to it.
"""

import json
import pathlib
import random

from soak_models import ALGORITHMS, SIGNER, command

VERSIONS = 12
TEAM = "base_team.bin"


def make_slot(slot: pathlib.Path, keys: pathlib.Path):
    """The state file is not made here: the processes race for that."""
    slot.mkdir()
    public = [keys / f"base-{algorithm}.pub" for algorithm in ALGORITHMS]
    words = ("--from-keys", *public, "--signer", SIGNER, "--models", "base_*")
    calls = [("trust", "init", "--trust", slot / "trust.toml", *words)]
    for version in range(1, VERSIONS + 1):
        model = slot / f"v{version}" / TEAM
        model.parent.mkdir()
        model.write_text(f"weights {version}")
        words = ("--key", keys / "base-ecdsa-p256.pem", "--signer", SIGNER, "--model-version", version)
        calls.append(("sign", model, *words))
    for words in calls:
        status, result, call = command(*words)
        if status != 0:
            raise SystemExit(f"no slot: {call} {result}")
    # What all processes sign again and again, each with its own choice of a key.
    (slot / "base_common.bin").write_bytes(bytes(range(256)) * 1024)


def remembered(slot: pathlib.Path):
    """The store's serial and the model's version in the state file; zeros before there is one."""
    try:
        state = json.loads((slot / "state.json").read_text())
    except FileNotFoundError:
        return 0, 0
    versions = [entry["model_version"] for entry in state["models"] if entry["name"] == TEAM]
    return state["store_serial"], max(versions, default=0)


def edit_until_done(*words):
    """Edits a store. That another process has held it for ten seconds is an answer, and no fault: once more then."""
    for _ in range(30):
        status, result, call = command("trust", *words)
        if result.get("code") != "busy":
            break
    return status, result, call


class Sharer:
    """One process's part in the slots: what it does, and what it has seen."""

    def __init__(self, rng: random.Random, own: pathlib.Path, name: str, keys: pathlib.Path, judge):
        self.rng, self.own, self.name, self.keys, self.judge = rng, own, name, keys, judge
        self.edits, self.updates, self.count = [], [], 0

    def sign_common(self, slot: pathlib.Path):
        """Several processes sign one model at once. Whoever was last: the signature that is there is good."""
        model, key = slot / "base_common.bin", self.keys / f"base-{self.rng.choice(ALGORITHMS)}.pem"
        signed = command("sign", model, "--key", key, "--signer", SIGNER)
        self.judge("sign what others sign", signed, {None, "busy"}, slot)
        self.judge("verify what others sign", command("verify", model, "--trust", slot / "trust.toml"), {"verified"}, slot)

    def edit_store(self, slot: pathlib.Path):
        """Adds a signer, verifies what it signed, revokes it now and then, and verifies that."""
        self.count += 1
        signer, store = f"{self.name}-{self.count}", slot / "trust.toml"
        key = self.own / f"{signer}.pem"
        model = self.own / f"{signer}_m.bin"
        model.write_bytes(self.rng.randbytes(1000))
        command("keygen", "--algorithm", "ed25519", "--no-passphrase", "--output", key)
        made = command("sign", model, "--key", key, "--signer", signer)
        self.judge("sign as a new signer", made, {None}, self.own)
        words = ("--signer", signer, "--key", key.with_suffix(".pub"), "--models", f"{signer}_*")
        added = edit_until_done("add", "--trust", store, *words)
        if not self.judge("add to the store", added, {None}, slot):
            return
        self.edits.append([slot.name, "add", signer])
        self.judge("verify by the store", command("verify", model, "--trust", store), {"verified"}, slot)
        if self.rng.random() < 0.5:
            revoked = edit_until_done("revoke", "--trust", store, "--reason", "soak", key.with_suffix(".pub"))
            if self.judge("revoke in the store", revoked, {None}, slot):
                self.edits.append([slot.name, "revoke", signer])
                self.judge("verify what is revoked", command("verify", model, "--trust", store), {"revoked"}, slot)
        for path in (key, key.with_suffix(".pub"), model, model.with_name(f"{signer}_m.manifest.json")):
            path.unlink(missing_ok=True)

    def update_state(self, slot: pathlib.Path, progress: float):
        """Verifies some version with the state file that all use. What was remembered before rules, and only grows."""
        version = 1 + int(progress * VERSIONS) + self.rng.randint(-2, 1)
        version = max(1, min(VERSIONS, version))
        before = remembered(slot)
        words = ("--trust", slot / "trust.toml", "--state", slot / "state.json", "--init-state")
        found = command("verify", slot / f"v{version}" / TEAM, *words)
        after = remembered(slot)
        code = found[1].get("code")
        fits = {
            "verified": before[1] <= version <= after[1],
            "rolled-back": after[1] > version,
            # Another process has used a newer store, after this one had read its own.
            "trust-store-rolled-back": after[0] > 1,
            "busy": True,
        }
        fits = fits.get(code, False) and before[0] <= after[0] and before[1] <= after[1]
        what = f"version {version}: {code}, remembered (serial, version) {before} before and {after} after"
        self.judge(what, found, {code} if fits else {"another answer"}, slot)
        if code == "verified":
            self.updates.append([slot.name, version])


def judge_slots(base: pathlib.Path, edits, updates):
    """What is wrong with the slots at the end: edits that were lost, and states that went back."""
    wrong = []
    for slot in sorted(base.glob("slot-*")):
        done = [edit for edit in edits if edit[0] == slot.name]
        status, listed, _ = command("trust", "list", "--trust", slot / "trust.toml")
        if status != 0:
            wrong.append(f"{slot.name}: the store cannot be read: {listed}")
            continue
        keys = {key["signer"]: key for key in listed["keys"]}
        added = {signer for _, action, signer in done if action == "add"}
        revoked = {signer for _, action, signer in done if action == "revoke"}
        for signer in added:
            if signer not in keys:
                wrong.append(f"{slot.name}: {signer} was added, and is not there")
            elif (keys[signer]["state"] == "revoked") != (signer in revoked):
                wrong.append(f"{slot.name}: {signer} is {keys[signer]['state']}, revoked by us: {signer in revoked}")
        wrong += [f"{slot.name}: nobody added {signer}" for signer in set(keys) - added - {SIGNER}]
        if listed["serial"] != 1 + len(done):
            wrong.append(f"{slot.name}: serial {listed['serial']} after {len(done)} edits")
        accepted = max((version for name, version in updates if name == slot.name), default=0)
        if remembered(slot)[1] != accepted:
            wrong.append(f"{slot.name}: version {accepted} was accepted, {remembered(slot)} is remembered")
    return wrong
