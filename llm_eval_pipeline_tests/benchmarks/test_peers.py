import pytest

from benchmarks.peers.environments import PEERS, NotInstalledError, Peer, environment, install


def test_a_tool_that_cannot_be_installed_is_told_with_the_reason(monkeypatch):
    monkeypatch.setenv("PATH", "")
    peer = Peer(name="absent", script="absent", package="absent", packages=("absent",), npm=True)
    with pytest.raises(NotInstalledError, match="there is no npm"):
        install(peer)
    assert not peer.folder.exists()


def test_every_tool_has_a_script_and_a_form_to_go_on_in(tmp_path):
    for peer in PEERS:
        start, resume = (peer.command("http://url", tmp_path, 64, how) for how in ("start", "resume"))
        assert (tmp_path.parent / start[1]).is_file()
        assert "resume" in resume
        assert "resume" not in start


def test_a_tool_sees_nothing_of_the_users_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", "the user's own")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://example.com")
    given = environment(tmp_path)
    assert given["OPENAI_API_KEY"] == "none"
    assert given["HOME"] == str(tmp_path)
    assert "OPENAI_BASE_URL" not in given
