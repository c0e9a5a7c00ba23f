/* SPDX-License-Identifier: MIT */
/*
 * timed: runs a program on one processor and says what it cost.
 *
 * usage: timed [-c CPU] [-i STDIN] [-o STDOUT] [-r DESCRIPTOR] [-t SECONDS] PROGRAM [ARGUMENT...]
 *
 * Two lines come out on the descriptor (1 without -r): the program's process id as soon as it runs,
 * and, when it has ended, wall and CPU seconds, the peak resident memory and the exit code. The CPU
 * is that of all its descendants together, the memory that of the largest.
 *
 * This is a program, and not part of the driver, for two reasons. Linux lets a process inherit the
 * peak memory of the one that forked it, across execve: a child of the Python driver would never be
 * smaller than Python. And starting a process from Python would cost as much as the shortest
 * program measured here.
 */
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct options {
	const char *input;
	const char *output;
	char **command;
	long cpu; /* -1: any */
	long report_fd;
	long timeout_s;
};

static volatile sig_atomic_t timed_out;

static void on_alarm(int signal_number)
{
	(void)signal_number;
	timed_out = 1;
}

static void redirect(const char *path, int flags, int fd)
{
	int opened = open(path, flags | O_CLOEXEC, 0600);

	if (opened < 0 || dup2(opened, fd) < 0)
		die("%s: %s", path, strerror(errno));
}

__attribute__((noreturn)) static void run_child(const struct options *o)
{
	/* A group of its own, so that a timeout ends all of it; and none survives the driver. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (o->input)
		redirect(o->input, O_RDONLY, STDIN_FILENO);
	if (o->output)
		redirect(o->output, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
	execvp(o->command[0], o->command);
	die("%s: %s", o->command[0], strerror(errno));
}

static void pin(long cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		die("processor %ld: %s", cpu, strerror(errno));
}

static int wait_for(pid_t pid, struct rusage *ru)
{
	int status;

	while (wait4(pid, &status, 0, ru) < 0) {
		if (errno != EINTR)
			die("wait4: %s", strerror(errno));
		if (timed_out)
			kill(-pid, SIGKILL);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static struct options parse(int argc, char **argv)
{
	struct options o = { .cpu = -1, .report_fd = STDOUT_FILENO, .timeout_s = 600 };
	int c;

	while ((c = getopt(argc, argv, "+c:i:o:r:t:")) != -1) {
		if (c == 'c')
			o.cpu = number("-c", optarg);
		else if (c == 'i')
			o.input = optarg;
		else if (c == 'o')
			o.output = optarg;
		else if (c == 'r')
			o.report_fd = number("-r", optarg);
		else if (c == 't')
			o.timeout_s = number("-t", optarg);
		else
			exit(2);
	}
	if (optind == argc)
		die("which program?");
	o.command = argv + optind;
	return o;
}

int main(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	int report_fd = fcntl((int)o.report_fd, F_DUPFD_CLOEXEC, 3);
	struct sigaction action = { .sa_handler = on_alarm };
	struct rusage ru;
	int64_t start_us;
	pid_t pid;
	int code;

	if (report_fd < 0)
		die("descriptor %ld: %s", o.report_fd, strerror(errno));
	if (o.report_fd > STDERR_FILENO)
		close((int)o.report_fd);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigaction(SIGALRM, &action, NULL);
	if (o.cpu >= 0)
		pin(o.cpu);
	alarm((unsigned)o.timeout_s);
	start_us = now_us();
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid == 0)
		run_child(&o);
	dprintf(report_fd, "%d\n", (int)pid);
	code = wait_for(pid, &ru);
	dprintf(report_fd,
		"{\"wall\":%.6f,\"user\":%.6f,\"sys\":%.6f,\"max_rss_kb\":%ld,\"code\":%d,"
		"\"timed_out\":%s}\n",
		(double)(now_us() - start_us) / 1e6, (double)timeval_us(ru.ru_utime) / 1e6,
		(double)timeval_us(ru.ru_stime) / 1e6, ru.ru_maxrss, code,
		timed_out ? "true" : "false");
	return 0;
}
