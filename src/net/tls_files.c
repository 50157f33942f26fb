/* The files that a context is made from: each is read once, and what was read goes into the context and into its
 * digest. */
#include "net/tls_impl.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX ((size_t)4 * 1024 * 1024)

/* What loading passes around. */
struct loading {
	SSL_CTX *ssl;
	EVP_MD_CTX *digest;
	enum tls_flaw *flaw;
	char *why; /* TLS_TEXT */
};

__attribute__((format(printf, 3, 4))) static bool
flawed(struct loading *l, enum tls_flaw flaw, const char *fmt, ...)
{
	va_list args;

	*l->flaw = flaw;
	va_start(args, fmt);
	vsnprintf(l->why, TLS_TEXT, fmt, args);
	va_end(args);
	ERR_clear_error();
	return false;
}

/* All of a file; NULL with errno. */
static char *
slurp(const char *path, size_t *n)
{
	FILE *file = fopen(path, "re");
	char *p = file == NULL ? NULL : malloc(FILE_MAX);

	if (p != NULL) {
		*n = fread(p, 1, FILE_MAX, file);
		if (ferror(file) || *n == FILE_MAX) {
			errno = *n == FILE_MAX ? EFBIG : errno;
			OPENSSL_clear_free(p, FILE_MAX);
			p = NULL;
		}
	}
	if (file != NULL)
		fclose(file);
	return p;
}

/* The file's bytes, to be read as PEM; freed by give_back. NULL where the flaw has been told. */
static BIO *
open_file(struct loading *l, struct str name, enum tls_flaw flaw)
{
	char path[PATH_MAX];
	BIO *b = NULL;
	size_t n;
	char *p;

	if (name.n >= sizeof path || memchr(name.p, '\0', name.n) != NULL) {
		flawed(l, flaw, "is no name of a file");
		return NULL;
	}
	snprintf(path, sizeof path, "%.*s", STR_FMT(name));
	p = slurp(path, &n);
	if (p == NULL) {
		flawed(l, flaw, "cannot be read: %s", strerrordesc_np(errno));
		return NULL;
	}
	EVP_DigestUpdate(l->digest, &n, sizeof n);
	EVP_DigestUpdate(l->digest, p, n);
	b = BIO_new(BIO_s_mem());
	if (b == NULL || (n > 0 && BIO_write(b, p, (int)n) != (int)n)) {
		flawed(l, flaw, "out of memory");
		BIO_free(b);
		b = NULL;
	}
	OPENSSL_clear_free(p, n);
	return b;
}

/* Did reading one more stop because there is none, and not at something broken? */
static bool
was_last(void)
{
	unsigned long e = ERR_peek_last_error();

	return ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
}

/* Nobody is asked for a passphrase: there may be nobody at a terminal. */
static int
no_passphrase(char *buf, int size, int writing, void *wanted)
{
	(void)buf;
	(void)size;
	(void)writing;
	if (wanted != NULL)
		*(bool *)wanted = true;
	return -1;
}

/* ---- roots ---- */

/* OpenSSL reads a certificate's extensions when they are first asked for. The roots of a file are every worker's: with their
 * extensions read here, no two handshakes come to that at once. What cannot be read is for the handshake to refuse, and to say
 * of which certificate. */
static void
read_extensions(X509 *cert)
{
	(void)X509_check_purpose(cert, -1, 0);
	ERR_clear_error();
}

static bool
add_roots(struct loading *l, BIO *b)
{
	X509_STORE *store = SSL_CTX_get_cert_store(l->ssl);
	unsigned count = 0;
	X509 *cert;

	while ((cert = PEM_read_bio_X509_AUX(b, NULL, no_passphrase, NULL)) != NULL) {
		bool added;

		read_extensions(cert);
		added = X509_STORE_add_cert(store, cert) == 1;
		X509_free(cert);
		if (!added)
			return flawed(l, TLS_FLAW_CA, "certificate %u in it: %s", count + 1, tls_trouble_reason());
		count++;
	}
	if (!was_last())
		return flawed(l, TLS_FLAW_CA, "certificate %u in it cannot be read: %s", count + 1,
			      tls_trouble_reason());
	ERR_clear_error();
	return count > 0 || flawed(l, TLS_FLAW_CA, "has no certificate in it (PEM)");
}

static bool
load_ca(struct loading *l, struct str name)
{
	BIO *b = open_file(l, name, TLS_FLAW_CA);
	bool well = b != NULL && add_roots(l, b);

	BIO_free(b);
	return well;
}

/* ---- our own certificate ---- */

static bool
add_chain(struct loading *l, BIO *b)
{
	X509 *cert;

	while ((cert = PEM_read_bio_X509(b, NULL, no_passphrase, NULL)) != NULL)
		if (SSL_CTX_add0_chain_cert(l->ssl, cert) != 1) {
			X509_free(cert);
			return flawed(l, TLS_FLAW_CERTIFICATE, "its chain: %s", tls_trouble_reason());
		}
	if (!was_last())
		return flawed(l, TLS_FLAW_CERTIFICATE, "its chain cannot be read: %s", tls_trouble_reason());
	ERR_clear_error();
	return true;
}

static bool
add_certificate(struct loading *l, BIO *b)
{
	X509 *cert = PEM_read_bio_X509_AUX(b, NULL, no_passphrase, NULL);
	bool used;

	if (cert == NULL)
		return was_last() ? flawed(l, TLS_FLAW_CERTIFICATE, "has no certificate in it (PEM)")
				  : flawed(l, TLS_FLAW_CERTIFICATE, "cannot be read: %s", tls_trouble_reason());
	used = SSL_CTX_use_certificate(l->ssl, cert) == 1;
	X509_free(cert);
	if (!used)
		return flawed(l, TLS_FLAW_CERTIFICATE, "cannot be used: %s", tls_trouble_reason());
	return add_chain(l, b);
}

static bool
add_key(struct loading *l, BIO *b, enum tls_flaw flaw)
{
	bool locked = false, fits;
	EVP_PKEY *key = PEM_read_bio_PrivateKey(b, NULL, no_passphrase, &locked);

	if (key == NULL)
		return flawed(l, flaw,
			      locked ? "has a key under a passphrase: give one without"
				     : "has no private key in it that can be read (PEM)");
	fits = X509_check_private_key(SSL_CTX_get0_certificate(l->ssl), key) == 1 &&
	       SSL_CTX_use_PrivateKey(l->ssl, key) == 1;
	EVP_PKEY_free(key);
	return fits || flawed(l, flaw, "its key does not fit the certificate");
}

static bool
load_certificate(struct loading *l, const struct tls_settings *s)
{
	enum tls_flaw at_key = s->key.n > 0 ? TLS_FLAW_KEY : TLS_FLAW_CERTIFICATE;
	BIO *b = open_file(l, s->certificate, TLS_FLAW_CERTIFICATE);
	bool well = b != NULL && add_certificate(l, b);

	BIO_free(b);
	if (!well)
		return false;
	b = open_file(l, s->key.n > 0 ? s->key : s->certificate, at_key);
	well = b != NULL && add_key(l, b, at_key);
	BIO_free(b);
	return well;
}

bool
tls_files_load(struct tls_context *x, const struct tls_settings *s, EVP_MD_CTX *digest, enum tls_flaw *flaw,
	       char why[TLS_TEXT])
{
	struct loading l = { x->ssl, digest, flaw, why };

	return (s->ca.n == 0 || load_ca(&l, s->ca)) && (s->certificate.n == 0 || load_certificate(&l, s));
}
