/* SPDX-License-Identifier: MIT */
#include "probe_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* One connection, in clear or not. */
struct peer {
	int fd;
	SSL *tls; /* NULL = in clear */
};

static ssize_t peer_read(const struct peer *p, void *to, size_t n)
{
	return p->tls ? SSL_read(p->tls, to, (int)n) : read(p->fd, to, n);
}

static void peer_write(const struct peer *p, const char *from, size_t n)
{
	while (n > 0) {
		size_t piece = n < 65536 ? n : 65536;
		ssize_t sent = p->tls ? SSL_write(p->tls, from, (int)piece)
				      : send(p->fd, from, piece, MSG_NOSIGNAL);
		if (sent <= 0)
			return;
		from += sent;
		n -= (size_t)sent;
	}
}

/* The bytes that "Content-Length" promises after the head; 0 = it does not. */
static size_t promised(const char *head)
{
	const char *at = strcasestr(head, "\r\ncontent-length:");
	return at ? (size_t)strtoul(at + strlen("\r\ncontent-length:"), NULL, 10) : 0;
}

/* False if it ends before a whole request has come. */
static bool read_request(struct probe_server *s, const struct peer *p)
{
	size_t n = 0;
	memset(s->request, 0, sizeof s->request);
	for (;;) {
		const char *end = strstr(s->request, "\r\n\r\n");
		if (end && n >= (size_t)(end + 4 - s->request) + promised(s->request))
			return true;
		ssize_t got = peer_read(p, s->request + n, sizeof s->request - 1 - n);
		if (got <= 0)
			return false;
		n += (size_t)got;
	}
}

/* Until the other side goes, or the test ends. */
static void hang(const struct probe_server *s, const struct peer *p)
{
	struct pollfd fds[] = { { .fd = p->fd, .events = POLLRDHUP },
		{ .fd = s->stop[0], .events = POLLIN } };
	poll(fds, 2, -1);
}

static void serve(struct probe_server *s, int fd)
{
	struct peer p = { .fd = fd };
	const struct timeval patience = { .tv_sec = 20 };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	atomic_fetch_add(&s->connections_n, 1);
	if (s->tls) {
		p.tls = SSL_new(s->tls);
		SSL_set_fd(p.tls, fd);
	}
	if ((!p.tls || SSL_accept(p.tls) == 1) && read_request(s, &p)) {
		atomic_fetch_add(&s->requests_n, 1);
		if (s->answer)
			peer_write(&p, s->answer, s->answer_n ? s->answer_n : strlen(s->answer));
		else
			hang(s, &p);
		if (p.tls)
			SSL_shutdown(p.tls);
	}
	SSL_free(p.tls);
	close(fd);
}

static void *run(void *server)
{
	struct probe_server *s = server;
	sigset_t pipe;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	for (;;) {
		struct pollfd fds[] = { { .fd = s->listener, .events = POLLIN },
			{ .fd = s->stop[0], .events = POLLIN } };
		poll(fds, 2, -1);
		if (fds[1].revents)
			return NULL;
		int fd = accept(s->listener, NULL, NULL);
		if (fd >= 0)
			serve(s, fd);
	}
}

/* Listens on the path. */
static bool listen_at(struct probe_server *s, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return bind(s->listener, (struct sockaddr *)&address, sizeof address) == 0 &&
		listen(s->listener, 16) == 0;
}

/* Listens on a port that is free. */
static bool listen_anywhere(struct probe_server *s)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof address;
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = bind(s->listener, (struct sockaddr *)&address, n) == 0 &&
		listen(s->listener, 16) == 0 &&
		getsockname(s->listener, (struct sockaddr *)&address, &n) == 0;
	snprintf(s->url, sizeof s->url, "%s://127.0.0.1:%d", s->tls ? "https" : "http",
		ntohs(address.sin_port));
	return ok;
}

void probe_server_start(struct probe_server *s)
{
	bool ok = s->unix_path ? listen_at(s, s->unix_path) : listen_anywhere(s);
	ok = ok && pipe(s->stop) == 0 && pthread_create(&s->thread, NULL, run, s) == 0;
	assert(ok);
	(void)ok;
}

void probe_server_stop(struct probe_server *s)
{
	close(s->stop[1]);
	pthread_join(s->thread, NULL);
	close(s->stop[0]);
	close(s->listener);
}

static X509 *certificate(EVP_PKEY *key, const char *name, long from_s, long to_s)
{
	static long serial;
	X509 *c = X509_new();
	X509_set_version(c, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(c), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(c), from_s);
	X509_gmtime_adj(X509_getm_notAfter(c), to_s);
	X509_set_pubkey(c, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_UTF8,
		(const unsigned char *)name, -1, -1, 0);
	return c;
}

static void extend(X509 *c, int nid, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, c, c, NULL, NULL, 0);
	X509_EXTENSION *x = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert(x);
	X509_add_ext(c, x, -1);
	X509_EXTENSION_free(x);
}

static void write_pem(const char *path, X509 *c)
{
	FILE *f = fopen(path, "w");
	assert(f);
	PEM_write_X509(f, c);
	fclose(f);
}

SSL_CTX *probe_paper_make(const struct probe_paper *paper)
{
	EVP_PKEY *root_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
	X509 *root = certificate(root_key, "An authority", -3600, 3600);
	X509 *leaf = certificate(key, paper->name, paper->from_s, paper->to_s);
	char names[128];
	bool is_address = paper->name[strspn(paper->name, "0123456789.")] == '\0';
	snprintf(names, sizeof names, "%s:%s", is_address ? "IP" : "DNS", paper->name);
	X509_set_issuer_name(root, X509_get_subject_name(root));
	extend(root, NID_basic_constraints, "critical,CA:TRUE");
	X509_sign(root, root_key, EVP_sha256());
	X509_set_issuer_name(leaf, X509_get_subject_name(paper->is_self_signed ? leaf : root));
	extend(leaf, NID_subject_alt_name, names);
	X509_sign(leaf, paper->is_self_signed ? key : root_key, EVP_sha256());
	if (paper->authority)
		write_pem(paper->authority, root);
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(tls, leaf);
	SSL_CTX_use_PrivateKey(tls, key);
	X509_free(root);
	X509_free(leaf);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(key);
	return tls;
}
