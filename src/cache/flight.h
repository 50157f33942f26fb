/* One fetch in progress, and everybody who waits for it.
 *
 * The flight owns "in progress": it is begun by flight_enter, and its only exits are flight_refreshed, flight_done and
 * flight_fail, so a mark can never stick. Its leader runs the fetch on one worker; followers are on any worker and are
 * woken through that worker's mailbox, one outstanding wake-up for each worker and flight.
 *
 * Life (phases, and what is legal in them):
 *   WAITING  begun; followers may enter; leader: flight_head, flight_refreshed, flight_fail
 *   HEAD     the response's head is there, its body arriving; leader: flight_progress, flight_done, flight_fail
 *   DONE     the body is whole, or a stored entry was refreshed; off the table: nobody enters
 *   FAILED   off the table; the result says how
 * It is freed when the leader has ended it, the last waiter has left and the last wake-up has run; until then its result
 * may be read. In every phase: enter (as the table allows), leave, doom, and all that only looks.
 *
 * thread: shared; the lock of a table's stripe for entering, ending and dooming, then atomics. One that nobody joins takes
 * no lock. A waiter is local to its worker: it is put in, called and taken out there.
 * Order of use: flight_enter; who leads calls flight_lead and ends it; every waiter leaves; flights_free when all are gone.
 */
#ifndef CAIRN_CACHE_FLIGHT_H
#define CAIRN_CACHE_FLIGHT_H

#include "base/list.h"
#include "base/mail.h"
#include "cache/resp.h"
#include "cache/store.h"

struct flights;
struct flight;

/* What a flight fetches. */
struct flight_id {
	struct hash128 key;
	uint64_t variant; /* hash of the values under the known Vary rule; 0: no rule is known */
	uint64_t first;   /* the bytes asked for; 0 and RANGE_UNKNOWN: all. A suffix: RANGE_UNKNOWN and its length */
	uint64_t last;
};

enum flight_phase {
	FLIGHT_WAITING,
	FLIGHT_HEAD,
	FLIGHT_DONE,
	FLIGHT_FAILED,
};

/* Who was asked, as the record tells it. */
struct flight_whom {
	struct str group, member; /* empty where nobody was */
	bool direct;
	bool hedged;   /* as the second, beside one that was slower */
	uint8_t tries; /* requests sent, or meant to be */
	uint8_t hierarchy, told; /* enum hierarchy, enum told: how it came to that */
	bool timed_out;          /* not all who were asked before had answered */
};

/* What came of it; readable from FLIGHT_HEAD on. */
struct flight_result {
	struct resp *resp;      /* a response; NULL where an entry was refreshed or no head came */
	struct entry *entry;    /* refreshed by a 304: pinned by the flight */
	bool shareable;         /* followers may have it, if it answers them */
	int fwd_status;         /* what the next hop answered; 0: nothing */
	int64_t answered_ns;    /* when it did, as flight_answered has it; 0: it did not */
	enum proxy_error error; /* of FLIGHT_FAILED */
	uint8_t alert;          /* of PROXY_ERROR_TLS_ALERT_RECEIVED */
	struct str details;     /* of the error, in words; borrowed */
	struct str miss_from;   /* borrowed from the flight */
	struct flight_whom whom; /* borrowed */
	bool cut;               /* failed after the head */
};

/* One who waits. Local to the worker on which it was put in. Zeroed, then fn and worker set, before flight_enter. */
struct waiter {
	void (*fn)(struct waiter *); /* on the waiter's worker: look again. It may leave, take others out, enter flights */
	struct list node;
	struct flight *flight; /* holds a reference; NULL: waits for none */
	unsigned worker;
};

/* `post` is called on any worker; it may not run the mail's fn before it returns. NULL where memory is short. */
struct flights *flights_new(unsigned workers, mail_post_fn *post, void *post_ctx);
void flights_free(struct flights **f);

enum flight_role {
	FLIGHT_LEADS,   /* a flight was begun; the caller must fetch */
	FLIGHT_FOLLOWS,
	FLIGHT_NO_ROOM, /* memory is short: no flight, the waiter waits for none */
};

