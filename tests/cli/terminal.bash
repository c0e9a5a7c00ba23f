# SPDX-License-Identifier: MIT
# A real terminal for tests: `load terminal` after `load helper`. It is tmux, with a server of its
# own that dies with the test (clean_up stops it as it does every server).
#
#	terminal_run COLUMNS LINES TEXT   runs TEXT, a line of shell, in a new terminal of that size,
#	                                  in place of the one before. In TEXT there are pllm and ask
#	                                  as in helper.bash, all exported variables ($URL, $BASE and
#	                                  $PLLM are), and variables may stand before pllm and ask:
#	                                  'NO_COLOR=1 ask -p "{{text}}" <in >out'. TERM is
#	                                  screen-256color, LC_ALL C.UTF-8; nothing is said of colour.
#	                                  Its working directory is the test's.
#	terminal_screen                   what stands on the screen now, without blank lines at its end
#	terminal_screen_coloured          the same, with the sequences for colours
#	terminal_history                  what stands on the screen and what was scrolled off it
#	terminal_stream                   each byte that was sent to the terminal so far, as it was
#	                                  (but LF is CR LF, as the terminal driver makes it); after
#	                                  terminal_end it is complete
#	terminal_erased                   standard input, which was sent to a terminal, with LF wherever
#	                                  the line at the bottom was erased
#	terminal_shows REGEX              true if a line of the screen matches it (grep -E)
#	terminal_await REGEX              waits until one does; fails the test with the screen if it
#	                                  never does
#	terminal_type KEYS...             as tmux calls them: C-c, C-s, C-q, Enter, "some text"
#	terminal_resize COLUMNS LINES     the window gets another size, and what runs in it is told
#	terminal_is_over                  true once TEXT has ended
#	terminal_end                      waits for that: its status in $status, the screen still there
#	terminal_do COMMAND...            any other command for its tmux
#	terminal_note TEXT                shows the screen, with a headline, among the tests' results

terminals_n=0

# The path of a socket must be short, so it is relative.
terminal_do() {
	(cd "$terminal" && exec tmux -u -S ./socket -f /dev/null "$@" 3>&- 4>&-)
}

# What the terminal runs: its last words are an order that no screen shows, to know in the stream
# that all is there.
terminal_script() {
	cat <<-EOF
		terminal=$(printf %q "$terminal")
		cd $(printf %q "$PWD") || exit
		unset NO_COLOR CLICOLOR CLICOLOR_FORCE
		export LC_ALL=C.UTF-8 TERM=screen-256color
		pllm() { "\$PLLM" "\$@"; }
		ask() { "\$PLLM" --endpoint "\$URL" -m mock --no-share "\$@"; }
		until [ -e "\$terminal/go" ]; do sleep 0.02; done
		trap : INT
		( $1
		)
		echo \$? >"\$terminal/status.new"
		mv "\$terminal/status.new" "\$terminal/status"
		trap '' INT
		printf '\033]2;over\033\\\\'
		exec sleep 1000
	EOF
}

terminal_run() {
	program tmux >/dev/null || return 1
	if [ "$terminals_n" -gt 0 ]; then
		stop_server "$terminal_pid"
	fi
	terminals_n=$((terminals_n + 1))
	terminal=$BATS_TEST_TMPDIR/terminal.$terminals_n
	mkdir "$terminal" || return 1
	export PLLM URL BASE
	terminal_script "$3" >"$terminal/run"
	terminal_do new-session -d -x "$1" -y "$2" "exec bash ./run" \; \
		set-option -g status off \; resize-window -x "$1" -y "$2" || return 1
	terminal_pid=$(terminal_do display-message -p '#{pid}') || return 1
	server_pids+=("$terminal_pid")
	terminal_do pipe-pane "exec cat >./stream" || return 1
	touch "$terminal/go"
}

terminal_screen() {
	terminal_do capture-pane -p | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

terminal_screen_coloured() {
	terminal_do capture-pane -e -p | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

terminal_history() {
	terminal_do capture-pane -p -S - | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

terminal_stream() {
	LC_ALL=C sed 's/\x1b\]2;over\x1b\\.*//' "$terminal/stream"
}

terminal_erased() {
	LC_ALL=C sed 's/\r\x1b\[K\x1b\[C\x1b\[J\r/\n/g'
}

terminal_shows() {
	terminal_screen | grep -Eq -e "$1"
}

terminal_await() {
	await terminal_shows "$1" && return 0
	terminal_screen
	return 1
}

terminal_type() {
	terminal_do send-keys "$@"
}

terminal_resize() {
	terminal_do resize-window -x "$1" -y "$2"
}

terminal_is_over() {
	[ -e "$terminal/status" ] && grep -aq ']2;over' "$terminal/stream"
}

terminal_end() {
	await terminal_is_over || {
		terminal_screen
		return 1
	}
	status=$(cat "$terminal/status")
	echo "status $status"
	terminal_screen
}

terminal_note() {
	{
		echo "# $1"
		terminal_screen | sed 's/^/#   |/'
	} >&3
}
