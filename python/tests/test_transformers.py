"""weightseal.transformers with the real library, on a real model of 90 MB. Nothing here needs the network."""

import gc
import json
import os
import pickle
import shutil

# Before transformers is imported, which reads them then.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"

import pytest
import torch
import transformers
from support import SIGNER, flip_bit, published, run_python, swapping
from transformers import AutoConfig, AutoModel, AutoModelForMaskedLM, AutoTokenizer, BertConfig, BertModel

import weightseal
from weightseal.errors import UnsafeRequest, WeightsealError
from weightseal.transformers import from_pretrained

pytestmark = pytest.mark.usefixtures("scratch")

KEEPS = ["auto", "memory", "disk"]
SENTENCES = ["A signed model is verified before it is loaded.", "Näive café", ""]


@pytest.fixture(params=KEEPS)
def keep(request):
    return request.param


@pytest.fixture(scope="session")
def minilm_manifest(minilm, keys, tmp_path_factory):
    """The bundle manifest of the whole folder, made once: 90 MB are hashed for it."""
    output = tmp_path_factory.mktemp("minilm") / "minilm.manifest.json"
    return keys.sign_bundle(sorted(path for path in minilm.rglob("*") if path.is_file()), output, base=minilm)


@pytest.fixture
def folder(tmp_path, minilm, minilm_manifest):
    """A copy of the real model with its bundle manifest in it. The weights are links to one file: not to be written."""
    place = tmp_path / "all-minilm-l6-v2"
    copied = shutil.copytree(minilm, place, copy_function=os.link)
    shutil.copyfile(minilm_manifest, copied / minilm_manifest.name)
    return place


@pytest.fixture
def small(tmp_path, keys):
    """A tiny model of the same kind, to be changed, with its bundle manifest in it."""
    place = tmp_path / "small"
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    BertModel(config).save_pretrained(place)
    sign(place, keys)
    return place


def sign(place, keys, **said):
    manifest = place / "small.manifest.json"
    paths = sorted(path for path in place.rglob("*") if path.is_file() and path != manifest)
    return keys.sign_bundle(paths, manifest, **said)


def embed(model, tokenizer):
    tokens = tokenizer(SENTENCES, padding=True, return_tensors="pt")
    with torch.no_grad():
        return model(**tokens).last_hidden_state


def same(one, other):
    one, other = one.state_dict(), other.state_dict()
    return list(one) == list(other) and all(torch.equal(one[name], other[name]) for name in one)


