/* SPDX-License-Identifier: MIT */
#include "app/config.h"
#include "base/xalloc.h"

#include <stdlib.h>

char *config_path(const struct config_file_opts *opts)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	if (opts->is_off)
		return NULL;
	if (opts->path)
		return xstrdup(opts->path);
	/* A relative one would mean the working directory. */
	if (xdg && xdg[0] == '/')
		return xasprintf("%s/pllm/config.yaml", xdg);
	return home && home[0] == '/' ? xasprintf("%s/.config/pllm/config.yaml", home) : NULL;
}
