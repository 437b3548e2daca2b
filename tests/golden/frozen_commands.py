"""The commands whose outputs are frozen: name -> arguments, as in a shell."""

FIXED = "experiment=family,tuning,variants"
"""Of the reference, the experiments whose seeds were fixed beforehand."""

COMPARISONS = {
    "all": f"reference --where {FIXED}",
    "all-tuned": f"reference --where {FIXED} --mode tuned",
    "resolved": "reference --where experiment=family-resolved",
    "variants": "reference --where experiment=variants",
    "baseline": "reference --where experiment=variants --baseline elu",
    "metric-val": "reference --where experiment=variants --metric val_accuracy",
    "metric-loss": "reference --where experiment=variants --metric test_loss",
    "margin": "reference --where experiment=variants --margin 1",
    "where": f"reference --where {FIXED} --where activation=relu,elu --where learning_rate=0.001",
    "times": "reference --where experiment=variants --time-to-accuracy",
    "target": "reference --where experiment=family --target 97",
    "effects": "reference --where experiment=tuning --effects --time-to-accuracy",
    "by-rate": "reference --where experiment=tuning --by learning_rate",
    "by-rate-tuned": "reference --where experiment=tuning --by learning_rate --mode tuned",
    "by-initializer": "reference --where experiment=tuning --by initializer --mode tuned",
    "by-two": (
        "reference --where experiment=tuning --by batch_norm --by initializer"
        " --baseline 'batch_norm=false, he_normal'"
    ),
    "by-two-tuned": (
        "reference --where experiment=tuning --by batch_norm --by initializer --mode tuned"
    ),
    "wide": "reference --where experiment=variants --wide",
    "wide-by": "reference --where experiment=tuning --by learning_rate --wide",
    "methods": "reference --where experiment=variants --methods",
    "everything": (
        "reference --where experiment=tuning --by initializer --mode tuned --effects --target 97"
        " --methods"
    ),
    "failed": "old --effects --methods --time-to-accuracy",
    "small": "small --time-to-accuracy --effects --methods",
    "small-tuned": "small --mode tuned",
    "small-metric": "small --where experiment=ratings --metric test_mae --margin 0.01",
    "small-by": "small --where experiment=steps --by recurrent_initializer",
    "diverged": "ended --by activation --effects --time-to-accuracy",
    "unfinished": "killed --methods",
    "two-stores": "old small --wide",
}

NEVER = {
    f"compare-{name}-{form}": f"compare {arguments} --format {form}"
    for name, arguments in COMPARISONS.items()
    for form in ("json", "csv", "markdown")
} | {
    "status-json": "status reference old small killed ended --format json",
    "activations-csv": "activations --format csv",
    "activations-json": "activations --format json",
    "schema": "schema",
}
"""Byte for byte: exit code, and the SHA-256 of what goes to stdout."""

KEPT_WHOLE = frozenset(
    {
        "compare-variants-json",
        "compare-variants-csv",
        "compare-variants-markdown",
        "compare-by-two-tuned-csv",
        "compare-effects-markdown",
        "compare-small-json",
        "status-json",
    }
)
"""Of these the text as well, since they tell most of what has changed."""

STORES = {
    "merge": (("merge", "old", "small", "killed", "--out", "merged"), "", "merged"),
    "merge-into": (("merge", "old", "--out", "copy"), "small", "copy"),
    "merge-twice": (("merge", "killed", "killed", "--out", "merged"), "", "merged"),
    "nothing-to-do": (("run", "old.yaml", "--out", "copy"), "old", "copy"),
    "resume-whole": (("run", "--resume", "copy"), "small", "copy"),
}
"""What writes without training: arguments, the store that `copy` is a copy of, what to look at."""

COMMANDS = [
    "run",
    "check",
    "status",
    "compare",
    "plot",
    "report",
    "merge",
    "activations",
    "speed",
    "diagnose",
    "init",
    "data",
    "schema",
    "info",
]

TEXTS = {
    "help": "--help",
    **{f"help-{name}": f"{name} --help" for name in COMMANDS},
    "compare": f"compare reference --where {FIXED}",
    "compare-resolved": "compare reference --where experiment=family-resolved",
    "compare-variants": "compare reference --where experiment=variants --methods",
    "compare-wide": "compare reference --where experiment=variants --wide",
    "compare-tuned": "compare reference --where experiment=tuning --by initializer --mode tuned",
    "compare-effects": "compare reference --where experiment=tuning --effects --time-to-accuracy",
    "compare-diverged": "compare ended --methods",
    "compare-failed": "compare old --effects --time-to-accuracy",
    "compare-small": "compare small --effects --time-to-accuracy --methods",
    "latex-variants": "compare reference --where experiment=variants --methods --format latex",
    "latex-effects": "compare reference --where experiment=tuning --effects --format latex",
    "latex-small": "compare small --time-to-accuracy --format latex",
    "status": "status reference",
    "status-several": "status reference old small killed",
    "data": "data",
    "data-one": "data kmnist",
    "activations": "activations",
    "activations-one": "activations 'elu(alpha=0.1)'",
    "activations-markdown": "activations --format markdown",
    "init": "init",
    "init-quickstart": "init quickstart",
}
"""Whole texts, of stdout and stderr, that change in named commits only."""

