/* Why nothing came, in one sentence: curl's code says what sort it is, its own text the details. */
#include "explain/visit_impl.h"

enum sort {
	SORT_NAME,
	SORT_CONNECT,
	SORT_TLS,
	SORT_TIME,
	SORT_NOT_HTTP,
	SORT_BROKE,
	SORT_PROXY,
	SORT_OTHER,
};

static const struct {
	CURLcode code;
	enum sort sort;
} sorts[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, SORT_NAME },
	{ CURLE_COULDNT_RESOLVE_PROXY, SORT_NAME },
	{ CURLE_COULDNT_CONNECT, SORT_CONNECT },
	{ CURLE_INTERFACE_FAILED, SORT_CONNECT },
	{ CURLE_OPERATION_TIMEDOUT, SORT_TIME },
	{ CURLE_SSL_CONNECT_ERROR, SORT_TLS },
	{ CURLE_SSL_ENGINE_NOTFOUND, SORT_TLS },
	{ CURLE_SSL_CERTPROBLEM, SORT_TLS },
	{ CURLE_SSL_CIPHER, SORT_TLS },
	{ CURLE_PEER_FAILED_VERIFICATION, SORT_TLS },
	{ CURLE_SSL_CACERT_BADFILE, SORT_TLS },
	{ CURLE_SSL_CRL_BADFILE, SORT_TLS },
	{ CURLE_SSL_ISSUER_ERROR, SORT_TLS },
	{ CURLE_SSL_INVALIDCERTSTATUS, SORT_TLS },
	{ CURLE_WEIRD_SERVER_REPLY, SORT_NOT_HTTP },
	{ CURLE_UNSUPPORTED_PROTOCOL, SORT_NOT_HTTP }, /* a reply without a status line, as HTTP/0.9 had it */
	{ CURLE_HTTP2, SORT_NOT_HTTP },
	{ CURLE_HTTP2_STREAM, SORT_NOT_HTTP },
	{ CURLE_GOT_NOTHING, SORT_BROKE },
	{ CURLE_SEND_ERROR, SORT_BROKE },
	{ CURLE_RECV_ERROR, SORT_BROKE },
	{ CURLE_PARTIAL_FILE, SORT_BROKE },
	{ CURLE_PROXY, SORT_PROXY },
};

static enum sort
sort_of(CURLcode code)
{
	for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
		if (sorts[i].code == code)
			return sorts[i].sort;
	return SORT_OTHER;
}

/* How far it came before its time was over. */
static const char *
waited_for(CURL *handle)
{
	curl_off_t found = 0, connected = 0, secured = 0, answered = 0;

	curl.easy_getinfo(handle, CURLINFO_NAMELOOKUP_TIME_T, &found);
	curl.easy_getinfo(handle, CURLINFO_CONNECT_TIME_T, &connected);
	curl.easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &secured);
	curl.easy_getinfo(handle, CURLINFO_STARTTRANSFER_TIME_T, &answered);
	return found == 0       ? "the name was not answered for"
	       : connected == 0 ? "no connection came about"
	       : secured == 0   ? "TLS was not agreed on"
	       : answered == 0  ? "no response came"
				: "the response did not end";
}

static const char *
what_failed(CURL *handle, CURLcode code)
{
	switch (sort_of(code)) {
	case SORT_NAME:
		return "the name cannot be found";
	case SORT_CONNECT:
		return "no connection came about";
	case SORT_TLS:
		return "TLS failed";
	case SORT_TIME:
		return waited_for(handle);
	case SORT_NOT_HTTP:
		return "what came is not HTTP";
	case SORT_BROKE:
		return "the connection was cut";
	case SORT_PROXY:
		return "the proxy did not connect";
	case SORT_OTHER:
	default:
		return "it failed";
	}
}

/* Details may quote what a server said. */
static struct str
printable(struct arena *a, struct str s)
{
	struct str copy = arena_str(a, s);
	char *p = (char *)copy.p;

	for (size_t i = 0; i < copy.n; i++)
		if (p[i] < 0x20 || p[i] > 0x7e)
			p[i] = '?';
	return copy;
}

struct str
visit_sentence(struct arena *a, CURL *handle, CURLcode code, struct str url, struct str details)
{
	struct str more = details.n > 0 ? details : str_c(curl.easy_strerror(code));

	return printable(a, arena_printf(a, "%.*s%s%s: %.*s", STR_FMT(url), url.n > 0 ? ": " : "",
					 what_failed(handle, code), STR_FMT(more)));
}
