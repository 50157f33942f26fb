/* The bytes of a body: written once, by one thread, and read by any number on any thread while they arrive.
 *
 * Two kinds. A stored one is a chain of chunks in the store's memory and keeps all it was given. A window keeps the last
 * bytes only (pass-through bodies, whatever their size): its writer is held back by the fastest reader, and a reader that
 * falls out of it is told so.
 *
 * thread: shared, counted; one writer. Bytes up to the published length never change. The chunks of a stored run are
 * reached without a lock; a window's under its own.
 */
#ifndef CAIRN_CACHE_SEGS_H
#define CAIRN_CACHE_SEGS_H

#include <sys/uio.h>

#include "cache/slots.h"

struct segs;

enum segs_state {
	SEGS_ARRIVING,
	SEGS_WHOLE, /* ended as it should */
	SEGS_CUT,   /* will never be whole */
};

/* A stored run. `hint`: its length where known, else 0. NULL where memory is short. One reference, the caller's. */
struct segs *segs_new_stored(struct slots *slots, uint64_t hint);

/* A window of at most `window` bytes, in process memory taken as needed. */
struct segs *segs_new_window(size_t window);

struct segs *segs_ref(struct segs *s);
void segs_unref(struct segs **s);

/* Writer: room for at least one byte, *n says how much, `want` is a hint. NULL: *full false, no memory (evict and try again,
 * or turn to a window); *full true, the window's readers are behind: wait for their progress. */
char *segs_room(struct segs *s, size_t want, size_t *n, bool *full);

/* Writer: `n` of those bytes are there for readers. */
void segs_publish(struct segs *s, size_t n);

/* Writer: the end. SEGS_WHOLE or SEGS_CUT. */
void segs_end(struct segs *s, enum segs_state how);

uint64_t segs_length(const struct segs *s); /* published so far */
enum segs_state segs_state(const struct segs *s);
bool segs_is_window(const struct segs *s);

/* Bytes of store memory it takes. */
uint64_t segs_held(const struct segs *s);

/* Turns an arriving stored run into a window, where it grew beyond what may be stored or the store is full: bytes that all
 * readers passed are dropped from here on, new ones lie in process memory. False where memory is short. */
bool segs_unstore(struct segs *s, size_t window);

/* Copies [from, from + n) of a stored run: small bodies are gathered into their entry's own slot. */
void segs_copy(const struct segs *s, uint64_t from, size_t n, char *out);

enum segs_read {
	SEGS_READ_DATA,
	SEGS_READ_WAIT, /* nothing there yet */
	SEGS_READ_END,
	SEGS_READ_LOST, /* cut, or fallen out of the window */
};

/* One reader's place; local. Holds a reference, and in a window the chunks that it looks at. */
struct segs_reader {
	struct segs *segs;
	uint64_t at;
	void *chunk;       /* where `at` lies */
	uint64_t chunk_at; /* position of that chunk's first byte */
	bool held;
};

void segs_reader_init(struct segs_reader *r, struct segs *s, uint64_t at);
void segs_reader_fini(struct segs_reader *r);

/* The next bytes, at most *count runs and `max` bytes; *count gets how many runs. Valid until segs_reader_took or _fini. */
enum segs_read segs_reader_peek(struct segs_reader *r, uint64_t max, struct iovec *iov, int *count);

/* `n` of them are done with. Tells the window, whose writer may go on: true where it waits for that. */
bool segs_reader_took(struct segs_reader *r, size_t n);

#endif
