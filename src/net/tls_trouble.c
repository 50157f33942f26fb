/* What came between us and a server, in words for a log and for Proxy-Status. Parts of them are the server's own, out
 * of its certificate: they are held to printable ASCII. */
#include "net/tls_impl.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "base/strbuf.h"

#define NAMES_SHOWN 3
#define ISSUER_SIZE 120

static void
begin(struct tls *t, enum tls_fault fault, struct strbuf *b)
{
	t->trouble.fault = fault;
	*b = strbuf_fixed(t->trouble.text, sizeof t->trouble.text - 1);
}

/* What did not fit is left out: a sentence too long is better than none. */
static void
end(struct tls *t, const struct strbuf *b)
{
	t->trouble.text[b->n] = '\0';
	for (size_t i = 0; i < b->n; i++)
		if (t->trouble.text[i] < ' ' || t->trouble.text[i] > '~')
			t->trouble.text[i] = '?';
}

/* ---- certificates ---- */

static void
put_time(struct strbuf *b, const ASN1_TIME *at)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(at, &tm) == 1)
		strbuf_printf(b, "%04d-%02d-%02d %02d:%02d:%02d UTC", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			      tm.tm_hour, tm.tm_min, tm.tm_sec);
	else
		strbuf_lit(b, "a time that is none");
}

static void
put_name(struct strbuf *b, const X509_NAME *name)
{
	char text[ISSUER_SIZE];
	BIO *out = BIO_new(BIO_s_mem());
	int n = -1;

	if (out != NULL && X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_read(out, text, sizeof text);
	strbuf_add(b, n <= 0 ? STR("nobody") : str_of(text, (size_t)n));
	BIO_free(out);
}

static void
put_alternative(struct strbuf *b, const GENERAL_NAME *name)
{
	int type;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
	const unsigned char *p;

	if (type == GEN_DNS) {
		p = ASN1_STRING_get0_data(value);
		strbuf_add(b, str_head(str_of((const char *)p, (size_t)ASN1_STRING_length(value)), 64));
	} else if (type == GEN_IPADD && ASN1_STRING_length(value) == 4) {
		p = ASN1_STRING_get0_data(value);
		strbuf_printf(b, "%d.%d.%d.%d", p[0], p[1], p[2], p[3]);
	} else {
		strbuf_lit(b, "another sort of name");
	}
}

/* Whom it is for: its first names, or where it has none, its subject. */
static void
put_holders(struct strbuf *b, const X509 *cert)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int count = names == NULL ? 0 : sk_GENERAL_NAME_num(names);

	for (int i = 0; i < count && i < NAMES_SHOWN; i++) {
		if (i > 0)
			strbuf_lit(b, ", ");
		put_alternative(b, sk_GENERAL_NAME_value(names, i));
	}
	if (count > NAMES_SHOWN)
		strbuf_printf(b, " and %d more", count - NAMES_SHOWN);
	if (count == 0)
		put_name(b, X509_get_subject_name(cert));
	GENERAL_NAMES_free(names);
}

static void
put_owner(struct strbuf *b, const X509 *cert, int depth)
{
	if (depth == 0) {
		strbuf_lit(b, "the certificate ");
		return;
	}
	strbuf_lit(b, "the issuer's certificate (");
	put_name(b, X509_get_subject_name(cert));
	strbuf_lit(b, ") ");
}

static void
describe(struct strbuf *b, int error, const X509 *cert, int depth, struct str name)
{
	switch (error) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		strbuf_printf(b, "the certificate is not for %.*s but for ", STR_FMT(name));
		put_holders(b, cert);
		break;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		put_owner(b, cert, depth);
		strbuf_lit(b, "expired on ");
		put_time(b, X509_get0_notAfter(cert));
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		put_owner(b, cert, depth);
		strbuf_lit(b, "is not valid before ");
		put_time(b, X509_get0_notBefore(cert));
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		strbuf_lit(b, "the certificate is self-signed, by ");
		put_name(b, X509_get_issuer_name(cert));
		break;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		strbuf_lit(b, "the certificate's chain leads to no root that is trusted here: unknown issuer ");
		put_name(b, X509_get_issuer_name(cert));
		break;
	default:
		put_owner(b, cert, depth);
		strbuf_printf(b, "does not pass: %s", X509_verify_cert_error_string(error));
		break;
	}
}

/* The place begins with it. */
static struct str
expected(const struct tls *t)
{
	struct str place = str_of(t->place, t->place_n);

	return str_head(place, (size_t)str_chr(place, ' '));
}

int
tls_trouble_at_certificate(int ok, X509_STORE_CTX *chain)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_app_data(ssl);
	const X509 *cert = X509_STORE_CTX_get_current_cert(chain);
	struct strbuf b;

	if (ok == 1 || t->trouble.fault != TLS_FAULT_NONE)
		return ok;
	begin(t, TLS_FAULT_CERTIFICATE, &b);
	if (cert == NULL)
		strbuf_add(&b, str_c(X509_verify_cert_error_string(X509_STORE_CTX_get_error(chain))));
	else
		describe(&b, X509_STORE_CTX_get_error(chain), cert, X509_STORE_CTX_get_error_depth(chain), expected(t));
	end(t, &b);
	return 0;
}

/* ---- all else ---- */

const char *
tls_trouble_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	return reason == NULL ? "it does not say why" : reason;
}

static bool
is_no_tls(int reason)
{
	return reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
	       reason == SSL_R_HTTPS_PROXY_REQUEST || reason == SSL_R_PACKET_LENGTH_TOO_LONG;
}

void
tls_trouble_note(struct tls *t)
{
	unsigned long e = ERR_peek_error();
	int reason = ERR_GET_LIB(e) == ERR_LIB_SSL ? ERR_GET_REASON(e) : 0;
	struct strbuf b;

	if (t->trouble.fault != TLS_FAULT_NONE) {
		ERR_clear_error();
		return;
	}
	if (reason > SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + UINT8_MAX) {
		begin(t, TLS_FAULT_ALERT, &b);
		t->trouble.alert = (uint8_t)(reason - SSL_AD_REASON_OFFSET);
		strbuf_printf(&b, "it sent the alert %u (%s)", t->trouble.alert, tls_trouble_reason());
	} else if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
		/* Once open, a connection that just ends is the business of whoever reads from it. */
		begin(t, t->open ? TLS_FAULT_NONE : TLS_FAULT_PROTOCOL, &b);
		strbuf_add(&b, t->open ? STR("it closed without a close_notify")
				       : STR("it closed the connection in the TLS handshake"));
		ERR_clear_error();
	} else {
		begin(t, TLS_FAULT_PROTOCOL, &b);
		if (!t->open && is_no_tls(reason))
			strbuf_lit(&b, "what came is no TLS: ");
		strbuf_add(&b, str_c(tls_trouble_reason()));
	}
	end(t, &b);
}
