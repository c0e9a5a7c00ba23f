/* SPDX-License-Identifier: MIT */
#include "tls.h"

#include "base/clock.h"
#include "base/xalloc.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S ((time_t)24 * 60 * 60)

/* Twenty bytes are the most that are allowed; the first bit must not be set. */
#define SERIAL_BYTES 16

/* A certificate and its key. */
struct holder {
	gnutls_x509_crt_t cert;
	gnutls_x509_privkey_t key;
};

bool tls_flaw_parse(const char *text, enum tls_flaw *flaw)
{
	static const struct {
		const char *name;
		enum tls_flaw flaw;
	} names[] = { { "wrong-host", TLS_WRONG_HOST }, { "expired", TLS_EXPIRED },
		{ "self-signed", TLS_SELF_SIGNED } };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(text, names[i].name) != 0)
			continue;
		*flaw = names[i].flaw;
		return true;
	}
	return false;
}

static int holder_init(struct holder *h)
{
	int e = gnutls_x509_crt_init(&h->cert);
	if (e >= 0)
		e = gnutls_x509_privkey_init(&h->key);
	if (e >= 0)
		e = gnutls_x509_privkey_generate(h->key, GNUTLS_PK_ECDSA,
			GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	return e;
}

static void holder_release(struct holder *h)
{
	if (h->cert)
		gnutls_x509_crt_deinit(h->cert);
	if (h->key)
		gnutls_x509_privkey_deinit(h->key);
}

/* What every certificate has. */
static int describe(struct holder *h, const char *name, time_t from, time_t until)
{
	unsigned char serial[SERIAL_BYTES], id[20];
	size_t id_n = sizeof id;
	int e = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
	serial[0] &= 0x7f;
	if (e >= 0)
		e = gnutls_x509_crt_set_version(h->cert, 3);
	if (e >= 0)
		e = gnutls_x509_crt_set_serial(h->cert, serial, sizeof serial);
	if (e >= 0)
		e = gnutls_x509_crt_set_dn_by_oid(
			h->cert, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name));
	if (e >= 0)
		e = gnutls_x509_crt_set_activation_time(h->cert, from);
	if (e >= 0)
		e = gnutls_x509_crt_set_expiration_time(h->cert, until);
	if (e >= 0)
		e = gnutls_x509_crt_set_key(h->cert, h->key);
	if (e >= 0)
		e = gnutls_x509_crt_get_key_id(h->cert, 0, id, &id_n);
	if (e >= 0)
		e = gnutls_x509_crt_set_subject_key_id(h->cert, id, id_n);
	return e;
}

static int sign(struct holder *h, struct holder *by)
{
	return gnutls_x509_crt_sign2(h->cert, by->cert, by->key, GNUTLS_DIG_SHA256, 0);
}

static int make_authority(struct holder *ca)
{
	time_t now = (time_t)clock_wall_s();
	int e = holder_init(ca);
	if (e >= 0)
		e = describe(ca, "pllm-mock throw-away CA", now - DAY_S, now + 30 * DAY_S);
	if (e >= 0)
		e = gnutls_x509_crt_set_basic_constraints(ca->cert, 1, 0);
	if (e >= 0)
		e = gnutls_x509_crt_set_key_usage(ca->cert, GNUTLS_KEY_KEY_CERT_SIGN);
	return e >= 0 ? sign(ca, ca) : e;
}

static int add_name(
	struct holder *h, gnutls_x509_subject_alt_name_t type, const void *name, size_t n)
{
	return gnutls_x509_crt_set_subject_alt_name(
		h->cert, type, name, (unsigned)n, GNUTLS_FSAN_APPEND);
}

static int add_loopback_names(struct holder *h)
{
	struct in_addr four = { .s_addr = htonl(INADDR_LOOPBACK) };
	int e = add_name(h, GNUTLS_SAN_DNSNAME, "localhost", strlen("localhost"));
	if (e >= 0)
		e = add_name(h, GNUTLS_SAN_IPADDRESS, &four, sizeof four);
	if (e >= 0)
		e = add_name(h, GNUTLS_SAN_IPADDRESS, &in6addr_loopback, sizeof in6addr_loopback);
	return e;
}

static int make_leaf(struct holder *leaf, struct holder *ca, enum tls_flaw flaw)
{
	static const char elsewhere[] = "elsewhere.example";
	time_t now = (time_t)clock_wall_s();
	time_t until = flaw == TLS_EXPIRED ? now - DAY_S : now + 30 * DAY_S;
	int e = holder_init(leaf);
	if (e >= 0)
		e = describe(leaf, "pllm-mock", now - 2 * DAY_S, until);
	if (e >= 0)
		e = gnutls_x509_crt_set_basic_constraints(leaf->cert, 0, -1);
	if (e >= 0)
		e = gnutls_x509_crt_set_key_usage(leaf->cert, GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (e >= 0)
		e = gnutls_x509_crt_set_key_purpose_oid(leaf->cert, GNUTLS_KP_TLS_WWW_SERVER, 0);
	if (e >= 0)
		e = flaw == TLS_WRONG_HOST
			? add_name(leaf, GNUTLS_SAN_DNSNAME, elsewhere, sizeof elsewhere - 1)
			: add_loopback_names(leaf);
	return e >= 0 ? sign(leaf, flaw == TLS_SELF_SIGNED ? leaf : ca) : e;
}

/* Copies a PEM text that gnutls owns. */
static char *take_pem(gnutls_datum_t *pem)
{
	char *text = xmemdup((const char *)pem->data, pem->size);
	gnutls_free(pem->data);
	return text;
}

static int export_cert(const struct holder *h, char **pem)
{
	gnutls_datum_t out;
	int e = gnutls_x509_crt_export2(h->cert, GNUTLS_X509_FMT_PEM, &out);
	if (e >= 0)
		*pem = take_pem(&out);
	return e;
}

static int export_key(const struct holder *h, char **pem)
{
	gnutls_datum_t out;
	int e = gnutls_x509_privkey_export2(h->key, GNUTLS_X509_FMT_PEM, &out);
	if (e >= 0)
		*pem = take_pem(&out);
	return e;
}

bool tls_make(struct tls_identity *identity, enum tls_flaw flaw, const char **why)
{
	struct holder ca = { 0 }, leaf = { 0 };
	int e = make_authority(&ca);
	*identity = (struct tls_identity){ 0 };
	if (e >= 0)
		e = make_leaf(&leaf, &ca, flaw);
	if (e >= 0)
		e = export_cert(&ca, &identity->ca_pem);
	if (e >= 0)
		e = export_cert(&leaf, &identity->cert_pem);
	if (e >= 0)
		e = export_key(&leaf, &identity->key_pem);
	holder_release(&leaf);
	holder_release(&ca);
	if (e < 0)
		*why = gnutls_strerror(e);
	return e >= 0;
}

void tls_release(struct tls_identity *identity)
{
	free(identity->ca_pem);
	free(identity->cert_pem);
	if (identity->key_pem)
		gnutls_memset(identity->key_pem, 0, strlen(identity->key_pem));
	free(identity->key_pem);
	*identity = (struct tls_identity){ 0 };
}
