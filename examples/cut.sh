#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/cut.sh: makes devil.jsonl anew from Debian's package dict-devil (which it downloads
# with apt-get and does not install), and writes it to stdout. Needs dpkg, zcat, awk, jq.
#
# An entry begins with its headword in capitals at the start of a line. Lines of prose are
# joined, several spaces becoming one; lines of verse, which are indented, stay lines; paragraphs
# are kept apart by an empty line; the braces that the package puts around cross-references go.
# The first 400 entries are taken.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get download -q dict-devil >&2 && dpkg-deb -x dict-devil_*.deb .)

zcat "$work/usr/share/dictd/devil.dict.dz" | LC_ALL=C awk '
	BEGIN { headword = "^[A-Z][A-Z\047-]+( (or )?[A-Z\047-]+)*([,.?] |[,.?]$)" }
	# Ends the paragraph being gathered: verse if every line of it was indented.
	function close_paragraph(    i) {
		if (lines == 0)
			return
		text = text (text == "" ? "" : "\n\n")
		for (i = 1; i <= lines; i++)
			text = text (i == 1 ? "" : verse ? "\n" : " ") line[i]
		lines = 0
	}
	function close_entry() {
		close_paragraph()
		if (word != "")
			printf "%s\t%s\036", word, text
		word = text = ""
	}
	lines == 0 && match($0, headword) {
		close_entry()
		word = substr($0, 1, RLENGTH)
		sub(/[,.]? *$/, "", word)
		$0 = substr($0, RLENGTH + 1)
	}
	lines == 0 && /^[A-Z] (is a|is the|in our|\(double)/ { # the letters themselves
		close_entry()
		word = substr($0, 1, 1)
	}
	word == "" { next } # the preface
	/^ *$/ { close_paragraph(); next }
	{
		if (lines == 0)
			verse = 1
		verse = verse && /^    /
		gsub(/^ +| +$|[{}]/, "")
		gsub(/ +/, " ")
		line[++lines] = $0
	}
	END { close_entry() }' |
	jq -c -R -s 'split("\u001e") | map(split("\t") | select(length == 2)) | .[:400] | to_entries[] |
		{id: (.key + 1), word: .value[0], text: .value[1]}'