WITH_TENSORFLOW = {
    "check-quickstart": "check configs/quickstart.yaml --jobs 2",
    "check-rnn": "check configs/rnn.yaml --jobs 2",
    "check-recommender": "check configs/recommender.yaml --jobs 2",
    "check-dying-relu": "check configs/dying_relu.yaml --jobs 2 --set seeds=3",
    "dry-run-shard": "run configs/quickstart.yaml --dry-run --shard 2/3 --jobs 2",
    "dry-run-resume": "run --resume killed --dry-run --jobs 2",
    "dry-run-resume-old": "run --resume old --dry-run --jobs 2",
    "diagnose": "diagnose drawn.yaml --trials 7 --images 50",
    "diagnose-by-layer": "diagnose drawn.yaml --trials 7 --images 50 --by-layer",
    "diagnose-markdown": "diagnose drawn.yaml --trials 7 --images 50 --format markdown",
    "diagnose-csv": "diagnose equal.yaml --trials 7 --images 20 --format csv",
    "diagnose-json": "diagnose equal.yaml --trials 7 --images 20 --format json",
}
"""The same of commands that build networks."""

FAULTS = {
    "no-command": "nothing",
    "command-slip": "comprae reference",
    "option-unknown": "compare reference --bye activation",
    "option-value": "compare reference --mode best",
    "option-range": "plot reference --width 1",
    "no-arguments": "run",
    "config-missing": "run nothing.yaml",
    "config-empty": "check empty.yaml",
    "config-no-mapping": "check list.yaml",
    "config-broken-yaml": "check broken.yaml",
    "config-twice": "check twice.yaml",
    "key-wrong": "check key.yaml",
    "key-wrong-in-set": "check configs/quickstart.yaml --set activatoin=relu",
    "value-wrong": "check value.yaml",
    "value-wrong-in-set": "check configs/quickstart.yaml --set learning_rate=-1",
    "component-unknown": "check component.yaml",
    "parameter-unknown": "check parameter.yaml",
    "case-wrong": "check case.yaml",
    "label-unknown": "check label.yaml",
    "dataset-unknown": "check configs/quickstart.yaml --set dataset=mnits",
    "data-missing": "run configs/variants.yaml --data-dir nowhere",
    "shard-wrong": "run configs/quickstart.yaml --shard 4/3",
    "resume-with-config": "run configs/quickstart.yaml --resume old",
    "resume-no-store": "run --resume nothing",
    "store-missing": "compare nothing",
    "store-default-missing": "compare",
    "store-is-a-file": "status old.yaml",
    "store-is-no-store": "compare configs",
    "by-unknown": "compare reference --by activatoin",
    "baseline-unknown": "compare reference --baseline rleu",
    "metric-unknown": "compare reference --metric test_acuracy",
    "where-no-equals": "compare reference --where relu",
    "where-unknown": "compare reference --where activatoin=relu",
    "where-nothing": "compare reference --where activation=rleu",
    "kind-unknown": "plot reference --kind heatmpa --out figures",
    "kind-nothing-to-draw": "plot old --kind time-gradient --out figures",
    "axes-without-kind": "plot reference --axes learning_rate,initializer --kind pareto",
    "plot-several-without-out": "plot reference old",
    "plot-missing": "plot nothing",
    "report-missing": "report nothing",
    "report-several-without-out": "report reference old",
    "merge-one": "merge reference",
    "merge-missing": "merge nothing old --out merged",
    "status-missing": "status nothing",
    "init-unknown": "init quikstart",
    "init-exists": "init quickstart --to equal.yaml",
    "data-unknown": "data mnits",
    "activation-unknown": "activations rleu",
    "speed-unknown": "speed rleu",
    "speed-elements": "speed relu --elements 1000",
    "diagnose-missing": "diagnose nothing.yaml",
}
"""Exit codes never change, nor file, line, key, what was given, and what may be; the words may."""

SHIPPED = [
    "cifar10",
    "cnn",
    "dying_relu",
    "family",
    "fashion",
    "output_layer",
    "quickstart",
    "recommender",
    "residual",
    "rnn",
    "rnn_pixels",
    "sparsity",
    "text",
    "tuning",
    "vanishing_gradient",
    "variants",
    "zero_centred",
]

FILES = {
    "drawn.yaml": (
        "dataset: digits\nmodel: mlp(hidden=[6, 5, 4])\nactivation: [relu, prelu, tanh]\n"
        "initializer: [he_normal, random_normal]\nlearning_rate: [0.1, 0.01]\nseeds: 3\n"
    ),
    "equal.yaml": (
        "dataset: digits\nmodel: mlp(hidden=[4, 3])\nactivation: [relu, tanh]\n"
        "initializer: [zeros, ones]\nseeds: 3\n"
    ),
    "empty.yaml": "",
    "list.yaml": "- relu\n- elu\n",
    "broken.yaml": "dataset: digits\nactivation: [relu, elu\nseeds: 3\n",
    "twice.yaml": "dataset: digits\nseeds: 3\nseeds: 4\n",
    "key.yaml": "dataset: digits\nactivatoin: relu\n",
    "value.yaml": "dataset: digits\nlearning_rate: [0.1, fast]\nbatch_norm: maybe\nseeds: -1\n",
    "component.yaml": "dataset: digits\nactivation: [relu, rleu]\n",
    "parameter.yaml": "dataset: digits\nactivation: leaky_relu(slope=0.1)\n",
    "case.yaml": "dataset: digits\nactivation: relu\ncases:\n  - {activatoin: elu}\n",
    "label.yaml": "dataset: digits\nactivation: relu\nlabels: {elu: ELU}\n",
}
