/* A message head, parsed: start line and fields, in the order they came.
 *
 * The parser is strict RFC 9112. It works on one contiguous run of bytes and borrows from it: the run must outlive the
 * head. It is resumable: fed the same run, grown, it goes on looking for the end where it stopped.
 * thread: local. Pure: no clock, no I/O. Fuzzed by tests/fuzz/fuzz_head.c.
 *
 * Order of use: head_init, head_parse_request or head_parse_response until it is not HEAD_MORE, then the readers.
 */
#ifndef CAIRN_HTTP_HEAD_H
#define CAIRN_HTTP_HEAD_H

#include "base/arena.h"
#include "base/str.h"
#include "http/fault.h"
#include "http/hdr.h"
#include "http/method.h"

struct field {
	const char *name;
	const char *value; /* white space at both ends removed */
	uint32_t value_n;
	uint16_t name_n;
	uint16_t id; /* enum hdr */
};

struct head {
	/* Start line of a request. */
	enum method method;
	struct str method_text;
	struct str target;
	/* Start line of a response. */
	int status;
	struct str reason;

	int minor; /* of HTTP/1.x: 0 or 1. A higher minor version reads as 1. */

	struct field *fields;
	uint32_t count;
	uint32_t cap;
	uint64_t present[2]; /* bit i: a field with id i is there */
	uint64_t repeated;    /* bit i % 64: one that was there has come again; ids that share a bit are not told apart */
	struct arena *arena;
};
_Static_assert(HDR_COUNT <= 128, "head.present has 128 bits");

struct head_limits {
	uint32_t head;   /* bytes, start line and last empty line included */
	uint32_t target; /* bytes */
	uint32_t fields; /* lines */
};

/* *used and *fault are written with HEAD_OK and HEAD_BAD alone. Until it is HEAD_OK, the head's fields are not for
 * reading. An arena that is full is FAULT_HEAD_TOO_LARGE. */
enum head_result {
	HEAD_OK,   /* parsed; *used bytes belong to the head */
	HEAD_MORE, /* no end yet: call again with more bytes behind the same ones */
	HEAD_BAD,  /* *fault says which rule; nothing after it can be trusted */
};

/* How far a parser came in a head that is not complete; zero before the first call. `in` may move between calls, as it
 * does when the caller's buffer grows: the parse then begins anew. */
struct head_scan {
	const char *run; /* where `in` stood */
	size_t line;     /* start of the line that is not complete; all before it is parsed */
	size_t looked;   /* no LF between there and here */
	size_t target;   /* start of the target, once `spaces` is 1 */
	uint8_t spaces;  /* seen in a request line that is not complete */
	bool started;    /* the start line is parsed */
	bool folded;     /* some value still has its folds in it */
};

/* `a` gives the memory of the field table, and of values that had to be unfolded. */
void head_init(struct head *h, struct arena *a);

/* A table for the first `cap` fields, in place of one from the arena; it must outlive the head. Before the first field. */
void head_use(struct head *h, struct field *table, uint32_t cap);

/* All of `from`, its bytes too, in `to`'s arena: no more of it than that takes. `to` has no field yet. False where the arena is
 * full. */
bool head_copy(struct head *to, const struct head *from);

/* What `from` has found in the whole head of a request, which was at `was`, and is at `now`, too, and stays there. `to`
 * has no field yet. False where its arena is full. */
bool head_move(struct head *to, const struct head *from, const char *was, const char *now);

/* A request's head at the start of `in`. Empty lines before it are skipped (RFC 9112 2.2) and counted in *used.
 * Refuses all that tbl/faults.def lists for heads; does not look at Host, the framing fields, or the target's form. A
 * target that is too long is refused before its line is complete, and no more than limits->head bytes are waited for. */
enum head_result head_parse_request(struct head *h, struct str in, const struct head_limits *limits,
                                    struct head_scan *scan, size_t *used, enum fault *fault);

/* A response's head. From an upstream white space before a colon is removed and an obs-fold becomes one space, as
 * RFC 9112 5.1 and 5.2 demand of a proxy, and the space before a reason that is empty may be missing; all else is
 * refused like in a request. */
enum head_result head_parse_response(struct head *h, struct str in, const struct head_limits *limits,
                                     struct head_scan *scan, size_t *used, enum fault *fault);

/* Field lines alone, up to and with the empty line: the trailers of a chunked body. */
enum head_result head_parse_trailers(struct head *h, struct str in, const struct head_limits *limits,
                                     struct head_scan *scan, size_t *used, enum fault *fault);

static inline struct str
field_name(const struct field *f)
{
	return str_of(f->name, f->name_n);
}

static inline struct str
field_value(const struct field *f)
{
	return str_of(f->value, f->value_n);
}

static inline bool
head_has(const struct head *h, enum hdr id)
{
	return h->present[id / 64] >> (id % 64) & 1;
}

/* The first field with this id at or behind that place, or NULL. */
const struct field *head_find(const struct head *h, enum hdr id, uint32_t at);

/* May there be more than one? */
static inline bool
head_may_repeat(const struct head *h, enum hdr id)
{
	return id == HDR_OTHER || (h->repeated >> (id % 64) & 1);
}

/* The first field with this id, or NULL. */
static inline const struct field *
head_first(const struct head *h, enum hdr id)
{
	return head_has(h, id) ? head_find(h, id, 0) : NULL;
}

/* The next one with the same id behind `f`, or NULL. */
static inline const struct field *
head_next(const struct head *h, const struct field *f)
{
	enum hdr id = (enum hdr)f->id;

	return head_may_repeat(h, id) ? head_find(h, id, (uint32_t)(f - h->fields) + 1) : NULL;
}

/* The first field's value; STR_NONE where there is none. */
static inline struct str
head_get(const struct head *h, enum hdr id)
{
	const struct field *f = head_first(h, id);

	return f == NULL ? STR_NONE : field_value(f);
}

/* The first field of that name, known to the table or not; ASCII case ignored. */
const struct field *head_named(const struct head *h, struct str name);

/* How many lines it has. */
unsigned head_count(const struct head *h, enum hdr id);

/* Is there exactly one? */
static inline bool
head_has_one(const struct head *h, enum hdr id)
{
	return head_has(h, id) && (!head_may_repeat(h, id) || head_count(h, id) == 1);
}

/* All lines of a field as one value, joined by ", " in the arena (RFC 9110 5.3); no copy for one line. */
struct str head_join(const struct head *h, enum hdr id, struct arena *a);

static inline struct str
head_joined(const struct head *h, enum hdr id, struct arena *a)
{
	return head_has(h, id) ? head_join(h, id, a) : STR_NONE;
}

/* A request's Host (RFC 9112 3.2): *host STR_NONE where an HTTP/1.0 request has none. The host of an absolute target
 * goes before it (RFC 9112 3.2.2); that is for the caller, but what Host says must be valid there too. */
enum fault head_check_host(const struct head *h, struct str *host, uint16_t *port);

/* Adds a field at the end; name and value are borrowed. False where the arena is full. */
bool head_add(struct head *h, struct str name, struct str value);

/* Removes every field with this id, which is that of a row. */
void head_remove(struct head *h, enum hdr id);

#endif
