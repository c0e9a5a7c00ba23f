/* SPDX-License-Identifier: MIT */
/*
 * exchange: one request and its answer, from the first header to the last byte.
 *
 * These are the functions that libmicrohttpd calls; `cls` is the struct mock in all of them. They
 * take the body in, ask the other rooms what to answer, let it wait, and send it. One thread.
 */
#pragma once

#include <microhttpd.h>

/* The parameters that MHD_AccessHandlerCallback prescribes. */
#define EXCHANGE_HANDLER_ARGS                                                              \
	void *cls, struct MHD_Connection *connection, const char *url, const char *method, \
		const char *version, const char *upload, size_t *upload_bytes, void **place

/* MHD_OPTION_URI_LOG_CALLBACK: makes a request of its path and query as they came. */
void *exchange_on_uri(void *cls, const char *uri, struct MHD_Connection *connection);

/* MHD_AccessHandlerCallback: takes a request's pieces, and gives its answer when it is complete. */
enum MHD_Result exchange_on_request(EXCHANGE_HANDLER_ARGS);

/* MHD_RequestCompletedCallback: frees what exchange_on_request has made. */
void exchange_on_completed(void *cls, struct MHD_Connection *connection, void **place,
	enum MHD_RequestTerminationCode code);

/* MHD_NotifyConnectionCallback: remembers whether a connection has been counted. */
void exchange_on_connection(void *cls, struct MHD_Connection *connection, void **place,
	enum MHD_ConnectionNotificationCode code);
