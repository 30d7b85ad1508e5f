"""Which shell commands of a session a recap tells."""

from __future__ import annotations

import pytest

from agentsess.sessions.recap.building import build_recap
from agentsess.sessions.recap.notable import notable
from support.transcripts import Transcript


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("k6 run load.js", "k6 run load.js"),
        ("ssh mx rspamadm configtest", "rspamadm configtest"),
        ("sudo nginx -t", "nginx -t"),
        ("docker exec -it web php artisan test", "artisan test"),
        ("php -l a.php", "php -l a.php"),
        ("pnpm -r test", "pnpm -r test"),
        ("npm --prefix web run test:e2e", "npm --prefix web run test:e2e"),
        ("npm run tauri build", "npm run tauri build"),
        ("terraform -chdir=infra plan", "terraform -chdir=infra plan"),
        ("snakemake -n", "snakemake -n"),
        ("nix develop --command make check", "make check"),
        ("python eval/ndcg.py --index v2", "python eval/ndcg.py --index v2"),
        ("./hil/run_suite.sh", "./hil/run_suite.sh"),
        ("loki -verify-config -config.file x", "loki -verify-config -config.file x"),
        ("dotnet run -- replay a.trf", "replay a.trf"),
        ("Rscript -e 'testthat::test_dir(\"t\")'", "-e 'testthat::test_dir(\"t\")'"),
        ("./hack/render-diff.sh api", "./hack/render-diff.sh api"),
    ],
)
def test_a_command_that_tests_builds_or_checks_is_of_note(command: str, told: str) -> None:
    assert [part.removeprefix("Rscript ") for part in notable(command)] == [told]


@pytest.mark.parametrize(
    "command",
    [
        "tail -f build.log",
        "npm install jest",
        "npm run dev",
        "kubectl get pods",
        "python -m http.server",
        "pytest --version",
        "vi tests/a.py",
        "terraform state list",
        "curl -s https://shop.test/health",
        "rm -rf build",
    ],
)
def test_looking_and_moving_about_is_not(command: str) -> None:
    assert notable(command) == ()


@pytest.mark.parametrize(
    ("output", "outcome"),
    [
        ("ok: 9 levels, 0 errors", "passed"),
        ("no differences", "passed"),
        ("3 of 31 cases failed", "failed"),
        ("!! 9 levels, 1 error: no path", "failed"),
        ("0 Fehler, 3 Warnungen", "passed"),
    ],
)
def test_a_program_that_nobody_knows_is_told_when_it_prints_a_verdict(
    output: str, outcome: str
) -> None:
    t = Transcript()
    t.user("Try it")
    t.bash("lua tools/headless.lua", output)
    told = [(run.command, run.outcome) for run in build_recap(t.entries, t.session).commands]
    assert told == [("tools/headless.lua", outcome)]


def test_what_is_only_printed_by_looking_is_not_told() -> None:
    t = Transcript()
    t.user("Look")
    t.bash("cat result.txt", "12 passed, 0 errors")
    t.bash("python load.py", "10000 customers loaded")
    assert build_recap(t.entries, t.session).commands == ()


def test_a_program_that_failed_and_then_went_through_is_told() -> None:
    t = Transcript()
    t.user("Import it")
    t.bash("python -m books.importer may.csv", "ValueError: row 812", error=True)
    t.bash("ls", "may.csv")
    assert build_recap(t.entries, t.session).commands == ()
    t.bash("python -m books.importer may.csv", "1,930 rows imported")
    told = [(run.command, run.outcome) for run in build_recap(t.entries, t.session).commands]
    assert told == [("books.importer may.csv", "passed")]
