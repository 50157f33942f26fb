/* What a client asks for: chosen by chance, written as HTTP, and remembered, for the answer to be held against it. */
#ifndef CAIRN_TESTS_SOAK_ASK_H
#define CAIRN_TESTS_SOAK_ASK_H

#include "http/range.h"
#include "site.h"

enum ask_kind {
	ASK_GET,
	ASK_HEAD,
	ASK_POST,
	ASK_PURGE,
};

struct ask {
	enum ask_kind kind;
	uint32_t url;
	uint32_t user;    /* 0: sends no Authorization */
	uint32_t floor;   /* what is older than this must not come */
	uint32_t current; /* the version that there was when it was asked */
	bool soft;        /* a purge that only marks */
	bool old;         /* by HTTP/1.0: the body may end with the connection */
	bool last;        /* says that it is the last one on its connection */
	bool unfinished;  /* was not sent whole */
	/* If-None-Match or If-Modified-Since: the version that it names */
	bool conditional;
	uint32_t known;
	/* Range and If-Range */
	bool ranged, if_range;
	struct range_spec range;
	uint32_t base;
	/* the body of a POST */
	struct rep upload;
	uint64_t upload_n;
	bool chunked, expects;
};

/* One to begin with; `only_reads`: one that others may stand before and behind in a pipeline. */
struct ask ask_some(bool only_reads);

/* Its head; returns the length. `q` learns what chance adds. */
size_t ask_write(struct ask *q, char *out, size_t size);

const char *ask_name(const struct ask *q);

#endif
