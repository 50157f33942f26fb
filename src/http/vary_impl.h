/* One element of a list of the Accept family, as vary.c writes it and vary_select.c weighs it. Private to http/. Pure. */
#ifndef CAIRN_HTTP_VARY_IMPL_H
#define CAIRN_HTTP_VARY_IMPL_H

#include "http/hdr.h"

/* The longest list that is sorted and weighed: browsers send a dozen elements, and work must not grow with what a client or
 * an origin can send. */
#define VARY_CHOICES_MAX 32

struct vary_choice {
	struct str value; /* a media range, charset, coding or language range */
	struct str params;
	unsigned q; /* its weight in thousandths */
};

/* Reads an element of the field `id`. */
struct vary_choice vary_choice(enum hdr id, struct str element);

/* A coding's own name: x-gzip and x-compress are others for gzip and compress (RFC 9110 8.4.1). */
struct str vary_coding(struct str name);

#endif