def rewrite(path, content):
    """Writes a file that may be a link to the cached model, which stays as it is."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


# --- Loading ----------------------------------------------------------------------------------------------------------


def test_a_real_model_and_its_tokenizer(folder, minilm, keys, scratch, keep):
    expected = embed(AutoModel.from_pretrained(minilm).eval(), AutoTokenizer.from_pretrained(minilm))
    model = from_pretrained(AutoModel, folder, keys.public, signer=SIGNER, keep=keep)
    tokenizer = from_pretrained(AutoTokenizer, folder / "minilm.manifest.json", keys.public, keep=keep)
    assert type(model) is BertModel and not model.training
    shutil.rmtree(folder)
    gc.collect()
    # The bytes are gone; only the names are kept, so that nobody else can take them.
    assert [path for path in scratch.rglob("*") if path.parent != scratch] == []
    assert all(path.stat().st_mode & 0o777 == 0o700 for path in scratch.iterdir())
    assert model.config._name_or_path == str(folder)
    assert tokenizer.name_or_path == str(folder / "minilm.manifest.json")
    found = embed(model, tokenizer)
    assert found.shape[0] == len(SENTENCES) and torch.equal(found, expected)
    assert tokenizer.decode(tokenizer("hello world")["input_ids"]) == "[CLS] hello world [SEP]"
    # Its weights can be trained: they are nobody else's.
    with torch.no_grad():
        model.embeddings.word_embeddings.weight.zero_()


def test_with_the_manifest_elsewhere(small, tmp_path, keys):
    plain = BertModel.from_pretrained(small)
    manifest = tmp_path / "elsewhere.manifest.json"
    (small / "small.manifest.json").rename(manifest)
    assert same(from_pretrained(BertModel, small, keys.public, signature=manifest), plain)
    assert same(from_pretrained(BertModel, manifest, keys.public, base=small), plain)
    with pytest.raises(FileNotFoundError):
        from_pretrained(BertModel, small, keys.public)


def test_a_folder_with_an_oms_signature(small, keys, keep, scratch):
    plain = BertModel.from_pretrained(small)
    (small / "small.manifest.json").unlink()
    weightseal.sign_model(small, **keys.signing)
    model = from_pretrained(BertModel, small, keys.public, signer=SIGNER, keep=keep)
    assert same(model, plain) and model.config._name_or_path == str(small)
    # The arguments of verify_model are no arguments of the class.
    (small / "notes.txt").write_text("nobody signed it")
    with pytest.raises(weightseal.errors.ExtraFile):
        from_pretrained(BertModel, small, keys.public, keep=keep)
    for asked in ({"ignore": ["notes.txt"]}, {"ignore_unsigned_files": True, "layout": "hf"}):
        assert same(from_pretrained(BertModel, small, keys.public, keep=keep, **asked), plain)
    # A part is never taken for the whole.
    with pytest.raises(weightseal.errors.PartialModel):
        from_pretrained(BertConfig, small, keys.public, only=["config.json"])
    (small / "notes.txt").unlink()
    flip_bit(small / "model.safetensors")
    with pytest.raises(weightseal.HashMismatch):
        from_pretrained(BertModel, small, keys.public, keep=keep)


def test_every_kind_of_class(small, keys, keep):
    config = from_pretrained(AutoConfig, small, keys.public, keep=keep)
    assert (type(config), config.hidden_size) == (BertConfig, 16)
    assert from_pretrained(BertConfig, small, keys.public, keep=keep).hidden_size == 16
    model = from_pretrained(AutoModelForMaskedLM, small, keys.public, keep=keep)
    assert type(model).__name__ == "BertForMaskedLM"
    transformers.GenerationConfig(max_length=7).save_pretrained(small)
    sign(small, keys)
    assert from_pretrained(transformers.GenerationConfig, small, keys.public, keep=keep).max_length == 7


def test_arguments_are_handed_on(small, keys):
    config = BertConfig.from_pretrained(small, output_attentions=True)
    model = from_pretrained(BertModel, small, keys.public, config=config, dtype=torch.float64, add_pooling_layer=False)
    assert model.dtype is torch.float64 and model.pooler is None and model.config.output_attentions
    _, information = from_pretrained(BertModel, small, keys.public, output_loading_info=True)
    assert not information["missing_keys"]


def test_weights_in_several_files(small, keys, keep):
    plain = BertModel.from_pretrained(small)
    (small / "model.safetensors").unlink()
    plain.save_pretrained(small, max_shard_size="5KB")
    assert len(list(small.glob("model-*.safetensors"))) > 1
    sign(small, keys)
    assert same(from_pretrained(AutoModel, small, keys.public, keep=keep), plain)
    flip_bit(sorted(small.glob("model-*.safetensors"))[-1])
    with pytest.raises(weightseal.HashMismatch):
        from_pretrained(AutoModel, small, keys.public, keep=keep)


def test_weights_that_torch_pickled(small, keys, keep):
    plain = BertModel.from_pretrained(small)
    (small / "model.safetensors").unlink()
    torch.save(plain.state_dict(), small / "pytorch_model.bin")
    sign(small, keys)
    assert same(from_pretrained(BertModel, small, keys.public, keep=keep), plain)


def test_a_folder_in_the_folder(small, keys, keep):
    plain = BertModel.from_pretrained(small)
    shutil.copytree(small, small / "deep" / "encoder", ignore=shutil.ignore_patterns("*.manifest.json"))
    (small / "model.safetensors").unlink()
    sign(small, keys)
    assert same(from_pretrained(BertModel, small, keys.public, subfolder="deep/encoder", keep=keep), plain)


# --- What others put there --------------------------------------------------------------------------------------------


class Attack:
    def __init__(self, victim):
        self.victim = victim

    def __reduce__(self):
        return os.system, (f"touch '{self.victim}'",)


def test_files_that_nobody_signed_are_not_seen(folder, tmp_path, keys, keep):
    """Planted beside the signed ones: other weights, code, a tokenizer, an adapter."""
    victim = tmp_path / "victim"
    torch.save(Attack(victim), folder / "pytorch_model.bin")
    (folder / "modeling_evil.py").write_text(f"import os\nos.system('touch {victim}')\n")
    adapter = {"base_model_name_or_path": "elsewhere", "peft_type": "LORA"}
    (folder / "adapter_config.json").write_text(json.dumps(adapter))
    (folder / "added_tokens.json").write_text(json.dumps({"[PLANTED]": 99999}))
    (folder / "chat_template.jinja").write_text("planted")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": {}}))
    tokenizer = from_pretrained(AutoTokenizer, folder, keys.public, keep=keep)
    model = from_pretrained(AutoModel, folder, keys.public, keep=keep)
    assert type(model) is BertModel and embed(model, tokenizer).isfinite().all()
    assert tokenizer.chat_template is None and "[PLANTED]" not in tokenizer.get_vocab()
    # Only these weights are looked for: the signed set has none.
    with pytest.raises(OSError):
        from_pretrained(AutoModel, folder, keys.public, keep=keep, use_safetensors=False)
    assert not victim.exists()


def test_a_planted_code_file_of_a_signed_model_with_code(small, tmp_path, keys):
    """The signed config names a class that comes with the model. Neither the signed code nor the planted one runs."""
    victim = tmp_path / "victim"
    code = f"""
