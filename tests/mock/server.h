/* SPDX-License-Identifier: MIT */
/*
 * server: the listening socket and the loop.
 *
 * One thread sleeps in one place: for libmicrohttpd's sockets, for clients of waiting requests that
 * leave, for the next time that is due, and for signals. Knows nothing of chats.
 */
#pragma once

#include "mock.h"
#include "tls.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

struct server {
	struct mock *mock; /* borrowed */
	struct MHD_Daemon *daemon;
	int epoll_fd;
	int signal_fd;
	bool ends; /* a signal has come */
};

/*
 * Listens as mock->options say, borrowing mock and identity (NULL: plain HTTP), and blocks SIGINT
 * and SIGTERM. False, with errno set if it is known, if that cannot be done; stop it in either
 * case.
 */
bool server_start(struct server *s, struct mock *mock, const struct tls_identity *identity);

/* Gives the port. */
uint16_t server_port(const struct server *s);

/* Serves until SIGINT or SIGTERM. */
void server_run(struct server *s);

/* Drops what is under way, closes all and frees what s holds. */
void server_stop(struct server *s);
