#!/usr/bin/env bash
# The main job on the sample reports: real questions, no key, no network, no language model.
set -eu
cd "$(dirname "$0")/.."

room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
export TIEOUT_MODEL=offline TIEOUT_DATA_DIR="$room" TIEOUT_CONFIG="$room/tieout.toml"
export TIEOUT_PLUGINS__REPORTS__FOLDERS="[\"$PWD/examples/sample_reports\"]"

ask() {
  printf '\n\n━━━ tieout --lang %s ask "%s"\n\n' "$1" "$2"
  tieout --lang "$1" ask "$2"
}

ask zh 'Llama 3 70B:15T tokens、640 万 H100 卡时,MFU 是多少?报告里怎么说?'
ask en 'Which stock is 金山办公, and what does the sample report say about it?'
ask zh '训练一个 70B 参数、15T token 的模型,用 H100,MFU 40%,要多少 GPU 小时?'
ask en 'How much memory do the weights of a 70B model need in BF16?'
ask zh '报告里说 H20 的显存带宽是多少?'
# The backquotes are part of the question.
# shellcheck disable=SC2016
ask en 'Is this Python code safe? `subprocess.run("ls " + path, shell=True)`'

printf '\n\nThat was offline. Ask your own: .venv/bin/tieout ask "…"   Chat: .venv/bin/tieout   Help: .venv/bin/tieout --help\n'
