/* How long a message's body is (RFC 9112 6.3), and the chunked coding (RFC 9112 7.1). Pure; fuzzed. */
#ifndef CAIRN_HTTP_BODY_H
#define CAIRN_HTTP_BODY_H

#include "base/strbuf.h"
#include "http/head.h"

enum framing {
	FRAMING_NONE,    /* no body */
	FRAMING_LENGTH,  /* exactly `length` bytes */
	FRAMING_CHUNKED, /* until the last chunk and its trailers */
	FRAMING_CLOSE,   /* until the upstream closes: responses only */
};

/* "Content-Length: 0" is FRAMING_LENGTH of 0, and no body either. */
struct body_frame {
	enum framing framing;
	uint64_t length; /* of FRAMING_LENGTH, at most INT64_MAX; else 0 */
};

/* Refuses two framings, a malformed or differing length, a coding that is not exactly chunked, any coding in 1.0. */
enum fault body_of_request(const struct head *h, struct body_frame *out);

/* The same for a response to `method`; HEAD, 1xx, 204 and 304 have none; 2xx to CONNECT has none. What is said of a body that
 * HEAD or 304 leaves out is refused like the others. */
enum fault body_of_response(const struct head *h, enum method method, struct body_frame *out);

/* Decoder of a chunked body. Zero-initialised before the first call. */
struct chunked {
	uint64_t left;     /* of the chunk's data */
	uint32_t line;     /* bytes of the size line, or of the trailers, so far */
	uint8_t state;
	uint8_t digits;
	bool done;
};

struct chunked_limits {
	uint32_t extension; /* bytes of one chunk's size line */
	uint32_t trailers;  /* bytes of all trailers */
};

/* Takes bytes from `in`: *used says how many, *data is the next run of body bytes inside `in`, perhaps empty. Call again
 * with the rest until *used is 0 or c->done. Trailer lines, without the last empty line, are appended to `trailers`
 * (may be NULL: dropped). They are valid field lines, and head_parse_trailers takes them once a CRLF stands behind. After a
 * fault the decoder is of no more use. */
enum fault chunked_take(struct chunked *c, struct str in, const struct chunked_limits *limits, size_t *used,
                        struct str *data, struct strbuf *trailers);

/* The size line before a chunk of `n` bytes: hexadecimal and CRLF, written to `out`; returns its length. */
#define CHUNK_LINE_MAX 18
size_t chunk_line(char out[CHUNK_LINE_MAX], uint64_t n);

#endif
