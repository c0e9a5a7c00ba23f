/* SPDX-License-Identifier: MIT */
#include "cli/private_file.h"

#include "home.h"
#include "t.h"

#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char text[] = "defaults: { jobs: 1 }\n";

static void check_message(struct home *w, char *want)
{
	CHECK(!home_parse(w, ""));
	CHECK_STR(w->err.msg, want);
	free(want);
}

static void check_by_others(struct home *w, const char *path)
{
	check_message(w,
		xasprintf(
			"%s may be written by others, who may change where your requests go" LOG_HELP
			"chmod go-w %s",
			path, path));
}

static void check_of_another(struct home *w, const char *path)
{
	check_message(w,
		xasprintf(
			"%s belongs to another user, who may change where your requests go" LOG_HELP
			"chown it, or give --no-config",
			path));
}

TEST("a file that others can write, or replace, is refused")
{
	struct home w;
	home_start(&w, text);
	chmod(w.path, 0664);
	check_by_others(&w, w.path);
	chmod(w.path, 0602);
	check_by_others(&w, w.path);
	chmod(w.path, 0444);
	home_check_parsed(&w, "");
	chmod(w.dir, 0775);
	check_by_others(&w, w.dir);
	chmod(w.dir, 01777);
	home_check_parsed(&w, "");
	chmod(w.dir, 0755);
	home_end(&w);
}

TEST("a file or a directory of another user is refused")
{
	struct home w;
	if (geteuid() != 0)
		return;
	home_start(&w, text);
	CHECK_INT(chown(w.path, 12345, 0), 0);
	check_of_another(&w, w.path);
	CHECK_INT(chown(w.path, 0, 0), 0);
	CHECK_INT(chown(w.dir, 12345, 0), 0);
	check_of_another(&w, w.dir);
	CHECK_INT(chown(w.dir, 0, 0), 0);
	home_end(&w);
}

TEST("a link is followed only to where others cannot write")
{
	struct home w;
	char dir[100], file[120];
	home_start(&w, NULL);
	snprintf(dir, sizeof dir, "%s/dotfiles", w.home);
	snprintf(file, sizeof file, "%s/c.yaml", dir);
	mkdir(dir, 0755);
	home_write(file, text);
	CHECK_INT(symlink(file, w.path), 0);
	home_check_parsed(&w, "");
	CHECK_INT(w.config.pipeline.sched.jobs, 1);
	chmod(dir, 0777);
	check_by_others(&w, dir);
	unlink(file);
	rmdir(dir);
	home_end(&w);
}

TEST("what is no regular file, or too large, is refused and not waited for")
{
	struct home w;
	home_start(&w, NULL);
	CHECK_INT(mkfifo(w.path, 0600), 0);
	home_check_line_refused(&w, "", " is not a regular file");
	unlink(w.path);
	mkdir(w.path, 0755);
	home_check_line_refused(&w, "", " is not a regular file");
	rmdir(w.path);
	home_write(w.path, "#");
	CHECK_INT(truncate(w.path, (1 << 20) + 1), 0);
	home_check_line_refused(&w, "", " is larger than 1048576 bytes");
	home_end(&w);
}
