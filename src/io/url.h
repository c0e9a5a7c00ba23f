/* SPDX-License-Identifier: MIT */
/*
 * url: what a base URL says about where requests will go. Parsed by libcurl, which will also use
 * it, so that the two cannot disagree about the host. Start-up only; any thread.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>

struct url {
	char *origin; /* owned: scheme://host:port, lower case, port always there */
	char *full;   /* owned: the base without trailing slashes, then the path appended */
	bool is_https;
	bool is_loopback; /* 127.0.0.0/8, ::1 or localhost */
};

/*
 * Reads the base URL and appends path ("/chat/completions"). False with err filled (ERR_ENDPOINT):
 * not http or https, user and password in it, a query or fragment, control characters, no host.
 */
bool url_parse(struct url *u, const char *base, const char *path, struct err *err);

/* Frees what u holds; fine on a zeroed one. */
void url_release(struct url *u);

/*
 * Overwrites user and password in a message of libcurl's about a proxy whose URL it cannot read,
 * which it quotes as a whole. Fine on NULL.
 */
void url_hide_proxy_user(char *message);
