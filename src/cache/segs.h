/* The bytes of a body: written once, by one thread, and read by any number on any thread while they arrive.
 *
 * Three kinds. A stored one is a chain of chunks in the store's memory and keeps all it was given. A window keeps the last
 * bytes only (pass-through bodies, whatever their size): its writer is held back by the fastest reader, and a reader that
 * falls out of it is told so. Readers that are ahead of the writer, after a part that is yet to come, count for that only
 * where there are no others. A small one, whose length is known before, keeps all in one piece of process memory, whether
 * it is to be stored or not.
 *
 * thread: shared, counted; one writer. Bytes up to the published length never change. The chunks of a stored run are
 * reached without a lock; a window's under its own. A reader is local.
 *
 * Life (phases, and what is legal in them):
 *   stored, arriving   writer: room, publish, private, unstore, end. Readers look without a lock and are counted: `bare`
 *   window, arriving   writer: room, publish, private, end. Readers are listed under the lock
 *   small, arriving    as stored, but its bytes stay where they are whatever is called: readers need not be known
 *   ended              writer: nothing. What may still be read stays until the last reference goes
 *
 * What the code relies on:
 * 1. A chunk, its link and its bytes are written before the length that covers them is published (release), and nobody
 *    looks at a byte before the length that covers it was read (acquire).
 * 2. A run becomes a window by one store of a pointer, and its chunks are handed to the window as blocks. A reader raises
 *    `bare` before it looks whether there is a window; whoever would free a chunk looks at `bare` after the pointer was
 *    stored. Both in the one order of all such steps: so either the reader sees the window, or the other sees the reader.
 *    `bare` falls when the reader, back from its writev, takes its place on the window's list, or leaves.
 * 3. In a window a reader holds the block that its place lies in, and peek shows one block at a time: so what a stalled
 *    client pins is one block of at most 64 KiB, and a window takes its size, plus two blocks, plus one a stalled reader;
 *    plus, where it was a run, that run until all readers have passed it.
 * 4. Whether the writer waits, and how far the fastest reader is, change under the window's lock alone: so no progress
 *    falls between the writer's look and its wait.
 */
#ifndef CAIRN_CACHE_SEGS_H
#define CAIRN_CACHE_SEGS_H

#include <sys/uio.h>

#include "base/list.h"
#include "cache/slots.h"

struct segs;

enum segs_state {
	SEGS_ARRIVING,
	SEGS_WHOLE, /* ended as it should */
	SEGS_CUT,   /* will never be whole */
};

/* A stored run. `hint`: its length where known, else 0. NULL where memory is short. One reference, the caller's. */
struct segs *segs_new_stored(struct slots *slots, uint64_t hint);

/* A window of at most `window` bytes, in process memory taken as needed. NULL where memory is short. */
struct segs *segs_new_window(size_t window);

/* A small one, of `length` bytes, which are at most SEGS_SMALL. NULL where memory is short. */
#define SEGS_SMALL ((uint64_t)4 * 1024)
struct segs *segs_new_small(uint64_t length);

struct segs *segs_ref(struct segs *s);
void segs_unref(struct segs **s);

/* Writer: room for at least one byte, *n says how much, `want` is a hint. NULL: *full false, no memory (evict and try again,
 * or turn to a window); *full true, the window's readers are behind: wait for their progress. */
char *segs_room(struct segs *s, size_t want, size_t *n, bool *full);

/* Writer: `n` of those bytes are there for readers. */
void segs_publish(struct segs *s, size_t n);

/* Writer: the end. SEGS_WHOLE or SEGS_CUT. */
void segs_end(struct segs *s, enum segs_state how);

/* Writer, before anybody else has the body: all its readers will be on the writer's thread, and none begins behind the first
 * one. A window then needs no lock, and drops what was read at once; else, as followers may be about to begin, only when more
 * came than it has room for. */
void segs_private(struct segs *s);

uint64_t segs_length(const struct segs *s); /* published so far */
uint64_t segs_oldest(const struct segs *s); /* from here on a new reader finds everything; not 0 only in a window */
enum segs_state segs_state(const struct segs *s);
bool segs_is_window(const struct segs *s);

/* All bytes of a small one lie here; NULL: it is none. */
const char *segs_small(const struct segs *s);

/* Bytes of store memory it takes: its slots, without what each costs beside. */
uint64_t segs_held(const struct segs *s);

/* Writer: turns an arriving stored run into a window, where it grew beyond what may be stored or the store is full: bytes
 * that all readers passed are dropped from here on, new ones lie in process memory. The first `window` of new ones have
 * room whatever the readers do. False where memory is short: it stays as it was. A small one holds nothing of the store's, and
 * stays so anyway. */
bool segs_unstore(struct segs *s, size_t window);

/* Copies [from, from + n) of what is no window: small bodies are gathered into their entry's own slot. */
void segs_copy(const struct segs *s, uint64_t from, size_t n, char *out);

enum segs_read {
	SEGS_READ_DATA,
	SEGS_READ_WAIT, /* nothing there yet */
	SEGS_READ_END,
	SEGS_READ_LOST, /* cut, or fallen out of the window */
};

enum segs_hold {
	SEGS_HOLD_NONE,  /* a run that has ended, or a small one: nothing can move */
	SEGS_HOLD_RUN,   /* counted in an arriving run, whose chunks stay as long */
	SEGS_HOLD_BLOCK, /* on a window's list */
	SEGS_HOLD_LOST,
};

/* One reader's place; local, and not to be moved. Holds a reference, unless borrowed, and in a window the block that it looks at. */
struct segs_reader {
	struct segs *segs;
	uint64_t at;
	enum segs_hold hold;
	bool borrowed; /* holds no reference */
	void *chunk; /* where `at` lies, as far as is known */
	struct list node;
};

/* `at` may lie beyond what is published. True where the window's writer waits for that, as for segs_reader_took. */
bool segs_reader_init(struct segs_reader *r, struct segs *s, uint64_t at);

/* The same for a body that has ended, is no window, and that the caller keeps for as long as anything is read: no reference is
 * taken, so that readers on several threads do not write one count. */
void segs_reader_borrow(struct segs_reader *r, struct segs *s, uint64_t at);

/* True as for segs_reader_took: the others are all ahead of the writer, who was held back by this one. Harmless twice. */
bool segs_reader_fini(struct segs_reader *r);

/* The next bytes, at most *count runs and `max` bytes; *count gets how many runs: one at a time in a window. Valid until the
 * next peek, segs_reader_took or _fini. What was published before a cut is still shown. */
enum segs_read segs_reader_peek(struct segs_reader *r, uint64_t max, struct iovec *iov, int *count);

/* After SEGS_READ_LOST: because others read faster, and the window moved on? Else the body was cut. */
static inline bool
segs_reader_fell_out(const struct segs_reader *r)
{
	return r->hold == SEGS_HOLD_LOST;
}

/* `n` of them are done with. Tells the window, whose writer may go on: true where it waits for that and has a good part of
 * the window free again. It is said to one reader, once, for each time that segs_room was full: it must pass it on. */
bool segs_reader_took(struct segs_reader *r, size_t n);

/* A thread that held bodies ends: what it keeps of their memory goes. */
void segs_thread_end(void);

#endif
