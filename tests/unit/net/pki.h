/* Certificates made while a test runs: an authority, and what it signs. Files are written below a directory that is
 * removed at the end. */
#ifndef CAIRN_TESTS_NET_PKI_H
#define CAIRN_TESTS_NET_PKI_H

#include "unit.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <unistd.h>

#define PKI_DAY_S 86400L

struct pki {
	X509 *cert;
	EVP_PKEY *key;
};

/* `alt`: subjectAltName, "DNS:a.example,IP:127.0.0.1"; NULL: it has none. `by` NULL: signed by itself. Valid from
 * `first_day` to `last_day`, counted from now. */
static inline struct pki
pki_make(const char *name, const char *alt, const struct pki *by, int first_day, int last_day)
{
	struct pki p = { X509_new(), EVP_EC_gen("P-256") };
	const char *basic = alt == NULL ? "critical,CA:TRUE" : "CA:FALSE";
	static long serial;
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	assert_non_null(p.cert);
	assert_non_null(p.key);
	X509_set_version(p.cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(p.cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(p.cert), first_day * PKI_DAY_S);
	X509_gmtime_adj(X509_getm_notAfter(p.cert), last_day * PKI_DAY_S);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(p.cert), "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
				   -1, 0);
	X509_set_issuer_name(p.cert, X509_get_subject_name(by == NULL ? p.cert : by->cert));
	X509_set_pubkey(p.cert, p.key);
	X509V3_set_ctx(&ctx, by == NULL ? p.cert : by->cert, p.cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_basic_constraints, basic);
	assert_int_equal(X509_add_ext(p.cert, ext, -1), 1);
	X509_EXTENSION_free(ext);
	if (alt != NULL) {
		ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, alt);
		assert_int_equal(X509_add_ext(p.cert, ext, -1), 1);
		X509_EXTENSION_free(ext);
	}
	assert_true(X509_sign(p.cert, by == NULL ? p.key : by->key, EVP_sha256()) > 0);
	return p;
}

static inline void
pki_free(struct pki *p)
{
	X509_free(p->cert);
	EVP_PKEY_free(p->key);
	*p = (struct pki){ 0 };
}

/* Adds to the file: the certificate, the key, or both. `word`: a passphrase for the key, or NULL. */
static inline void
pki_write(const struct pki *p, const char *path, bool cert, bool key, const char *word)
{
	FILE *f = fopen(path, "a");

	assert_non_null(f);
	if (cert)
		assert_int_equal(PEM_write_X509(f, p->cert), 1);
	if (key)
		assert_int_equal(PEM_write_PrivateKey(f, p->key, word == NULL ? NULL : EVP_aes_128_cbc(),
						      (const unsigned char *)word, word == NULL ? 0 : (int)strlen(word),
						      NULL, NULL),
				 1);
	fclose(f);
}

#endif
