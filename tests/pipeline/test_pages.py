"""The pages: their generated parts, commands and links, and README.ru.md beside README.md."""

import re
from pathlib import Path

import pytest
import yaml

from pipeline import readme
from pipeline.errors import PipelineError
from pipeline.parts import PARTS, russian
from tests.pipeline.conftest import ROOT
from tests.pipeline.test_end_to_end import blocks

ENGLISH, RUSSIAN = "README.md", "README.ru.md"
PAGES = [*map(str, readme.PAGES), "CHANGELOG.md", "edge/README.md"]


def text(page):
    return (ROOT / page).read_text(encoding="utf-8")


def generated(page):
    """Give a page's generated parts by name."""
    return dict(re.findall(r"^<!-- (\w+) -->\n(.*?)^<!-- /\1 -->", text(page), flags=re.M | re.S))


def prose(page):
    """Give a page without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", text(page), flags=re.M | re.S)


def anchors(page):
    """Give what the headings of a page can be linked by."""
    headings = re.findall(r"^#+ (.+)$", prose(page), flags=re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", prose(page)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        linked = (ROOT / page).parent / path if path else ROOT / page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("page", PAGES)
def test_every_stage_and_program_that_a_page_names_exists(page):
    makefile, commands = text("Makefile"), text("pipeline/cli.py")
    for command in re.findall(r"`(?:sudo )?((?:make|python -m|dvc repro) [^`]+)`", prose(page)):
        program, *rest = command.split()
        if program == "make":
            assert f"\n{rest[0]}:" in makefile, command
        elif program == "dvc":
            there = not rest[1:] or (ROOT / rest[1]).exists()
            assert there or f"\n  {rest[1]}:" in text("dvc.yaml"), command
        elif rest[1] == "pipeline":
            assert f"def {rest[2]}(" in commands, command
    for path in re.findall(r"`((?:benchmarks|tools|tests|pipeline|metrics)/[\w/.]+)`", prose(page)):
        assert (ROOT / path).exists(), path


def test_the_pages_ask_for_every_part():
    asked = {name for page in readme.PAGES for name in generated(page)}
    assert asked == set(PARTS)


def test_a_mark_that_names_no_part_is_refused():
    with pytest.raises(PipelineError, match=r"^a\.md: <!-- nothing -->: expected one of results, "):
        readme.filled(Path("a.md"), "<!-- nothing -->\n<!-- /nothing -->\n", str)


def test_a_mark_without_an_end_is_refused():
    with pytest.raises(PipelineError, match="and <!-- /results --> after it"):
        readme.filled(Path("a.md"), "<!-- results -->\n", str)


def test_parts_are_filled_where_they_are_asked_for_and_nothing_else_changes():
    page = "before\n<!-- dag -->\nold\n<!-- /dag -->\nafter\n"
    made = readme.filled(Path("a.md"), page, lambda name: f"of {name}\n")
    assert made == "before\n<!-- dag -->\nof dag\n<!-- /dag -->\nafter\n"
    assert readme.filled(Path("a.md"), made, lambda name: f"of {name}\n") == made


def test_both_readmes_have_the_same_sections_blocks_links_and_parts():
    def shape(page):
        found = re.findall(r"^(#+) |^```(\w+)|^<!-- (\w+) -->|^(- )|^(\|)", text(page), flags=re.M)
        return ["".join(part) for part in found]

    def links(page):
        targets = re.findall(r"\]\(([^)#]+)\)", text(page))
        return sorted(target for target in targets if not target.startswith("README"))

    assert shape(ENGLISH) == shape(RUSSIAN)
    assert links(ENGLISH) == links(RUSSIAN)
    assert "](README.ru.md)" in text(ENGLISH)
    assert "](README.md)" in text(RUSSIAN)


@pytest.mark.parametrize("language", ["sh", "console", "python"])
def test_both_readmes_have_the_same_commands(language):
    """So the test that runs those of README.md answers for both."""

    def commands(page):
        return [re.sub(r" +#.*", "", block) for block in blocks(page, language)]

    assert commands(ENGLISH) == commands(RUSSIAN)


def test_both_readmes_name_the_same_options_files_and_keys():
    def named(page):
        return sorted(set(re.findall(r"`([^`\n]+)`", re.sub(r"\s*\n\s*", " ", prose(page)))))

    assert named(ENGLISH) == named(RUSSIAN)


def test_both_readmes_have_the_same_generated_numbers():
    english, in_russian = generated(ENGLISH), generated(RUSSIAN)
    assert list(english) == list(in_russian)
    for name, part in english.items():
        numbers = [re.findall(r"\d+(?:[.,]\d+)*", each) for each in (part, in_russian[name])]
        assert numbers[0] == numbers[1], name


def test_no_generated_part_of_the_russian_readme_is_left_in_english():
    """Names of products may stand; two English words in a row are a phrase without Russian."""
    for name, part in generated(RUSSIAN).items():
        shown = re.sub(r"^```.*?^```|`[^`]*`|\]\([^)]*\)", "", part, flags=re.M | re.S)
        assert not re.findall(r"\b[a-z]+,? [a-z]+\b", shown), name


def test_a_phrase_is_translated_whole_and_code_is_not():
    english = "| light from a lamp | `ruled` 95% | off the middle by 30% | ![x](plots/ruled.png) |"
    russian_text = "| свет лампы | `ruled` 95% | сдвиг от середины на 30% | ![x](plots/ruled.png) |"
    assert russian.translated(english) == russian_text
    assert russian.translated('```mermaid\nnode1["clean"]\n```\n').count("clean") == 1


def test_the_lines_for_a_pi_are_those_that_the_tests_run():
    (console,) = blocks(ENGLISH, "console")
    lines = [line.removeprefix("$ ") for line in console.splitlines()]
    run = blocks(ENGLISH, "sh")[1].splitlines()
    assert lines[0].startswith("sudo apt install python3-venv python3-numpy")
    assert lines[1:] == run


@pytest.mark.parametrize("name", ["ci", "release"])
def test_a_workflow_pins_its_actions_asks_for_little_and_names_files_that_exist(name):
    source = text(f".github/workflows/{name}.yml")
    workflow = yaml.safe_load(source)
    assert workflow["permissions"] == {"contents": "read"}
    for job, of in workflow["jobs"].items():
        assert of.get("permissions", {}) == ({"contents": "write"} if job == "publish" else {})
        assert of["timeout-minutes"] <= 45
        for step in of["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step["uses"])
            # What a tag or a matrix says is never part of a command's text.
            assert "${{" not in step.get("run", "")
    assert len(re.findall(r"uses: ", source)) == len(re.findall(r"# v\d+\.\d+\.\d+$", source, re.M))
    for path in re.findall(r"\b(?:tests/edge|\.ci/run|edge/src)\b", source):
        assert (ROOT / path).exists()


def test_edge_is_tested_on_the_oldest_python_and_numpy_that_it_claims():
    claimed = text("edge/pyproject.toml")
    job = yaml.safe_load(text(".github/workflows/ci.yml"))["jobs"]["edge"]["strategy"]["matrix"]
    assert re.search(r'requires-python = ">=([\d.]+)"', claimed)[1] == job["python"][0]
    oldest = re.search(r"numpy>=([\d.]+)", claimed)[1]
    assert all(f"numpy=={oldest}." in each["packages"] for each in job["include"])
    assert {each["machine"] for each in job["include"]} == set(job["machine"])
