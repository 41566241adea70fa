"""The pages: generated parts, links, commands and options, and README.ru.md beside README.md."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

import pipeline.cli
import studies.cli
from pipeline.errors import PipelineError
from tests.support.pages import blocks
from tests.support.workplace import ROOT
from tools.pages import __main__ as pages

ENGLISH, RUSSIAN = "README.md", "README.ru.md"
PAGES = [*map(str, pages.PAGES), "CHANGELOG.md", "edge/README.md"]
STAGES = list(yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"])
MOST_LINES = 200


def text(page):
    return (ROOT / page).read_text(encoding="utf-8")


def prose(page):
    """Return a page without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", text(page), flags=re.M | re.S)


def code(page):
    """Return all that is in code in a page's sentences and tables."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"\s*\n\s*", " ", prose(page))))


def anchors(page):
    """Return what the headings of a page can be linked by."""
    headings = re.findall(r"^#+ (.+)$", prose(page), flags=re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def tree(page):
    """Return the paths in the tree of a README, each with its folders."""
    (block,) = blocks(page, "text")
    paths, folder = [], ""
    for line in block.splitlines():
        names = re.match(r" *(\S+(?: \S+/)?)  ", line)[1].split()
        if line.startswith(" "):
            names = [folder + name for name in names]
        elif names[-1].endswith("/"):
            folder = names[-1]
        paths += names
    return paths


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
def test_every_stage_program_and_file_that_a_page_names_exists(page):
    commands = {
        "make": re.findall(r"^(\w+):", text("Makefile"), flags=re.M),
        "pipeline": typer.main.get_command(pipeline.cli.app).commands,
        "studies": typer.main.get_command(studies.cli.app).commands,
        "dvc repro": STAGES,
    }
    patterns = (
        r"(?:sudo )?(make) (?:\w+=\S+ )?(\w+)",
        r"python -m (pipeline|studies) (\w+)",
        r"(dvc repro) (\w+)",
    )
    folders = "benchmarks|docs|edge|metrics|pipeline|plots|tests|tools"
    for command in code(page):
        for pattern in patterns:
            if found := re.match(pattern, command):
                assert found[2] in commands[found[1]], command
        if found := re.match(r"cd studies && dvc repro ([\w/.]+)", command):
            assert (ROOT / "studies" / found[1]).exists(), command
        if re.fullmatch(rf"({folders})/[\w/.-]+", command):
            assert (ROOT / command).exists(), command


def test_the_pages_ask_for_every_part():
    written = "".join(map(text, pages.PAGES))
    assert set(re.findall(r"^<!-- (\w+) -->$", written, flags=re.M)) == set(pages.PARTS)


def test_the_committed_pages_are_up_to_date(committed):
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    result = subprocess.run(
        [sys.executable, "-m", "tools.pages", "--check"],
        cwd=committed,
        env={"PATH": path, "PYTHONPATH": f"{committed}:{committed / 'edge/src'}"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_a_page_that_is_out_of_date_is_named_and_left_alone(monkeypatch, tmp_path):
    page = tmp_path / "a.md"
    page.write_text("<!-- summary -->\nold\n<!-- /summary -->\n", encoding="utf-8")
    monkeypatch.setattr(pages, "PAGES", [page])
    monkeypatch.setattr(pages, "PARTS", {"summary": lambda: "new\n"})
    with pytest.raises(PipelineError, match=r"a\.md: out of date; run `make pages`"):
        pages.run(check=True)
    assert "old" in page.read_text(encoding="utf-8")
    pages.run(check=False)
    assert page.read_text(encoding="utf-8") == "<!-- summary -->\nnew\n<!-- /summary -->\n"


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        ("<!-- nothing -->\n<!-- /nothing -->\n", r"^a\.md: <!-- nothing -->: expected one of "),
        ("<!-- results -->\n", "and <!-- /results --> after it"),
    ],
)
def test_a_mark_that_names_no_part_or_has_no_end_is_refused(page, complaint):
    with pytest.raises(PipelineError, match=complaint):
        pages.filled(Path("a.md"), page, str)


def test_parts_are_filled_where_they_are_asked_for_and_nothing_else_changes():
    made = "before\n<!-- dag -->\nof dag\n<!-- /dag -->\nafter\n"
    for page in (made.replace("of dag", "old"), made):
        assert pages.filled(Path("a.md"), page, lambda name: f"of {name}\n") == made


def test_figures_of_drawn_letters_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for method in ("random", "tail"):
        path = Path("metrics", method, "evaluate.json")
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"accuracy": {"strokes": {"fp32": 1.0, "fp16": 1.0}}}))
        path.with_name("details.json").write_text("{}")
    with pytest.raises(PipelineError, match="made on `strokes`, a demonstration"):
        pages.PARTS["results"]()


@pytest.mark.parametrize("page", [ENGLISH, RUSSIAN])
def test_a_readme_is_short_and_its_tree_names_what_there_is(page):
    assert len(text(page).splitlines()) <= MOST_LINES
    assert [path for path in tree(page) if not (ROOT / path).exists()] == []
    assert " ".join(STAGES) in text(page)


def test_both_readmes_have_the_same_sections_blocks_links_parts_options_files_and_keys():
    def shape(page):
        found = re.findall(
            r"^(#+) |^```(\w+)|^<!-- (\w+?)(?:_ru)? -->|^(- )|^(\|)", text(page), flags=re.M
        )
        return ["".join(part) for part in found]

    def links(page):
        targets = re.findall(r"\]\(([^)]+)\)", text(page))
        return sorted(target for target in targets if not target.startswith("README"))

    for of in (shape, links, tree, code):
        assert of(ENGLISH) == of(RUSSIAN)
    assert "](README.ru.md)" in text(ENGLISH)
    assert "](README.md)" in text(RUSSIAN)


@pytest.mark.parametrize("language", ["sh", "console", "python"])
def test_both_readmes_have_the_same_commands(language):
    """So the test that runs those of README.md answers for both."""

    def commands(page):
        return [re.sub(r" +#.*", "", block) for block in blocks(page, language)]

    assert commands(ENGLISH) == commands(RUSSIAN)


def test_both_readmes_have_the_same_generated_numbers():
    def numbers(page):
        parts = re.findall(r"^<!-- (\w+?)(_ru)? -->\n(.*?)^<!-- /", text(page), flags=re.M | re.S)
        return [(name, re.findall(r"\d+", part.replace(" 000", ",000"))) for name, _, part in parts]

    assert numbers(ENGLISH) == numbers(RUSSIAN) != []


def test_no_phrase_of_the_russian_readme_is_left_in_english():
    """Names of products may stand; two English words in a row are a phrase without Russian."""
    written = prose(RUSSIAN) + "".join(blocks(RUSSIAN, "text"))
    shown = re.sub(r"`[^`]*`|\]\([^)]*\)", "", written).replace(" ".join(STAGES), "")
    assert re.findall(r"\b[a-z]+,? [a-z]+\b", shown) == []


def test_the_page_on_experiments_says_what_every_stage_does():
    for stage in STAGES:
        assert f"| `{stage}` |" in text("docs/experiments.md")


@pytest.mark.parametrize("package", [pipeline, studies])
def test_every_command_and_option_of_the_workshop_is_in_the_docs(package):
    """A row may name several commands, the first with the program: `python -m pipeline fetch`."""
    documented = (each for page in PAGES if page.startswith("docs/") for each in code(page))
    named = {word for each in documented for word in each.split()}
    for name, command in typer.main.get_command(package.cli.app).commands.items():
        assert name in named, name
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert any(option in named for option in parameter.opts), (name, parameter.opts)


def test_every_command_and_option_of_edge_is_in_the_docs():
    def usage(*arguments):
        command = [sys.executable, "-m", "edge", *arguments, "--help"]
        return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout

    documented = {word for each in code("docs/edge.md") for word in each.split()}
    commands = re.findall(r"^    (\w+) ", usage(), flags=re.M)
    assert len(commands) == 7
    for command in commands:
        assert f"edge {command}" in text("docs/edge.md")
        assert set(re.findall(r"--[\w-]+", usage(command))) <= documented, command


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
