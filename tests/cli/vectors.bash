# SPDX-License-Identifier: MIT
# What the tests of pllm embed share: `load vectors` after `load helper`.
#
#	embed [OPTIONS]       pllm embed against $URL with model mock
#	start_embed [OPTIONS] the same in the background, as start_pllm
#	as API [OPTIONS]      pllm embed against the mock by that API, with model mock
#	apis                  those that the mock speaks, one a line
#	texts N [EACH]        N records on stdin of which none is like another; every EACHth is poison
#	mock_reset            the mock forgets what it was asked
#	vectors FILE          the vectors in it, as their digits stand there, one a line
#	ids FILE              the numbers of its records, one a line
#	numbers SCRIPT ARG... a Python script that has numpy as np, and read_lines(FILE), which gives the
#	                      vectors of records, None where there is none
#	rows MATRIX           how many rows and columns the .npy file has
#	agree MATRIX LINES    true if row i is the float32 of line i's vector, and NaN where it has none;
#	                      in MATRIX.npy by its header, else raw
#	failures FILE         the codes of its failed records, with how many have each
#	code FILE             "CODE STATUS ATTEMPTS" of the only failed record in it

embed() {
	pllm embed --endpoint "$URL" -m mock "$@"
}

start_embed() {
	start_pllm embed --endpoint "$URL" -m mock "$@"
}

apis() {
	printf '%s\n' openai azure azure-classic gemini ollama cohere voyage jina mistral tei together_ai \
		openrouter fireworks_ai
}

# Where the mock speaks this API.
base_of() {
	case $1 in
	openai | together_ai | openrouter | fireworks_ai) echo "$MOCK_BASE/v1" ;;
	azure-classic) echo "$MOCK_BASE?api-version=2024-10-21" ;;
	voyage | jina | mistral) echo "$MOCK_BASE/$1" ;;
	*) echo "$MOCK_BASE" ;;
	esac
}

as() {
	local api=$1
	shift
	pllm embed --api "$api" --endpoint "$(base_of "$api")" -m mock "$@"
}

texts() {
	awk -v n="$1" -v each="${2:-0}" 'BEGIN { for (i = 1; i <= n; i++)
		printf "{\"id\":%d,\"text\":\"word%d of %d%s\"}\n", i, i, i % 7,
			each && i % each == 0 ? " [[mock:poison]]" : "" }'
}

mock_reset() {
	curl -sS -d '' "$MOCK_BASE/_mock/reset" >/dev/null
}

vectors() {
	grep -o '"embedding":\[[^]]*\]' "$1" | cut -d: -f2-
}

ids() {
	jq .id "$1"
}

# The python3 that was found may be another one than that of the system, which has it.
find_numpy() {
	local python
	for python in "${PYTHON3:-python3}" /usr/bin/python3; do
		"$python" -c 'import numpy' 2>/dev/null || continue
		numpy=$python
		return
	done
	echo "numpy is not installed; script/bootstrap test installs it" >&2
	return 1
}

numbers() {
	local script=$1
	shift
	[ "${numpy:-}" ] || find_numpy || return 1
	"$numpy" - "$@" <<-EOF
		import json, sys
		import numpy as np

		def read_lines(path):
		    with open(path) as lines:
		        return [json.loads(line).get("embedding") for line in lines]

		$script
	EOF
}

rows() {
	numbers 'print(*np.load(sys.argv[1], mmap_mode="r").shape)' "$1"
}

agree() {
	numbers '
path, lines = sys.argv[1:]
vectors = read_lines(lines)
width = max((len(v) for v in vectors if v), default=0)
if path.endswith(".npy"):
    matrix = np.load(path, mmap_mode="r")
else:
    matrix = np.fromfile(path, "<f4").reshape(len(vectors), width)
assert matrix.dtype == np.float32 and matrix.shape == (len(vectors), width), matrix.shape
for i, vector in enumerate(vectors):
    if vector is None:
        assert np.isnan(matrix[i]).all(), (i, "is not NaN")
    else:
        assert (matrix[i] == np.array(vector, np.float64).astype(np.float32)).all(), i
' "$1" "$2"
}

failures() {
	jq -r '.pllm.error.code // empty' "$1" | sort | uniq -c | awk '{ print $2 ":" $1 }' | paste -sd ' '
}

code() {
	jq -r '.pllm.error // empty | "\(.code) \(.status) \(.attempts)"' "$1"
}
