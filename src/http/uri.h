/* Request targets and authorities (RFC 9112 3.2, RFC 3986). Pure; fuzzed. Nothing is decoded or normalised: the target's
 * bytes are forwarded and keyed as they came. */
#ifndef CAIRN_HTTP_URI_H
#define CAIRN_HTTP_URI_H

#include "base/arena.h"
#include "base/str.h"

enum uri_form {
	URI_ORIGIN,    /* /path?query */
	URI_ABSOLUTE,  /* http://host/path?query */
	URI_AUTHORITY, /* host:port, of CONNECT */
	URI_ASTERISK,  /* *, of OPTIONS */
};

struct uri {
	enum uri_form form;
	struct str scheme;    /* of URI_ABSOLUTE, as written */
	struct str authority; /* host and port as written, userinfo not included */
	struct str host;      /* without brackets' port; an IPv6 literal keeps its brackets */
	uint16_t port;        /* 0: not written */
	struct str path;      /* path and query: "/a?b"; for http://host it is "/", for http://host?q "?q": see uri_path */
	bool bare;            /* URI_ABSOLUTE without path and query: to OPTIONS it means "*" (RFC 9112 3.2.4) */
	bool userinfo;        /* a user name stood before the host: refuse it */
};

/* Is it one in origin form, /path?query (RFC 9112 3.2.1)? */
bool uri_is_origin_form(struct str target);

/* A request target. False for what no form allows: controls, spaces, bytes over 0x7e, a fragment. */
bool uri_parse_target(struct str s, bool is_connect, struct uri *out);

/* Path and query as they are keyed and forwarded: the empty path of http://host?q becomes "/" (RFC 9112 3.2.1), in the
 * arena; no copy otherwise. STR_NONE where the arena is full. */
struct str uri_path(const struct uri *u, struct arena *a);

/* A Host field or authority: host[:port]. False for anything else, an empty host and port 0 among it; `*port` 0 where
 * none is written. */
bool uri_parse_host(struct str s, struct str *host, uint16_t *port);

/* A host as rules know it: without the dots that end it. "example.org." is the same host as example.org (RFC 3986
 * 3.2.2), and some who are asked take off any number of them. A lone dot stays. */
struct str uri_plain_host(struct str host);

/* Resolves a reference (Location, Content-Location) against the URI it came with, far enough to tell whether it names the
 * same host, and which path. False where it does not, or is malformed. The path is in the arena. RFC 9111 4.4. */
bool uri_same_origin_path(struct str base_scheme, struct str base_authority, struct str base_path, struct str ref,
                          struct arena *a, struct str *path);

#endif
