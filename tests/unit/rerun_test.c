/* SPDX-License-Identifier: MIT */
#include "app/rerun.h"

#include "home.h"
#include "t.h"

#include "base/rng.h"
#include "base/xalloc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ASK "-p {{text}} -m m"

/* A command line's command, with standard output as it is. */
static char *command_of(const char *line, bool is_whole)
{
	struct home w;
	home_start(&w, NULL);
	home_check_parsed(&w, line);
	char *command = rerun_command(&w.config, is_whole, true);
	home_end(&w);
	return command;
}

static void check(const char *line, bool is_whole, const char *want)
{
	char *command = command_of(line, is_whole);
	CHECK_STR(command, want);
	free(command);
}

/* Standard output is that descriptor until restore; takes it. */
static int redirect(int fd)
{
	fflush(stdout);
	int saved = dup(STDOUT_FILENO);
	dup2(fd, STDOUT_FILENO);
	close(fd);
	return saved;
}

static void restore(int saved)
{
	dup2(saved, STDOUT_FILENO);
	close(saved);
}

TEST("with -o the failed output is moved aside, and becomes the input")
{
	check(ASK " -i in -o out.jsonl --stats s", false,
		"mv out.jsonl.partial out.jsonl.failed && "
		"pllm -p '{{text}}' -m m --stats s --retry-errors -i out.jsonl.failed -o out.jsonl");
	check("--retry-errors --total=7 --output=-x " ASK " --metrics-file=m.prom", false,
		"mv ./-x.partial ./-x.failed && "
		"pllm -p '{{text}}' -m m --metrics-file m.prom --retry-errors -i ./-x.failed -o ./-x");
}

TEST("an output that has its name is input and output at once")
{
	check(ASK " -o out --accept 3", true,
		"pllm -p '{{text}}' -m m --accept 3 --retry-errors -i out -o out");
}

TEST("what failed apart from the answers in -o is for no command to put back")
{
	check(ASK " -o out --errors bad", false, NULL);
	check(ASK " -o /dev/null --errors bad", true, NULL);
}

TEST("what was moved aside before, and may be half read, is not overwritten")
{
	char dir[] = "/tmp/pllm-unit-XXXXXX", failed[64], dangling[64], line[200], want[400];
	CHECK(mkdtemp(dir));
	snprintf(failed, sizeof failed, "%s/o.failed", dir);
	snprintf(dangling, sizeof dangling, "%s/o.failed2", dir);
	int fd = open(failed, O_WRONLY | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0 && close(fd) == 0 && symlink("nowhere", dangling) == 0);
	snprintf(line, sizeof line, ASK " -i %s -o %s/o", failed, dir);
	snprintf(want, sizeof want,
		"mv %s/o.partial %s/o.failed3 && "
		"pllm -p '{{text}}' -m m --retry-errors -i %s/o.failed3 -o %s/o",
		dir, dir, dir, dir);
	check(line, false, want);
	CHECK(unlink(failed) == 0 && unlink(dangling) == 0 && rmdir(dir) == 0);
}

TEST("what is moved aside stands beside what a link leads to")
{
	char dir[] = "/tmp/pllm-unit-XXXXXX", real[64], name[64], line[200], want[400];
	CHECK(mkdtemp(dir));
	snprintf(real, sizeof real, "%s/real", dir);
	snprintf(name, sizeof name, "%s/link", dir);
	int fd = open(real, O_WRONLY | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0 && close(fd) == 0 && symlink("real", name) == 0);
	char *place = realpath(real, NULL);
	snprintf(line, sizeof line, ASK " -o %s", name);
	snprintf(want, sizeof want,
		"mv %s.partial %s.failed && "
		"pllm -p '{{text}}' -m m --retry-errors -i %s.failed -o %s",
		place, place, place, name);
	check(line, false, want);
	free(place);
	CHECK(unlink(real) == 0 && unlink(name) == 0 && rmdir(dir) == 0);
}

TEST("what is no file, or cannot be shown as it is, is not asked again by a command")
{
	check(ASK " -o o --errors /dev/stderr", false, NULL);
	check(ASK " -o o --errors /dev/fd/1", false, NULL);
	check(ASK " -o o --errors -", false, NULL);
	check(ASK " -o /dev/null", false, NULL);
	check(ASK " -o o\xc2\x9b", false, NULL);
}