import os
os.system("touch '{victim}'")
from transformers import BertConfig as OwnConfig, BertModel as Own
"""
    config = json.loads((small / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoModel": "own.Own", "AutoConfig": "own.OwnConfig"}}
    (small / "config.json").write_text(json.dumps(config))
    (small / "own.py").write_text(code)
    for is_signed in (True, False):
        if not is_signed:
            (small / "own.py").unlink()
        sign(small, keys)
        (small / "own.py").write_text(code)
        for cls in (AutoModel, AutoConfig):
            with pytest.raises((ValueError, OSError)) as caught:
                from_pretrained(cls, small, keys.public)
            assert not isinstance(caught.value, WeightsealError)
            with pytest.raises(UnsafeRequest):
                from_pretrained(cls, small, keys.public, trust_remote_code=True)
    assert not victim.exists()
    # transformers itself would have run it.
    script = """
import sys, transformers
transformers.AutoConfig.from_pretrained(sys.argv[1], trust_remote_code=True)
"""
    run_python(script, small, HF_HOME=str(tmp_path / "hf"))
    assert victim.exists()


def test_a_signed_attack_in_the_weights_runs_nothing(small, tmp_path, keys):
    victim = tmp_path / "victim"
    (small / "model.safetensors").unlink()
    torch.save(Attack(victim), small / "pytorch_model.bin")
    sign(small, keys)
    with pytest.raises((pickle.UnpicklingError, OSError)) as caught:
        from_pretrained(BertModel, small, keys.public)
    assert not isinstance(caught.value, WeightsealError)
    with pytest.raises(UnsafeRequest):
        from_pretrained(BertModel, small, keys.public, weights_only=False)
    assert not victim.exists()
    torch.load(small / "pytorch_model.bin", weights_only=False)
    assert victim.exists()


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json", "vocab.txt", "README.md"])
def test_a_real_file_that_was_changed(folder, keys, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    rewrite(folder / name, content)
    # Whatever is asked for, all of the set has to be right.
    for cls in (AutoModel, AutoTokenizer):
        with pytest.raises(weightseal.HashMismatch) as caught:
            from_pretrained(cls, folder, keys.public)
        assert caught.value.data["file"] == name


@pytest.mark.parametrize("name", ["model.safetensors", "1_Pooling/config.json"])
def test_a_real_file_that_is_missing(folder, keys, name):
    (folder / name).unlink()
    with pytest.raises(weightseal.errors.MissingFile):
        from_pretrained(AutoModel, folder, keys.public)


def test_a_file_that_is_a_link(small, tmp_path, keys):
    weights = small / "model.safetensors"
    weights.rename(tmp_path / "weights")
    weights.symlink_to(tmp_path / "weights")
    with pytest.raises(WeightsealError):
        from_pretrained(BertModel, small, keys.public)


def test_keys_and_manifests(small, keys, other_keys):
    with pytest.raises(weightseal.errors.UntrustedKey):
        from_pretrained(BertModel, small, other_keys.public)
    with pytest.raises(weightseal.errors.WrongSigner):
        from_pretrained(BertModel, small, keys.public, signer="someone@else")
    with pytest.raises(weightseal.errors.ModelVersionTooLow):
        from_pretrained(BertModel, small, keys.public, model_version_at_least=1)
    manifest = small / "small.manifest.json"
    code = published()
    files = [small / "config.json", small / "model.safetensors"]
    code.save_manifest(code.sign_artifact_bundle(files, keys.private, SIGNER), manifest)
    with pytest.raises(weightseal.errors.NotAuthenticated):
        from_pretrained(BertModel, small, keys.public)
    with pytest.warns(weightseal.NotAuthenticatedWarning) as told:
        from_pretrained(BertModel, small, keys.public, allow_unauthenticated=True)
    assert [warning.filename for warning in told] == [__file__]
    manifest.unlink()
    with pytest.raises(FileNotFoundError):
        from_pretrained(BertModel, small, keys.public)


# --- What is refused at once ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"trust_remote_code": True},
        {"trust_remote_code": "yes"},
        {"weights_only": False},
        {"weights_only": None},
        {"local_files_only": False},
        {"subfolder": ".."},
        {"subfolder": "deep/../../elsewhere"},
        {"subfolder": "/etc"},
        {"gguf_file": "../model.gguf"},
        {"gguf_file": "/etc/model.gguf"},
        {"variant": "x/../../../elsewhere/model"},
        {"attn_implementation": "somebody/attention"},
        {"attn_implementation": {"text_config": "somebody/attention"}},
        {"use_kernels": True},
        {"allow_all_kernels": True},
    ],
    ids=str,
)
def test_what_would_leave_the_verified_folder(keys, options):
    # No folder is there: whoever looked for one would have said so.
    with pytest.raises(UnsafeRequest):
        from_pretrained(AutoModel, "nowhere", keys.public, **options)


def test_trusting_no_code_may_be_said(small, keys):
    plain = BertModel.from_pretrained(small)
    options = {"trust_remote_code": False, "local_files_only": True, "weights_only": True}
    assert same(from_pretrained(AutoModel, small, keys.public, **options), plain)


@pytest.mark.parametrize("place", ["adapter_config.json", "deep/adapter_config.json"])
def test_a_signed_adapter(small, keys, keep, place):
    """Its base model would be loaded from elsewhere, by nobody verified."""
    (small / place).parent.mkdir(exist_ok=True)
    (small / place).write_text(json.dumps({"base_model_name_or_path": "elsewhere/base", "peft_type": "LORA"}))
    sign(small, keys)
    with pytest.raises(UnsafeRequest, match="adapter"):
        from_pretrained(AutoModel, small, keys.public, keep=keep)


@pytest.mark.parametrize(
    "asked",
    [
        {"attn_implementation": "somebody/attention"},
        {"_attn_implementation": "paged|somebody/attention:forward"},
        {"text_config": {"attn_implementation": {"": "eager", "deep": "somebody/attention"}}},
    ],
    ids=str,
)
def test_a_signed_model_that_asks_for_code_from_elsewhere(small, keys, keep, asked):
    """transformers would fetch the repository, and run it as the model's attention."""
    config = json.loads((small / "config.json").read_text())
    (small / "config.json").write_text(json.dumps(config | asked))
    sign(small, keys)
    with pytest.raises(UnsafeRequest, match="somebody/attention"):
        from_pretrained(AutoModel, small, keys.public, keep=keep)
    (small / "config.json").write_text(json.dumps(config | {"attn_implementation": "eager"}))
    sign(small, keys)
    assert from_pretrained(AutoModel, small, keys.public, keep=keep).config._attn_implementation == "eager"


