/* Ranges and Content-Range (RFC 9110 14). Pure; fuzzed. */
#ifndef CAIRN_HTTP_RANGE_H
#define CAIRN_HTTP_RANGE_H

#include "base/str.h"

#define RANGE_UNKNOWN UINT64_MAX

/* One range-spec as asked. first == RANGE_UNKNOWN: the last `last` bytes (a suffix). last == RANGE_UNKNOWN: to the end. */
struct range_spec {
	uint64_t first;
	uint64_t last;
};

#define RANGE_MAX 16

struct range_set {
	unsigned count;
	struct range_spec spec[RANGE_MAX];
};

/* A Range field's value. False: not bytes, malformed, or more than RANGE_MAX: to be ignored (RFC 9110 14.2). A position
 * beyond 64 bits is held at RANGE_UNKNOWN - 1: no representation reaches it. */
bool range_parse(struct str value, struct range_set *out);

/* A resolved, inclusive run of bytes. */
struct range_run {
	uint64_t first;
	uint64_t last;
};

/* Resolves against a representation of `length` bytes. False where it is not satisfiable; of an empty one nothing is, a
 * suffix neither, since no Content-Range could say what was sent. */
bool range_resolve(struct range_spec spec, uint64_t length, struct range_run *out);

struct content_range {
	bool unsatisfied;  /* bytes * / N, of a 416; first and last are 0 then */
	uint64_t first, last;
	uint64_t complete; /* RANGE_UNKNOWN: "*" */
};

/* A Content-Range field's value; false where malformed or not bytes. */
bool content_range_parse(struct str value, struct content_range *out);

#endif