TEST("what was read from a descriptor or a pipe is not there for another run")
{
	static const char *const lines[] = { "-m m --prompt-file /dev/fd/3",
		"-m m --prompt-file a=/dev/stdin", "-m m --prompt-file=/proc/self/fd/3",
		ASK " --schema /dev/fd/63", ASK " --key-fd 3", ASK " --header-file /dev/fd/4",
		"-m m --flow /proc/7/fd/3" };
	char line[200];
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		snprintf(line, sizeof line, "-o out %s", lines[i]);
		check(line, true, NULL);
	}
	char dir[] = "/tmp/pllm-unit-XXXXXX", pipe_name[64];
	CHECK(mkdtemp(dir));
	snprintf(pipe_name, sizeof pipe_name, "%s/p", dir);
	snprintf(line, sizeof line, "-o out -m m --prompt-file a=%s", pipe_name);
	char *command = command_of(line, true);
	CHECK(command);
	free(command);
	CHECK(mkfifo(pipe_name, 0600) == 0);
	check(line, true, NULL);
	CHECK(unlink(pipe_name) == 0 && rmdir(dir) == 0);
}

TEST("where the records came from makes no difference")
{
	check(ASK " -o out -i /dev/fd/3", true,
		"pllm -p '{{text}}' -m m --retry-errors -i out -o out");
}

TEST("options that were bundled stand alone, and those about the input are left out")
{
	check("-vRuo out " ASK " -i in", true,
		"pllm -v -u -p '{{text}}' -m m --retry-errors -i out -o out");
	check("--input-format lines --meta -o out " ASK, true,
		"pllm --meta -p '{{text}}' -m m --retry-errors -i out -o out");
	check("--meta=info --seq -o out " ASK, true,
		"pllm --meta=info --seq -p '{{text}}' -m m --retry-errors -i out -o out");
	check("embed -o out -m m", true, "pllm embed -m m --retry-errors -i out -o out");
}

TEST("what a file says of the input is overruled")
{
	struct home w;
	home_start(&w, "defaults: { raw-input: true }\n");
	home_check_parsed(&w, ASK " -o out");
	char *command = rerun_command(&w.config, true, true);
	CHECK_STR(command,
		"pllm -p '{{text}}' -m m --input-format jsonl --retry-errors -i out -o out");
	free(command);
	home_end(&w);
	home_start(&w, "defaults: { input-format: lines }\n");
	home_check_parsed(&w, ASK " -o out");
	command = rerun_command(&w.config, true, true);
	CHECK(command && strstr(command, " --input-format jsonl --retry-errors "));
	free(command);
	home_end(&w);
}

TEST("where no failed record is left there is nothing to say")
{
	static const char *const lines[] = { "-o out --on-error drop " ASK, "-o out -r " ASK,
		"-o out --raw-output0 " ASK, "reduce -o out " ASK, "-n -o out " ASK,
		"--trial 3 -o out " ASK, "-o out -m m --input-format openai-batch" };
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		check(lines[i], true, NULL);
}

TEST("standard output that is a file is named, wherever it is")
{
	char name[] = "/tmp/pllm-unit out XXXXXX", want[200];
	int saved = redirect(mkstemp(name));
	snprintf(want, sizeof want, "pllm -p '{{text}}' -m m --retry-errors -i '%s' -o '%s'", name,
		name);
	check(ASK, false, want);
	snprintf(want, sizeof want,
		"mv e.partial e.failed && "
		"pllm -p '{{text}}' -m m --errors e --retry-errors -i e.failed >> '%s'",
		name);
	check(ASK " --errors e", false, want);
	check(ASK " --errors /dev/fd/1", false, NULL);
	/* Where messages stand among them they are no records. */
	int saved_stderr = dup(STDERR_FILENO);
	CHECK(saved_stderr >= 0 && dup2(STDOUT_FILENO, STDERR_FILENO) >= 0);
	check(ASK, false, NULL);
	check(ASK " --errors /dev/stderr", false, NULL);
	CHECK(dup2(saved_stderr, STDERR_FILENO) >= 0 && close(saved_stderr) == 0);
	unlink(name);
	check(ASK, false, "pllm -p '{{text}}' -m m --retry-errors -i OUTPUT -o OUTPUT");
	restore(saved);
}

