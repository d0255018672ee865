from benchmarks.report import put
from benchmarks.table import Row

ROW = Row(what="calls", who="ours", result="1.00 s")


def test_new_figures_take_the_place_of_the_old_ones_and_of_nothing_else(tmp_path):
    file = tmp_path / "page.md"
    file.write_text("Before.\n\n<!-- measured: kill -->\nold\n<!-- end of kill -->\n\nAfter.\n")
    put(file, "kill", "today", [ROW])
    text = file.read_text()
    assert text.startswith("Before.\n\n<!-- measured: kill -->\ntoday.\n\n| what |")
    assert text.endswith("| calls | ours | 1.00 s |  |  |  |\n<!-- end of kill -->\n\nAfter.\n")
    assert "old" not in text


def test_figures_without_a_place_are_appended(tmp_path):
    file = tmp_path / "page.md"
    put(file, "kill", "today", [ROW])
    put(file, "memory", "today", [ROW])
    assert file.read_text().count("| calls | ours | 1.00 s |") == 2
    assert file.read_text().startswith("<!-- measured: kill -->")
