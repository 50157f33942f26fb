#include "net/tls_impl.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"

/* ---- the system's roots ---- */

/* Does a directory hold certificates by their hashes, as c_rehash names them, "b1159c4c.0"? */
static bool
has_hashed(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	bool found = false;

	if (dir == NULL)
		return false;
	while (!found && (e = readdir(dir)) != NULL)
		found = strspn(e->d_name, "0123456789abcdef") == 8 && e->d_name[8] == '.' && ascii_digit(e->d_name[9]);
	closedir(dir);
	return found;
}

static const char *
from_env(const char *name, const char *otherwise)
{
	const char *value = secure_getenv(name);

	return value != NULL ? value : otherwise;
}

static const char *
roots_dir(void)
{
	return from_env(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
}

static const char *
roots_file(void)
{
	return from_env(X509_get_default_cert_file_env(), X509_get_default_cert_file());
}

bool
tls_system_has_roots(void)
{
	FILE *file = fopen(roots_file(), "re");

	if (file != NULL)
		fclose(file);
	return file != NULL || has_hashed(roots_dir());
}

/* A directory of hashes is looked into when a root is needed; the one file of all roots takes longer to read than the
 * rest of a start, and is taken where there is nothing else, or where it was named. */
static bool
add_system_roots(SSL_CTX *ssl)
{
	if (secure_getenv(X509_get_default_cert_file_env()) == NULL && has_hashed(roots_dir()))
		return SSL_CTX_set_default_verify_dir(ssl) == 1;
	return SSL_CTX_set_default_verify_paths(ssl) == 1;
}

/* ---- a context ---- */

static int
on_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls *t = SSL_get_app_data(ssl);

	tls_sessions_put(&t->context->sessions, str_of(t->place, t->place_n), session);
	return 0; /* it stays OpenSSL's */
}

static bool
set_up(SSL_CTX *ssl, const struct tls_settings *s)
{
	static const unsigned char alpn[] = "\x08http/1.1"; /* RFC 7301 */

	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				  SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ssl, 1); /* else each record costs two calls into the kernel */
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ssl, on_session);
	if (s->verify)
		SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, tls_trouble_at_certificate);
	return SSL_CTX_set_min_proto_version(ssl, s->only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_alpn_protos(ssl, alpn, sizeof alpn - 1) == 0 &&
	       (!s->verify || s->ca.n > 0 || add_system_roots(ssl));
}

static void
add_text(EVP_MD_CTX *digest, struct str s)
{
	EVP_DigestUpdate(digest, &s.n, sizeof s.n);
	EVP_DigestUpdate(digest, s.p, s.n);
}

static bool
fill(struct tls_context *x, const struct tls_settings *s, enum tls_flaw *flaw, char why[TLS_TEXT])
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	const unsigned char bits[] = { s->verify, s->only_1_3, s->ca.n > 0, s->certificate.n > 0 };
	bool well;

	x->ssl = SSL_CTX_new(TLS_client_method());
	well =
	    x->ssl != NULL && digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 && set_up(x->ssl, s);
	if (!well)
		snprintf(why, TLS_TEXT, "OpenSSL says: %s", tls_trouble_reason());
	*flaw = TLS_FLAW_OTHER;
	if (well) {
		add_text(digest, str_of((const char *)bits, sizeof bits));
		add_text(digest, s->name);
		well = tls_files_load(x, s, digest, flaw, why) && EVP_DigestFinal_ex(digest, x->digest, NULL) == 1;
	}
	EVP_MD_CTX_free(digest);
	ERR_clear_error();
	return well;
}

struct tls_context *
tls_context_new(const struct tls_settings *s, enum tls_flaw *flaw, char why[TLS_TEXT])
{
	struct tls_context *x = calloc(1, sizeof *x);

	*flaw = TLS_FLAW_OTHER;
	snprintf(why, TLS_TEXT, "out of memory");
	if (x == NULL || s->name.n >= sizeof x->name) {
		free(x);
		return NULL;
	}
	x->magic = TLS_CONTEXT_MAGIC;
	atomic_init(&x->refs, 1);
	x->verify = s->verify;
	str_put(x->name, s->name);
	tls_sessions_init(&x->sessions);
	ERR_clear_error();
	if (!fill(x, s, flaw, why))
		tls_context_unref(&x);
	return x;
}

struct tls_context *
tls_context_ref(struct tls_context *x)
{
	MUST_OBJ(x, TLS_CONTEXT_MAGIC);
	atomic_fetch_add_explicit(&x->refs, 1, memory_order_relaxed);
	return x;
}

void
tls_context_unref(struct tls_context **xp)
{
	struct tls_context *x = *xp;

	if (x == NULL)
		return;
	MUST_OBJ(x, TLS_CONTEXT_MAGIC);
	*xp = NULL;
	if (atomic_fetch_sub_explicit(&x->refs, 1, memory_order_acq_rel) > 1)
		return;
	tls_sessions_fini(&x->sessions);
	SSL_CTX_free(x->ssl);
	x->magic = 0;
	free(x);
}

bool
tls_context_same(const struct tls_context *a, const struct tls_context *b)
{
	MUST_OBJ(a, TLS_CONTEXT_MAGIC);
	MUST_OBJ(b, TLS_CONTEXT_MAGIC);
	return memcmp(a->digest, b->digest, TLS_DIGEST) == 0;
}