def test_a_signed_configuration_that_is_none(small, keys):
    for text in (b"", b"[1]", b"{", b"\xff"):
        (small / "config.json").write_bytes(text)
        sign(small, keys)
        with pytest.raises((OSError, ValueError, TypeError, AttributeError)) as caught:
            from_pretrained(AutoModel, small, keys.public)
        assert not isinstance(caught.value, WeightsealError)


def test_a_set_without_the_files_that_are_needed(small, tmp_path, keys):
    """Nothing is looked for elsewhere."""
    (small / "model.safetensors").unlink()
    sign(small, keys)
    with pytest.raises(OSError, match="model.safetensors") as caught:
        from_pretrained(AutoModel, small, keys.public)
    assert not isinstance(caught.value, WeightsealError)


def test_weights_that_are_replaced_while_they_are_loaded(small, keys):
    plain = BertModel.from_pretrained(small)
    plain.load_state_dict({name: tensor.clone() for name, tensor in plain.state_dict().items()}, assign=True)
    weights = small / "model.safetensors"
    good = weights.read_bytes()
    evil = bytearray(good)
    evil[-3] ^= 1
    loads, outcomes = 60, {"loaded": 0}
    with swapping(weights, good, bytes(evil)):
        for at in range(loads):
            try:
                model = from_pretrained(BertModel, small, keys.public, keep=KEEPS[at % 3])
            except WeightsealError as error:
                outcomes[error.code] = outcomes.get(error.code, 0) + 1
            else:
                assert same(model, plain), f"load {at} gave something that nobody signed; before: {outcomes}"
                outcomes["loaded"] += 1
    print(f"\nreplaced while loaded: {outcomes}")
    assert 0 < outcomes["loaded"] < loads, outcomes