TEST("a file that has lines of others is left for the reader to name, or appended to")
{
	char name[] = "/tmp/pllm-unit-XXXXXX", want[200];
	int saved = redirect(mkstemp(name));
	CHECK(rerun_is_stdout_empty());
	CHECK(write(STDOUT_FILENO, "ours", 4) == 4);
	CHECK(!rerun_is_stdout_empty());
	snprintf(want, sizeof want, "pllm -p '{{text}}' -m m --retry-errors -i %s -o %s", name,
		name);
	check(ASK, false, want);
	int other = open(name, O_WRONLY | O_APPEND | O_CLOEXEC);
	CHECK(write(other, "another's", 9) == 9);
	close(other);
	check(ASK, false, "pllm -p '{{text}}' -m m --retry-errors -i OUTPUT -o OUTPUT");
	snprintf(want, sizeof want,
		"mv e.partial e.failed && "
		"pllm -p '{{text}}' -m m --errors e --retry-errors -i e.failed >> %s",
		name);
	check(ASK " --errors e", false, want);
	struct home w;
	home_start(&w, NULL);
	home_check_parsed(&w, ASK);
	lseek(STDOUT_FILENO, 0, SEEK_END);
	char *command = rerun_command(&w.config, true, false);
	CHECK_STR(command, "pllm -p '{{text}}' -m m --retry-errors -i OUTPUT -o OUTPUT");
	free(command);
	home_end(&w);
	unlink(name);
	restore(saved);
}

TEST("a pipe is left for the reader to name, and what went to a device is gone")
{
	int ends[2];
	CHECK(pipe(ends) == 0);
	int saved = redirect(ends[1]);
	check(ASK, false, "pllm -p '{{text}}' -m m --retry-errors -i OUTPUT -o OUTPUT");
	restore(saved);
	close(ends[0]);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	saved = redirect(ends[1]);
	check(ASK, false, "pllm -p '{{text}}' -m m --retry-errors -i OUTPUT -o OUTPUT");
	restore(saved);
	close(ends[0]);
	saved = redirect(open("/dev/null", O_WRONLY));
	check(ASK, false, NULL);
	restore(saved);
}

TEST("what does not fit on a screen is not said; what has lines is said on one, if sh can")
{
	char word[2000];
	struct home w;
	home_start(&w, NULL);
	home_check_parsed(&w, ASK " -o out");
	memset(word, 'x', sizeof word - 1);
	word[sizeof word - 1] = '\0';
	strings_add(&w.config.said, "-p");
	strings_add(&w.config.said, "two\nlines");
	char *command = rerun_command(&w.config, true, true);
	CHECK_STR(command,
		"pllm -p '{{text}}' -m m -p \"$(printf %b 'two\\nlines')\" --retry-errors -i out -o out");
	free(command);
	/* What $( ) would take away. */
	strings_add(&w.config.said, "a line\n");
	CHECK(!rerun_command(&w.config, true, true));
	strings_release(&w.config.said);
	strings_add(&w.config.said, "pllm");
	strings_add(&w.config.said, word);
	CHECK(!rerun_command(&w.config, true, true));
	strings_release(&w.config.said);
	word[0] = '\n';
	strings_add(&w.config.said, "pllm");
	strings_add(&w.config.said, word);
	CHECK(!rerun_command(&w.config, true, true));
	home_end(&w);
}

/* Has sh read the command, and gives what it took for words, each ended by a NUL. */
static size_t read_by_sh(const char *command, char *words, size_t size)
{
	int ends[2], status;
	size_t n = 0;
	char *script = xasprintf("pllm() { printf '%%s\\0' \"$@\"; }; LC_ALL=C; %s", command);
	CHECK(pipe(ends) == 0);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	for (ssize_t more = 1; more > 0 && n < size; n += (size_t)more)
		more = read(ends[0], words + n, size - n);
	close(ends[0]);
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	free(script);
	return n;
}

TEST("sh takes the command for the very same words")
{
	static const char letters[] = " \t\n\r\x1b\x7f'\"\\$`*?[]{}()<>|&;!#~=%^-+.,/ax1";
	struct rng r;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct home w;
		char words[4096], want[4096];
		size_t want_n = 0;
		rng_init(&r, seed);
		home_start(&w, NULL);
		home_check_parsed(&w, ASK " -o out");
		strings_release(&w.config.said);
		strings_add(&w.config.said, "pllm");
		for (int i = 0; i < 12; i++) {
			char word[16];
			size_t n = (size_t)rng_upto(&r, sizeof word - 1);
			for (size_t at = 0; at < n; at++)
				word[at] = letters[rng_upto(&r, sizeof letters - 2)];
			word[n] = '\0';
			if (n > 0 && word[n - 1] == '\n')
				word[n - 1] = '.';
			strings_add(&w.config.said, word);
			memcpy(want + want_n, word, n + 1);
			want_n += n + 1;
		}
		static const char last[] = "--retry-errors\0-i\0out\0-o\0out";
		memcpy(want + want_n, last, sizeof last);
		want_n += sizeof last;
		char *command = rerun_command(&w.config, true, true);
		if (CHECK(command)) {
			size_t n = read_by_sh(command, words, sizeof words);
			CHECK(n == want_n && memcmp(words, want, n) == 0);
		}
		free(command);
		home_end(&w);
	}
}