enum flight_join {
	FLIGHT_JOIN,   /* join one that fits, else begin one that others may join */
	FLIGHT_BEGIN,  /* begin one that others may join: a reload joins none begun before it */
	FLIGHT_ALONE,  /* begin one that nobody joins, though purges reach it: a request that shares with nobody */
};

/* Finds or begins a flight, in one atomic step; `w` is put in as a waiter either way. A flight fits if it has the same
 * id, or the same key and variant and fetches all bytes; has not ended, and is not doomed; and, once its head is there,
 * if the response is shareable and still has the bytes asked for: a window may have moved on. The youngest that fits is
 * joined. Whoever enters looks at its phase at once: fn is called for what comes later, and sometimes for nothing. */
enum flight_role flight_enter(struct flights *fs, const struct flight_id *id, enum flight_join how, struct waiter *w);

/* Takes the waiter out; its reference goes. After it w->fn is not called. Harmless twice. */
void flight_leave(struct waiter *w);

enum flight_phase flight_phase(const struct flight *f);
const struct flight_result *flight_result(const struct flight *f);

/* From FLIGHT_HEAD on: are the first bytes of what `id` asks for there still? While a waiter was on its way from the head to
 * the body, a window may have moved on. And not where a window is yet to come there, at the pace of others. */
bool flight_still_has(const struct flight *f, const struct flight_id *id);

/* It was purged or invalidated meanwhile: what it brings is not stored, nobody else enters. All flights of the key.
 * Doom first, then purge the store; and a leader looks at flight_is_doomed once more after store_put: then nothing that
 * was asked for before the purge outlives it. */
void flights_doom(struct flights *fs, struct hash128 key);
void flights_doom_others(struct flights *fs, struct hash128 key, struct flight *but); /* spares that one, its leader's */
void flights_doom_all(struct flights *fs);
bool flight_is_doomed(const struct flight *f);

/* The leader's side, on the leader's worker. The leader holds a reference until flight_done or flight_fail. */

/* Whom to wake when the last waiter has left, or readers of a held-back window went on. Called on the worker that began the
 * flight, which `worker` must be. wake->fn is called there, from a mail of the flight's own, until the flight is ended and
 * not after: so the leader may go at once then. */
void flight_lead(struct flight *f, unsigned worker, struct mail *wake);

/* The waiters that are left, on all workers. */
unsigned flight_waiters(const struct flight *f);

/* Nobody waits any more, and the leader would rather not finish: true where that is still so, and then nobody enters any
 * more. The flight has yet to be ended. */
bool flight_abandon(struct flight *f);

/* Readers call it after segs_reader_took said that the writer waits. Any worker. */
void flight_readers_went_on(struct flight *f);

/* When the head of the next hop's answer came, by the monotonic clock. In WAITING, before what tells of the answer. */
void flight_answered(struct flight *f, int64_t mono_ns);

/* The head is there; the flight takes over the reference. WAITING -> HEAD. Everybody is woken. A body that nobody
 * shares, by the response or the flight, is the leader's own client's alone (segs_private). */
void flight_head(struct flight *f, struct resp *r, int fwd_status, struct flight_whom whom);

/* More of the body was published. */
void flight_progress(struct flight *f);

/* A 304 made this entry of the stored one; pin taken over. WAITING -> DONE. Nulls. */
void flight_refreshed(struct flight **f, struct entry *e, bool shareable, struct str miss_from, struct flight_whom whom);

/* The whole body is there, and ended. HEAD -> DONE. Nulls: the leader's reference goes. */
void flight_done(struct flight **f);

/* What flight_fail, which follows, has to tell of the error besides. */
void flight_explain(struct flight *f, uint8_t alert, struct str details);

/* It ends badly, before or after the head. -> FAILED. Nulls. A body that is still arriving is cut. */
void flight_fail(struct flight **f, enum proxy_error error, int fwd_status, struct flight_whom whom);

/* Would one who enters with FLIGHT_JOIN follow a flight now? For those who only want to know. */
bool flights_would_join(struct flights *fs, const struct flight_id *id);

/* A thread that entered flights ends: what it keeps of their memory, and their responses', goes. */
void flights_thread_end(void);

/* Flights in progress: for metrics, drain and tests. */
unsigned flights_count(const struct flights *fs);

#endif
