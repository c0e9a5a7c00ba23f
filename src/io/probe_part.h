/* SPDX-License-Identifier: MIT */
/*
 * probe_part: what probe is made of: what of a transfer can be seen, and which proxy it takes.
 * Private to io/probe.
 */
#pragma once

#include "io/probe.h"

#include <curl/curl.h>
#include <stdbool.h>

/*
 * Gives (allocated) the value of the environment's variable that names libcurl's proxy for this
 * URL, or NULL. It may have a password in it.
 */
char *probe_proxy_for(const char *url);

/* Gives (allocated) a proxy's "scheme://host:port", without user and password. */
char *probe_proxy_shown(const char *proxy);

/*
 * True if a list as in no_proxy ("example.com, .local, 10.0.0.0/8, *") names the host: a name and
 * all below it, an address, or a network.
 */
bool probe_proxy_is_excepted(const char *host, const char *list);

/* Gives (allocated) the host of a URL, an IPv6 address without its brackets; NULL = none. */
char *probe_host_of(const char *url);

/* Reads times, peer, status and certificates of a finished transfer into out. */
void probe_see(CURL *easy, const struct endpoint *e, struct probe *out);

/* Reads the certificates that the transfer has met; replaces none. */
void probe_see_chain(CURL *easy, struct probe *out);

/* Looks the host's name up; leaves out as it is if that fails. */
void probe_see_addresses(const char *url, struct probe *out);

/* Makes text plain in place: bytes that are no UTF-8, and controls, become "?". NULL is none. */
void probe_make_plain(char *text);