@pytest.mark.parametrize("shard", ["/etc/passwd", "../../model.safetensors", "missing.safetensors"])
def test_an_index_that_names_other_files_is_refused(shard, small, keys, tmp_path):
    index = small / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": {"embeddings.weight": shard}}))
    sign(small, keys)
    with pytest.raises(UnsafeRequest, match="which is no file of the verified folder") as caught:
        from_pretrained(BertModel, small, keys.public)
    assert caught.value.data["file"] == index.name


@pytest.mark.parametrize(
    "argument",
    [{"config": "elsewhere"}, {"vocab_file": "vocab.txt"}, {"tokenizer_file": "t.json"}, {"offload_folder": "x"},
     {"adapter_kwargs": {"a": 1}}, {"device_map": {"": "disk"}}],
    ids=str,
)  # fmt: skip
def test_arguments_that_name_other_files_are_refused(argument, small, keys):
    with pytest.raises(UnsafeRequest):
        from_pretrained(BertModel, small, keys.public, **argument)


def test_a_configuration_in_another_file_is_refused(small, keys):
    config = json.loads((small / "config.json").read_text())
    (small / "config.json").write_text(json.dumps(config | {"configuration_files": ["config.4.0.0.json"]}))
    sign(small, keys)
    with pytest.raises(UnsafeRequest, match="names other files to be taken in its place"):
        from_pretrained(BertModel, small, keys.public)
